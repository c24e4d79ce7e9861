"""What a function does beyond returning: rows written, people logged in, mail sent, files written.

Calls are followed through the site's own functions and methods, so that a view's effect is found
where a service function three calls away has it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import TypeAlias

from msgspec import Struct

from pickguard.flow.arguments import given
from pickguard.flow.dispatch import dispatched
from pickguard.flow.handed_over import handed_over
from pickguard.flow.origin import Passed
from pickguard.flow.written_sql import EXECUTING, effect_of_statement, table_of_statement
from pickguard.site.classes import Classes
from pickguard.site.models import Relations
from pickguard.site.names import ClassSymbol, External, FunctionSymbol, Names
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument, given_to, is_false, tail
from pickguard.source.python.lower import body
from pickguard.source.python.walk import blocks, heads, inside, within

_Path: TypeAlias = tuple[tuple[FunctionSymbol, int], ...]
_Assigned: TypeAlias = tuple[n.Expr, bool]
_DEPTH_LIMIT = 4
_CALL_LIMIT = 400
_RUNNING = frozenset({"on_commit"})
"""What runs the functions that are written where it is called."""

MANAGER_WRITES = frozenset(
    {
        "create",
        "create_user",
        "create_superuser",
        "bulk_create",
        "bulk_update",
        "update_or_create",
        "update",
        "delete",
    }
)
_ROW_WRITES = frozenset({"save", "delete"})
_RELATES = frozenset({"add", "remove", "clear", "set"})
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
    }
)
_ROW_FETCHERS = frozenset({"get_object_or_404", "get_object", "get_user", "get_or_none"})
# What a form makes of what was sent; on a GET most forms are empty, and save nothing
_SAVES_FORM = "saves a form"
# `aupdate` does what `update` does
_SYNC = {
    f"a{name}": name
    for name in MANAGER_WRITES | _ROW_WRITES | _RELATES | _ROW_READS | _ROW_FETCHERS
}
_LIBRARY = {
    "django.contrib.auth.login": "logs a user in",
    "django.contrib.auth.logout": "logs the user out",
    "django.contrib.auth.alogin": "logs a user in",
    "django.contrib.auth.alogout": "logs the user out",
    "django.core.mail.send_mail": "sends mail",
    "django.core.mail.send_mass_mail": "sends mail",
    "django.core.mail.mail_admins": "sends mail",
    "django.core.mail.mail_managers": "sends mail",
    "django.core.management.call_command": "runs a management command",
}


_CHAIN_LIMIT = 4


ClassOf: TypeAlias = Callable[[FunctionSymbol, n.Expr], ClassSymbol | None]
Reached: TypeAlias = Callable[[tuple[n.Stmt, ...]], Iterable[n.Stmt]]


class Effect(Struct, frozen=True):
    """One effect and the way to it.

    Attributes:
        what: a short phrase, such as "deletes rows".
        function: where it happens.
        span: of the call, packed.
        path: the calls that lead there from where the search began: (function, span).
        receiver: the text of names in the call, for telling what is written.
        by_type: whether only the type of an object told where some call on the way leads.
    """

    what: str
    function: FunctionSymbol
    span: int
    path: _Path = ()
    receiver: str = ""
    by_type: bool = False

    @property
    def changes_rows(self) -> bool:
        """Whether rows are written or deleted, and not a mail sent or somebody logged in."""
        return self.what.endswith((" row", " rows")) or self.what == _SAVES_FORM


class Effects:
    """Finds effects of the functions of one site.

    Args:
        names: what names stand for.
        classes: of the site.
        relations: the names by which rows lead to others.
        class_of: tells the class of what an expression in a function is, where the calls here do not.
    """

    def __init__(
        self,
        names: Names,
        classes: Classes,
        relations: Relations = Relations(),  # noqa: B008 - it is frozen
        class_of: ClassOf | None = None,
    ) -> None:
        self.names = names
        self.classes = classes
        self.relations = relations
        self.class_of = class_of
        self._calls: dict[tuple[FunctionSymbol, Reached], list[n.Call]] = {}
        self._assigned: dict[FunctionSymbol, dict[str, list[_Assigned]]] = {}
        self._bound: dict[FunctionSymbol, dict[str, n.Import | None]] = {}

    def _locals(self, function: FunctionSymbol) -> dict[str, n.Import | None]:
        """Return what the function's imports bind, and that parameters hide module names."""
        known = self._bound.get(function)
        if known is None:
            known = self._bound[function] = _locals(function, body(function.node))
        return known

    def of(
        self,
        function: FunctionSymbol,
        reached: Reached = iter,
        owner: ClassSymbol | None = None,
        start: tuple[n.Stmt, ...] = (),
    ) -> Iterator[Effect]:
        """Yield the effects of a function, nearest first.

        Args:
            function: where to begin.
            reached: returns the statements of a body that matter; all, where it is left out. A
                function of a module: what it leaves of a body is kept.
            owner: the class whose `self` the function runs with.
            start: the statements of the function to begin with, instead of those that are reached.
        """
        seen = {function}
        waiting: deque[tuple[FunctionSymbol, list[n.Call], _Path, frozenset[str], bool]]
        calls = _calls(start) if start else self._reached(function, reached)
        waiting = deque([(function, calls, (), frozenset(), False)])
        count = 0
        while waiting:
            current, calls, path, rows, by_type = waiting.popleft()
            for call in calls:
                what = self.effect(current, call, rows)
                if what:
                    written = self._written(current, call)
                    yield Effect(what, current, call.span, path, written, by_type)
                count += 1
                if len(path) + 1 == _DEPTH_LIMIT or count >= _CALL_LIMIT:
                    continue
                targets = list(self._targets(current, call, owner))
                typed = None if targets else self._method_of_typed(current, call.func)
                for target in targets or filter(None, (typed,)):
                    if target in seen:
                        continue
                    seen.add(target)
                    step = (*path, (current, call.span))
                    given_rows = frozenset(self._given_rows(current, call, target, rows))
                    is_typed = by_type or typed is not None
                    inner = self._reached(target, reached)
                    waiting.append((target, inner, step, given_rows, is_typed))

    def _reached(self, function: FunctionSymbol, reached: Reached) -> list[n.Call]:
        """Return the calls in what is reached of a function."""
        key = (function, reached)
        known = self._calls.get(key)
        if known is None:
            known = self._calls[key] = _calls(reached(body(function.node)))
        return known

    def change(self, function: FunctionSymbol) -> Effect | None:
        """Return the nearest effect of a function, or of a method of its class, that changes rows."""
        found = self.of(function, owner=function.owner)
        return next((effect for effect in found if effect.changes_rows), None)

    def _given_rows(
        self, caller: FunctionSymbol, call: n.Call, target: FunctionSymbol, rows: frozenset[str]
    ) -> Iterator[str]:
        """Yield the parameters of a function that a call gives rows to."""
        values = given_to(call)
        held = [value for value in values if self._is_row(caller, value, rows)]
        for param in target.node.params if held else ():
            passed = Passed(param.name)
            for value in given(target, call, passed, is_bound=target.owner is not None):
                if value in held:
                    yield param.name

    def effect(
        self, function: FunctionSymbol, call: n.Call, rows: frozenset[str] = frozenset()
    ) -> str:
        """Return what one call does by itself, or an empty text.

        Args:
            function: where the call stands.
            call: of anything.
            rows: the parameters of the function that are known to hold rows.
        """
        name = _SYNC.get(tail(call.func), tail(call.func))
        if isinstance(call.func, n.Attr):
            receiver = call.func.value
            if name in MANAGER_WRITES and _is_manager(receiver):
                if name == "delete" and _is_expired(receiver):
                    return ""
                return "deletes rows" if name == "delete" else "writes rows"
            if name in _ROW_WRITES and (
                self._is_row(function, receiver, rows) or self._is_handed_back(function, receiver)
            ):
                return "deletes a row" if name == "delete" else "saves a row"
            if name == "save" and not _is_put_off(call) and self._is_form(function, receiver):
                return _SAVES_FORM
            if name in _RELATES and self._is_relation(function, receiver, rows):
                return "writes rows"
            if name in EXECUTING and call.args:
                return next(filter(None, map(effect_of_statement, self._said(function, call))), "")
        found = self.names.resolve(function.module, call.func, self._locals(function))
        if isinstance(found, External):
            return _LIBRARY.get(found.name, "")
        return ""

    def _said(self, function: FunctionSymbol, call: n.Call) -> list[n.Expr]:
        """Return what a call is given first: itself, or what its name is assigned."""
        if not isinstance(call.args[0], n.Name):
            return [call.args[0]]
        assigned = self._assigned_in(function).get(call.args[0].id, ())
        return [value for value, is_loop in assigned if not is_loop]

    def _written(self, function: FunctionSymbol, call: n.Call) -> str:
        """Return the names that tell what a call writes."""
        if tail(call.func) in EXECUTING and call.args:
            return " ".join(map(table_of_statement, self._said(function, call)))
        return _names_in(call)

    def _is_row(
        self, function: FunctionSymbol, receiver: n.Expr, rows: frozenset[str], depth: int = 0
    ) -> bool:
        """Whether a name holds a row: given one, assigned from a manager, a model class, or get_object."""
        if isinstance(receiver, n.Name) and receiver.id in rows:
            return True
        if isinstance(receiver, n.Name) and receiver.id == "self":
            return function.owner is not None and "model" in self.classes.kinds(function.owner)
        if isinstance(receiver, n.Call):
            return self._makes_row(function, receiver)
        if isinstance(receiver, n.Attr):
            return self._leads_to_row(function, receiver, rows, depth)
        if not isinstance(receiver, n.Name):
            return False
        assigned = self._assigned_in(function).get(receiver.id, ())
        if any(self._makes_row(function, value, rows, depth) for value, _is_loop in assigned):
            return True
        return self._is_given_row(function, receiver.id)

    def _is_handed_back(self, function: FunctionSymbol, name: n.Expr) -> bool:
        """Whether a function of the site hands a row back that a name is given: `topic = Topic.named(title)`."""
        if self.class_of is None or not isinstance(name, n.Name):
            return False
        assigned = self._assigned_in(function).get(name.id, ())
        if not any(isinstance(value, n.Call) for value, is_loop in assigned if not is_loop):
            return False
        found = self.class_of(function, name)
        return found is not None and "model" in self.classes.kinds(found)

    def _is_relation(
        self, function: FunctionSymbol, receiver: n.Expr, rows: frozenset[str]
    ) -> bool:
        """Whether an expression is `note.likes`, where notes have many of them."""
        if not isinstance(receiver, n.Attr) or receiver.name not in self.relations.many:
            return False
        return self._is_row(function, receiver.value, rows)

    def _is_form(self, function: FunctionSymbol, receiver: n.Expr) -> bool:
        """Whether a name holds a form of a model, whose `save` is the library's: `NoteForm(request.POST)`."""
        if not isinstance(receiver, n.Name):
            return False
        found = self._class_of(function, receiver)
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

    def _assigned_in(self, function: FunctionSymbol) -> dict[str, list[_Assigned]]:
        """Return what a function assigns to its names, and what its loops take them from."""
        known = self._assigned.get(function)
        if known is None:
            known = self._assigned[function] = {}
            for statement in _flat(body(function.node)):
                if isinstance(statement, n.Assign):
                    found = (statement.value, False)
                elif isinstance(statement, n.For):
                    found = (statement.source, True)
                else:
                    continue
                for name in _targets(statement):
                    known.setdefault(name, []).append(found)
        return known

    def _leads_to_row(
        self, function: FunctionSymbol, node: n.Attr, rows: frozenset[str], depth: int
    ) -> bool:
        """Whether an attribute is a row by what views call it, or by its relation to one: `user.profile`."""
        if node.name in ("object", "instance", "user"):
            return True
        if node.name not in self.relations.one or depth >= _CHAIN_LIMIT:
            return False
        return self._is_row(function, node.value, rows, depth + 1)

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
            if name in _ROW_FETCHERS:
                return True
            if isinstance(value.func, n.Attr) and name in _ROW_READS:
                return _is_manager(value.func.value)
            found = self.names.resolve(function.module, value.func, self._locals(function))
            return isinstance(found, ClassSymbol) and "model" in self.classes.kinds(found)
        return isinstance(value, n.Attr) and self._leads_to_row(function, value, rows, depth)

    def _targets(
        self, function: FunctionSymbol, call: n.Call, owner: ClassSymbol | None
    ) -> Iterator[FunctionSymbol]:
        """Yield the functions of the site that a call may run: one, or several methods named by their beginning."""
        target = self.target(function, call, owner)
        if target is not None:
            yield target
        elif "getattr" in function.node.words:
            name = call.func.id if isinstance(call.func, n.Name) else ""
            made = [value for value, _is_loop in self._assigned_in(function).get(name, ())]
            yield from dispatched(call, made, self._own(function, owner), self.classes)

    def target(
        self, function: FunctionSymbol, call: n.Call, owner: ClassSymbol | None = None
    ) -> FunctionSymbol | None:
        """Return the site's function that a call runs, or None."""
        func = call.func
        if isinstance(func, n.Attr) and isinstance(func.value, n.Name):
            if func.value.id in ("self", "cls"):
                holder = self._own(function, owner)
                return self.classes.method(holder, func.name) if holder else None
            if func.value.id in {p.name for p in function.node.params}:
                return None
        if isinstance(func, n.Attr):
            holder = self._class_of(function, func.value)
            if holder is not None:
                return self.classes.method(holder, func.name)
        found = self.names.resolve(function.module, func, self._locals(function))
        if isinstance(found, FunctionSymbol):
            return found
        return None

    def _method_of_typed(self, function: FunctionSymbol, func: n.Expr) -> FunctionSymbol | None:
        """Return the method of an object whose class only its type tells: `form.cleaned_data["note"]`."""
        if self.class_of is None or not isinstance(func, n.Attr):
            return None
        if func.name not in self._method_names or not isinstance(func.value, n.Name | n.Attr):
            return None
        holder = self.class_of(function, func.value)
        return self.classes.method(holder, func.name) if holder is not None else None

    @cached_property
    def _method_names(self) -> frozenset[str]:
        """The names of the methods of the site's models."""
        models = (one for one in self.classes.all if "model" in self.classes.kinds(one))
        return frozenset(m.name for one in models for m in self.classes.own_methods(one))

    def _own(self, function: FunctionSymbol, owner: ClassSymbol | None) -> ClassSymbol | None:
        """Return the class of a method's `self`: that of the view, where the method is one of its."""
        is_of_view = owner is not None and function.owner in self.classes.own_line(owner)
        return owner if is_of_view or function.owner is None else function.owner

    def _class_of(self, function: FunctionSymbol, receiver: n.Expr) -> ClassSymbol | None:
        """Return the class of the site that a value is made of: `Invites(user)`, `Note.objects.get(…)`."""
        values = [receiver]
        if isinstance(receiver, n.Name):
            assigned = self._assigned_in(function).get(receiver.id, ())
            values = [value for value, is_loop in assigned if not is_loop]
        for value in values:
            if isinstance(value, n.Call):
                bound = self._locals(function)
                made = self.names.resolve(function.module, value.func, bound)
                if isinstance(made, ClassSymbol):
                    return made
                found = self.names.resolve(function.module, _model_named(value), bound)
                if isinstance(found, ClassSymbol) and "model" in self.classes.kinds(found):
                    return found
        return None


def _is_expired(rows: n.Expr) -> bool:
    """Whether rows are chosen by their age alone, which no visitor decides: `filter(made__lt=now() - DAY)`."""
    if not isinstance(rows, n.Call) or tail(rows.func) != "filter" or rows.args:
        return False
    old = [word for word in rows.keywords if word.name and word.name.endswith(_OLDER)]
    others = [word for word in rows.keywords if word not in old]
    by_age = any(tail(node) in _CLOCKS for word in old for node in inside(word.value))
    return by_age and all(isinstance(word.value, n.Const) for word in others)


_OLDER = ("__lt", "__lte")
_CLOCKS = frozenset({"now", "utcnow", "today", "localtime", "timedelta"})


def _model_named(call: n.Call) -> n.Expr | None:
    """Return `Note` of `Note.objects.get(…)` and of `get_object_or_404(Note, …)`."""
    if tail(call.func) == "get_object_or_404":
        first = call.args[0] if call.args else None
        return _model_named(first) if isinstance(first, n.Call) else first
    node: n.Expr = call
    while isinstance(node, n.Call) and isinstance(node.func, n.Attr):
        node = node.func.value
    return node.value if isinstance(node, n.Attr) and _is_manager(node) else None


def _is_put_off(call: n.Call) -> bool:
    """Whether it is `form.save(commit=False)`, which saves nothing yet."""
    return is_false(argument(call, 0, "commit"))


def _calls(statements: Iterable[n.Stmt]) -> list[n.Call]:
    """Return the calls of a block, with those by whom a function is handed over to."""
    nodes = within(head for statement in _flat(statements) for head in heads(statement))
    found = [node for node in nodes if type(node) is n.Call]
    put_off = _put_off(nodes, found)
    if put_off:
        found = [call for call in found if id(call) not in put_off]
    return found + [later for later in map(handed_over, found) if later is not None]


def _put_off(nodes: list[n.Expr], calls: list[n.Call]) -> set[int]:
    """Return what stands in lambdas, by identity: it runs where they are called, if at all."""
    lambdas = [node for node in nodes if type(node) is n.Lambda]
    if not lambdas:
        return set()
    run = {id(given) for call in calls if tail(call.func) in _RUNNING for given in call.args}
    return {id(part) for one in lambdas if id(one) not in run for part in within((one.value,))}


def _flat(block: Iterable[n.Stmt]) -> Iterator[n.Stmt]:
    stack = [*block][::-1]
    while stack:
        statement = stack.pop()
        if not isinstance(statement, n.Function | n.Class):
            yield statement
            stack += [inner for part in blocks(statement) for inner in part][::-1]


def _names_in(call: n.Call) -> str:
    """Return the names and texts of a call: its receiver, and what `update_fields` lists."""
    words = []
    for node in inside(call):
        if isinstance(node, n.Name):
            words.append(node.id)
        elif isinstance(node, n.Const) and isinstance(node.value, str) and " " not in node.value:
            words.append(node.value)
    return " ".join(words)


def _targets(statement: n.Assign | n.For) -> set[str]:
    targets = statement.targets if isinstance(statement, n.Assign) else (statement.target,)
    return {node.id for target in targets for node in inside(target) if isinstance(node, n.Name)}


def _locals(function: FunctionSymbol, block: tuple[n.Stmt, ...]) -> dict[str, n.Import | None]:
    """Return what the function's own imports bind, and that parameters hide module names."""
    found: dict[str, n.Import | None] = {param.name: None for param in function.node.params}
    for statement in _flat(block):
        if isinstance(statement, n.Import):
            found[statement.name] = statement
    return found


def _is_manager(receiver: n.Expr) -> bool:
    """Whether an expression is a manager or a queryset made from one."""
    node = receiver
    for _ in range(40):
        if isinstance(node, n.Attr):
            if node.name in ("objects", "_default_manager") or node.name.endswith(
                ("objects", "_set")
            ):
                return True
            node = node.value
        elif isinstance(node, n.Call):
            node = node.func
        else:
            return False
    return False
