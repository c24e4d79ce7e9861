"""Which expressions of a function hold a row of a model, or a form of one, as its own words tell.

note = get_object_or_404(Note, pk=pk)
note.author.profile.save()
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from pickguard.flow.values.gone_over import taken
from pickguard.flow.values.instance import Sort, Type
from pickguard.site.models.models import Relations
from pickguard.site.symbols.classes import Classes
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol, Names
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument, is_false, tail
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import blocks, inside

_Assigned: TypeAlias = tuple[n.Expr, bool]
TypeOf: TypeAlias = Callable[[FunctionSymbol, n.Expr], Type | None]
_CHAIN_LIMIT = 4
_ROW_READS = frozenset(
    {
        "get",
        "first",
        "last",
        "create",
        "latest",
        "get_or_create",
        "filter",
        "all",
        "exclude",
        "select_for_update",
        "order_by",
        "distinct",
        "select_related",
        "prefetch_related",
        "only",
        "defer",
        "annotate",
        "reverse",
        "iterator",
    }
)
_ONE_ROW = frozenset({"get", "first", "last", "create", "latest", "earliest"})
_ROW_FETCHERS = frozenset({"get_object_or_404", "get_object", "get_user", "get_or_none"})
_SYNC = {f"a{name}": name for name in _ROW_READS | _ROW_FETCHERS}


class HeldRows:
    """Tells what holds a row in the functions of one site.

    Args:
        names: what names stand for.
        classes: of the site.
        relations: the names by which rows lead to others.
        type_of: tells for sure what an expression in a function is, where the words here do not.
    """

    def __init__(
        self, names: Names, classes: Classes, relations: Relations, type_of: TypeOf | None
    ) -> None:
        self.names = names
        self.classes = classes
        self.relations = relations
        self.type_of = type_of
        self._assigned: dict[FunctionSymbol, dict[str, list[_Assigned]]] = {}
        self._bound: dict[FunctionSymbol, dict[str, n.Import | None]] = {}

    def locals(self, function: FunctionSymbol) -> dict[str, n.Import | None]:
        """Return what the function's imports bind, and that parameters hide module names."""
        known = self._bound.get(function)
        if known is None:
            known = self._bound[function] = _locals(function, body(function.node))
        return known

    def is_row(
        self, function: FunctionSymbol, receiver: n.Expr, rows: frozenset[str], depth: int = 0
    ) -> bool:
        """Whether a name holds a row: given one, assigned from a manager, a model class, or get_object."""
        if isinstance(receiver, n.Name) and receiver.id in rows:
            return True
        if isinstance(receiver, n.Name) and receiver.id == "self":
            return function.owner is not None and "model" in self.classes.kinds(function.owner)
        if isinstance(receiver, n.Call):
            return self._makes_row(function, receiver, rows, depth)
        if isinstance(receiver, n.Attr):
            return self._leads_to_row(function, receiver, rows, depth)
        if not isinstance(receiver, n.Name):
            return False
        assigned = self.assigned_in(function).get(receiver.id, ())
        if any(self._makes_row(function, value, rows, depth) for value, _is_loop in assigned):
            return True
        return self._is_given_row(function, receiver.id)

    def is_handed_back(self, function: FunctionSymbol, name: n.Expr) -> bool:
        """Whether a function of the site hands a row back: `topic = Topic.named(title)`."""
        if self.type_of is None or not isinstance(name, n.Name | n.Call):
            return False
        if isinstance(name, n.Name):
            assigned = self.assigned_in(function).get(name.id, ())
            if not any(isinstance(value, n.Call) for value, is_loop in assigned if not is_loop):
                return False
        found = self.instance_of(function, name)
        return found is not None and "model" in self.classes.kinds(found)

    def is_set(self, function: FunctionSymbol, node: n.Expr) -> bool:
        """Whether what a call gives back, or a name holds, are rows: `self.get_plugins(language)`."""
        if self.type_of is None or not isinstance(node, n.Call | n.Name):
            return False
        found = self.type_of(function, node)
        return found is not None and found.sort is Sort.ROWS

    def instance_of(self, function: FunctionSymbol, node: n.Expr) -> ClassSymbol | None:
        """Return the class of the site that a value in a function is an instance of, as its type tells."""
        found = self.type_of(function, node) if self.type_of is not None else None
        return found.symbol if found is not None and found.sort is Sort.INSTANCE else None

    def is_relation(self, function: FunctionSymbol, receiver: n.Expr, rows: frozenset[str]) -> bool:
        """Whether an expression is `note.likes`, where notes have many of them."""
        if not isinstance(receiver, n.Attr) or receiver.name not in self.relations.many:
            return False
        return self.is_row(function, receiver.value, rows)

    def is_form(self, function: FunctionSymbol, receiver: n.Expr) -> bool:
        """Whether it is a form of a model, whose `save` is the library's: `NoteForm(request.POST)`."""
        if not isinstance(receiver, n.Name | n.Call):
            return False
        found = self.class_here(function, receiver)
        return (
            found is not None
            and any(facts.model_form for facts in self.classes.library_line(found))
            and "model" not in self.classes.kinds(found)
        )

    def _is_given_row(self, function: FunctionSymbol, name: str) -> bool:
        """Whether a parameter is by its annotation a row: `invite: Invite`."""
        for param in function.node.params:
            if param.name == name and param.annotation is not None:
                found = self.names.resolve(function.module, param.annotation)
                return isinstance(found, ClassSymbol) and "model" in self.classes.kinds(found)
        return False

    def assigned_in(self, function: FunctionSymbol) -> dict[str, list[_Assigned]]:
        """Return what a function assigns to its names, and what its loops take them from."""
        known = self._assigned.get(function)
        if known is None:
            known = self._assigned[function] = {}
            for statement in flat(body(function.node)):
                for name, value, is_loop in _given(statement):
                    known.setdefault(name, []).append((value, is_loop))
        return known

    def _leads_to_row(
        self, function: FunctionSymbol, node: n.Attr, rows: frozenset[str], depth: int
    ) -> bool:
        """Whether an attribute is a row by what views call it, or by its relation to one: `user.profile`."""
        if node.name in ("object", "instance", "user"):
            return True
        if node.name not in self.relations.one or depth >= _CHAIN_LIMIT:
            return False
        return self.is_row(function, node.value, rows, depth + 1)

    def _makes_row(
        self,
        function: FunctionSymbol,
        value: n.Expr,
        rows: frozenset[str] = frozenset(),
        depth: int = 0,
    ) -> bool:
        if isinstance(value, n.Wrapped) and value.value is not None:
            value = value.value
        if isinstance(value, n.Call):
            name = _SYNC.get(tail(value.func), tail(value.func))
            if name in _ROW_FETCHERS or (name == "save" and _hands_back_unsaved(value)):
                return True
            if isinstance(value.func, n.Attr) and name in _ROW_READS:
                return is_manager(value.func.value)
            found = self.names.resolve(function.module, value.func, self.locals(function))
            if isinstance(found, ClassSymbol):
                return "model" in self.classes.kinds(found)
            return depth < _CHAIN_LIMIT and self._hands_row_back(function, value.func, depth)
        return isinstance(value, n.Attr) and self._leads_to_row(function, value, rows, depth)

    def _hands_row_back(self, function: FunctionSymbol, func: n.Expr, depth: int) -> bool:
        """Whether another method of the class returns a row: `note = self.take_note(pk)`."""
        if not isinstance(func, n.Attr) or tail(func.value) != "self" or function.owner is None:
            return False
        method = self.classes.method(function.owner, func.name)
        if method is None or method == function:
            return False
        return any(
            isinstance(statement, n.Return)
            and statement.value is not None
            and self.is_row(method, statement.value, frozenset(), depth + 1)
            for statement in flat(body(method.node))
        )

    def class_here(self, function: FunctionSymbol, receiver: n.Expr) -> ClassSymbol | None:
        """Return the class of the site that a value is made of: `Invites(user)`, `Note.objects.get(…)`."""
        values = [receiver]
        if isinstance(receiver, n.Name):
            assigned = self.assigned_in(function).get(receiver.id, ())
            values = [value for value, is_loop in assigned if not is_loop]
        for value in values:
            if isinstance(value, n.Call):
                bound = self.locals(function)
                made = self.names.resolve(function.module, value.func, bound)
                if isinstance(made, ClassSymbol):
                    return made
                found = self.names.resolve(function.module, _model_named(value), bound)
                if isinstance(found, ClassSymbol) and "model" in self.classes.kinds(found):
                    return found
                held = self._class_held(function, value.func)
                if held is not None:
                    return held
        return None

    def _class_held(self, function: FunctionSymbol, func: n.Expr) -> ClassSymbol | None:
        """Return the class that an attribute of the method's own class holds: `self.adapter_class(request)`."""
        if function.owner is None or not isinstance(func, n.Attr) or tail(func.value) != "self":
            return None
        held = self.classes.value(function.owner, func.name)
        found = self.names.resolve(held.module, held.value) if held is not None else None
        return found if isinstance(found, ClassSymbol) else None


def reads_row(value: n.Expr) -> bool:
    """Whether a value is the one row that is taken out of a manager: `Note.objects.get(pk=pk)`."""
    if not isinstance(value, n.Call) or not isinstance(value.func, n.Attr):
        return False
    name = _SYNC.get(value.func.name, value.func.name)
    return name in _ONE_ROW and is_manager(value.func.value)


def _model_named(call: n.Call) -> n.Expr | None:
    """Return `Note` of `Note.objects.get(…)` and of `get_object_or_404(Note, …)`."""
    if tail(call.func) == "get_object_or_404":
        first = call.args[0] if call.args else None
        return _model_named(first) if isinstance(first, n.Call) else first
    node: n.Expr = call
    while isinstance(node, n.Call) and isinstance(node.func, n.Attr):
        node = node.func.value
    return node.value if isinstance(node, n.Attr) and is_manager(node) else None


def _hands_back_unsaved(call: n.Call) -> bool:
    """Whether it is the `save(commit=False)` of a form, which hands the row back."""
    return is_false(argument(call, -1, "commit"))


def flat(block: Iterable[n.Stmt]) -> Iterator[n.Stmt]:
    """Yield the statements of a block and of the blocks in it, in their order, functions and classes left out."""
    stack = [*block][::-1]
    while stack:
        statement = stack.pop()
        if not isinstance(statement, n.Function | n.Class):
            yield statement
            stack += [inner for part in blocks(statement) for inner in part][::-1]


def _given(statement: n.Stmt) -> Iterator[tuple[str, n.Expr, bool]]:
    """Yield the names that a statement gives values, each with its value, and whether it is one item of that."""
    if isinstance(statement, n.Assign):
        for name in dict.fromkeys(name for one in statement.targets for name in _names(one)):
            yield name, statement.value, False
    elif isinstance(statement, n.For):
        for name, source, _part in taken(statement.target, statement.source):
            yield name, source, True


def _names(target: n.Expr) -> Iterator[str]:
    return (node.id for node in inside(target) if isinstance(node, n.Name))


def _locals(function: FunctionSymbol, block: tuple[n.Stmt, ...]) -> dict[str, n.Import | None]:
    """Return what the function's own imports bind, and that parameters hide module names."""
    found: dict[str, n.Import | None] = {param.name: None for param in function.node.params}
    for statement in flat(block):
        if isinstance(statement, n.Import):
            found[statement.name] = statement
    return found


_MANAGERS = frozenset({"objects", "_default_manager", "get_queryset"})


def is_manager(receiver: n.Expr) -> bool:
    """Whether an expression is a manager or a queryset made from one."""
    node = receiver
    for _ in range(40):
        if isinstance(node, n.Attr):
            if node.name in _MANAGERS or node.name.endswith(("objects", "_set")):
                return True
            node = node.value
        elif isinstance(node, n.Call):
            node = node.func
        else:
            return False
    return False
