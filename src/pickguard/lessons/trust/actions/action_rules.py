"""Trust rules about `get_permissions`: which of a viewset's actions fall through to everybody."""

from collections import defaultdict
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.kit.code import tail, text
from pickguard.lessons.trust.actions.permission_tables import (
    Lists,
    lacks,
    of_table,
    permission_table,
)
from pickguard.site.symbols.modules import Module
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol, Symbol, ValueSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument, func_of, receiver_of, texts
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, inside

WRITES = {"create": "POST", "update": "PUT", "partial_update": "PATCH", "destroy": "DELETE"}
ACTIONS = {"list": "GET", "retrieve": "GET", **WRITES}
"""What a viewset of Django REST framework does by itself, with the methods that are sent for it."""


def _as_it_is(node: n.Expr) -> n.Expr:
    return node


@rule(
    "trust.open-action",
    title="an action of a viewset falls through to everybody",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(862, 863),
    severity=Severity.HIGH,
    gain="a stranger without an account sends the one method that nobody thought of, and changes the rows",
    mend="name the actions that are open, and let all others ask: `return [IsAuthenticated()]` at the end",
)
def open_action(project: Project) -> Iterator[Hit]:
    """Find writing actions that no branch of `get_permissions` names, and that its end lets pass."""
    seen: set[FunctionSymbol] = set()
    for symbol, sent in sent_to_viewsets(project).items():
        method = project.site.classes.method(symbol, "get_permissions")
        if method is None or method in seen or "action" not in method.node.words:
            continue
        seen.add(method)
        own = _own_actions(project, symbol)
        found = _fallen_through(sent, method, lists_of(project, symbol, method.module), own)
        if found:
            yield Hit(
                (Spot(method.module.path, method.node.span),),
                f"`{symbol.node.name}` lets everybody `{'` and `'.join(found)}`",
                Confidence.MEDIUM,
                method.name,
            )


def sent_to_viewsets(project: Project) -> dict[ClassSymbol, set[str]]:
    """Return the methods that the routes of each viewset take, of rows and of lists of them."""
    methods: dict[ClassSymbol, set[str]] = defaultdict(set)
    for _route, view in project.views():
        if view.kind == "viewset" and isinstance(view.symbol, ClassSymbol):
            methods[view.symbol].update(view.methods or ())
    return methods


def lists_of(project: Project, symbol: ClassSymbol, module: Module) -> Lists:
    """Return what tells what a class, or the module of its method, has written out: `self.writing_actions`."""

    def written(node: n.Expr) -> n.Expr:
        if isinstance(node, n.Attr) and tail(node.value) in ("self", "cls"):
            found: Symbol | None = project.site.classes.value(symbol, node.name)
        elif isinstance(node, n.Name):
            found = project.site.names.resolve(module, node)
        else:
            found = None
        return found.value if isinstance(found, ValueSymbol) else node

    return written


def _own_actions(project: Project, symbol: ClassSymbol) -> tuple[str, ...]:
    """Return the actions of a viewset's own that a writing method is sent for, and that leave who may to the rest."""
    return tuple(
        function.name
        for function in project.site.classes.own_methods(symbol)
        for one in function.decorators
        if isinstance(one, n.Call) and tail(one.func) == "action"
        if argument(one, -1, "permission_classes") is None
        if {name.upper() for name in texts(argument(one, -1, "methods"))} & set(WRITES.values())
    )


def _fallen_through(
    methods: set[str], method: FunctionSymbol, lists: Lists, own: tuple[str, ...]
) -> list[str]:
    """Return the writing actions that are open and unnamed, where some other action asks."""
    block = body(method.node)
    answers = {action: asked_before(block, action, lists=lists) for action in (*ACTIONS, *own)}
    if not any(asked for asked in answers.values() if asked is not None):
        return []
    named = {name for node in expressions(block) for name in _named(node, lists)}
    sending = {action: sent for action, sent in WRITES.items() if sent in methods}
    return [
        action
        for action in (*sending, *own)
        if answers[action] == () and named.isdisjoint((action, sending.get(action)))
    ]


def _named(node: n.Expr, lists: Lists) -> Iterator[str]:
    """Yield the actions and methods that a comparison, or a table of permissions, names."""
    if isinstance(node, n.Call | n.Index):
        table = permission_table(node, lists)
        yield from (text(key) or "" for key in table.keys) if table is not None else ()
    if isinstance(node, n.Compare):
        for side in map(lists, (node.left, *node.rights)):
            name = text(side)
            yield from texts(side)
            if name is not None:
                yield name


def asked_before(
    block: tuple[n.Stmt, ...],
    action: str,
    inherited: tuple[str, ...] | None = None,
    lists: Lists = _as_it_is,
) -> tuple[str, ...] | None:
    """Return what `get_permissions` asks for before an action, `AllowAny` left out.

    Args:
        block: its statements.
        action: the name of the action.
        inherited: what the class asks for otherwise, for `super().get_permissions()`.
        lists: tells what stands in a list that is written elsewhere.

    Returns:
        The names of the classes, or None where that could not be told.
    """
    held: dict[str, n.Expr] = {}
    value = _returned(block, action, held, lists)
    value = of_table(value, action, held, lists) if value is not None else None
    if isinstance(value, n.Call) and tail(value.func) == "get_permissions":
        chosen = held.get("permission_classes")  # `self.permission_classes = […]` on the way
        return inherited if chosen is None else _asked(chosen, {})
    return None if value is None else _asked(value, held)


def returned_for(
    block: tuple[n.Stmt, ...], action: str, lists: Lists
) -> tuple[n.Expr | None, dict[str, n.Expr]]:
    """Return what a block returns for an action, None where that could not be told, and what names hold there."""
    held: dict[str, n.Expr] = {}
    return _returned(block, action, held, lists), held


def named_permissions(value: n.Expr) -> tuple[str, ...] | None:
    """Return the names of a list of permission classes, `AllowAny` left out; None where it is no list."""
    return _asked(value, {})


def _returned(
    block: tuple[n.Stmt, ...], action: str, held: dict[str, n.Expr], lists: Lists
) -> n.Expr | None:
    """Return what a block returns for an action; names that are assigned on the way are held."""
    for statement in block:
        if isinstance(statement, n.Return):
            return statement.value
        if isinstance(statement, n.If):
            test = _holds(statement.test, action, lists)
            if test is None:
                return None
            found = _returned(statement.body if test else statement.other, action, held, lists)
            if found is not None:
                return found
        elif isinstance(statement, n.Try):
            return _tried(statement, action, held, lists)
        elif isinstance(statement, n.Assign):
            held.update((tail(target), statement.value) for target in statement.targets)
        elif isinstance(statement, n.Augment):
            _add(held, tail(statement.target), statement.value)
        elif not isinstance(statement, n.Do):
            return None
        elif isinstance(statement.value, n.Call):
            _call(held, statement.value)
    return None


def _tried(statement: n.Try, action: str, held: dict[str, n.Expr], lists: Lists) -> n.Expr | None:
    """Return what is returned where a table is asked for an action, or where that is not in it."""
    value = _returned(statement.body, action, held, lists)
    if value is None or not lacks(value, action, held, lists):
        return value
    blocks = (handler.body for handler in statement.handlers)
    found = (_returned(block, action, held, lists) for block in blocks)
    return next((one for one in found if one is not None), None)


def _call(held: dict[str, n.Expr], call: n.Call) -> None:
    """Note what a call adds to a list: `classes.append(IsOwner)`."""
    receiver = receiver_of(call)
    name = tail(receiver) if receiver is not None else ""
    if tail(call.func) in ("append", "insert") and call.args:
        _add(held, name, n.Sequence(call.span, "list", call.args[-1:]))
    elif tail(call.func) == "extend" and call.args:
        _add(held, name, call.args[0])


def _add(held: dict[str, n.Expr], name: str, more: n.Expr) -> None:
    """Add the items of a list to one that a name holds; what could not be told is held no more."""
    known = held.pop(name, None)
    if isinstance(known, n.Sequence) and isinstance(more, n.Sequence):
        held[name] = n.Sequence(known.span, known.kind, known.items + more.items)


def _holds(test: n.Expr, action: str, lists: Lists) -> bool | None:
    """Whether a condition holds for an action; None where that could not be told."""
    if isinstance(test, n.Logic):
        parts = [_holds(value, action, lists) for value in test.values]
        if None in parts:
            return None
        return all(parts) if test.op == "and" else any(parts)
    if not isinstance(test, n.Compare) or len(test.ops) != 1:
        return None
    asked = {"action": action, "method": ACTIONS.get(action)}.get(tail(test.left))
    right, op = lists(test.rights[0]), test.ops[0]
    if asked is None or op not in ("in", "not in", "==", "!="):
        return None
    one = text(right)
    if one is None and not isinstance(right, n.Sequence):
        return None
    is_among = asked == one if one is not None else asked in texts(right)
    return is_among if op in ("in", "==") else not is_among


def _asked(value: n.Expr, held: dict[str, n.Expr]) -> tuple[str, ...] | None:
    """Return the permission classes that a list is made of, `AllowAny` left out."""
    if isinstance(value, n.Comprehension):
        names = [tail(part) for part in inside(value) if tail(part) in held]
        return _asked(held[names[0]], held) if names else None
    if isinstance(value, n.Name) and value.id in held:
        return _asked(held[value.id], {})
    if not isinstance(value, n.Sequence):
        return None
    names = [tail(func_of(item)) for item in value.items]
    return tuple(name or "?" for name in names if name != "AllowAny")
