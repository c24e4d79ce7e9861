"""Relations that a view itself fills with whatever row the browser names, where it takes rows by whom they lead to.

`File.objects.get(pk=pk, folder__owner=request.user)`, and then `file.folder = Folder.objects.get(pk=…)`: the
view says that folders are people's own, and puts the file into anybody's.
"""

import re
from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import tail
from pickguard.lessons.trust.answering import functions_of_views
from pickguard.lessons.trust.asking import asks_who_may
from pickguard.lessons.trust.owners.owner_functions import is_named
from pickguard.lessons.trust.ownership import has_alternatives, is_user, rows_of
from pickguard.lessons.trust.row_keys import choosing
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, inside, statements

_SHORTCUTS = frozenset({"get_object_or_404", "aget_object_or_404"})
_GETTERS = _SHORTCUTS | {"get", "aget"}
_CHOOSE = _GETTERS | {"filter"}
_IDS = frozenset({"pk", "id", "uuid"})
_WRITES = frozenset({"save", "create", "update", "acreate", "asave", "aupdate"})
_SCOPE = re.compile(r"^(\w+?)__\w+$")


def of_written(project: Project) -> Iterator[Hit]:
    """Yield where a view fills a relation with any row, by which it takes its own rows from whoever asks."""
    for view, function in functions_of_views(project):
        words = set(function.node.words)
        if _WRITES.isdisjoint(words) or asks_who_may(words):
            continue
        relations = frozenset(_scoping(project, view, function))
        if relations:
            yield from _filled(project, function, relations)


def _scoping(project: Project, view: View, function: FunctionSymbol) -> Iterator[str]:
    """Yield the relations by which a handler, or the `get_queryset` of its class, leads rows to the user."""
    yield from _led_by(function)
    symbol = view.symbol
    if isinstance(symbol, ClassSymbol):
        method = project.site.classes.method(symbol, "get_queryset")
        if method is not None and method != function and not has_alternatives(method):
            yield from _led_by(method)


def _led_by(function: FunctionSymbol) -> Iterator[str]:
    words = function.node.words
    if "user" not in words or not any("__" in word for word in words):
        return
    for node in expressions(body(function.node)):
        if isinstance(node, n.Call) and tail(node.func) in _CHOOSE:
            for keyword in node.keywords:
                found = _SCOPE.match(keyword.name or "")
                if found is not None and is_user(keyword.value):
                    yield found[1]


def _filled(project: Project, function: FunctionSymbol, relations: frozenset[str]) -> Iterator[Hit]:
    """Yield the relation that a function fills with a row of anybody's, or with its number."""
    named = frozenset(project.url_origins(function))
    rows = _any_rows(project, function, named)
    for name, value in _written(function):
        if name.removesuffix("_id") not in relations:
            continue
        is_number = name.endswith("_id") and is_named(function, value, named)
        chosen = rows.get(tail(value), value) if isinstance(value, n.Name) else value
        is_row = isinstance(chosen, n.Call) and _is_any_row(project, function, chosen, named)
        if (is_number or is_row) and not _looks_at(function, _names(value, chosen)):
            yield Hit(
                (Spot(function.module.path, chosen.span),),
                f"any row becomes the `{name}`, by which this view takes those of whoever asks",
                Confidence.MEDIUM,
                function.name,
            )
            return


def _written(function: FunctionSymbol) -> Iterator[tuple[str, n.Expr]]:
    """Yield what a function writes to fields of rows: `file.folder = folder`, `save(folder=folder)`."""
    block = body(function.node)
    for statement in statements(block):
        if isinstance(statement, n.Assign):
            for target in statement.targets:
                if isinstance(target, n.Attr) and not _is_self(target.value):
                    yield target.name, statement.value
    for node in expressions(block):
        if isinstance(node, n.Call) and tail(node.func) in _WRITES:
            yield from ((k.name, k.value) for k in node.keywords if k.name is not None)


def _is_self(node: n.Expr) -> bool:
    return isinstance(node, n.Name) and node.id in ("self", "request")


def _any_rows(
    project: Project, function: FunctionSymbol, named: frozenset[str]
) -> dict[str, n.Call]:
    """Return the calls that take any row by its number, by the one name that each goes to."""
    found: dict[str, n.Call] = {}
    others: set[str] = set()
    for statement in statements(body(function.node)):
        if not isinstance(statement, n.Assign):
            continue
        value, name = statement.value, tail(statement.targets[0])
        if isinstance(value, n.Call) and _is_any_row(project, function, value, named):
            found[name] = value
        else:
            others.add(name)
    return {name: call for name, call in found.items() if name not in others}


def _is_any_row(
    project: Project, function: FunctionSymbol, call: n.Call, named: frozenset[str]
) -> bool:
    """Whether a call takes the row of a number that the browser says, out of a whole table."""
    chosen = choosing(call)
    if tail(call.func) not in _GETTERS or not chosen:
        return False
    if any(k.name not in _IDS or not is_named(function, k.value, named) for k in chosen):
        return False
    rows = call.args[0] if tail(call.func) in _SHORTCUTS and call.args else None
    if rows is None and isinstance(call.func, n.Attr):
        rows = call.func.value
    return rows_of(project, function, rows) is not None


def _names(value: n.Expr, chosen: n.Expr) -> set[str]:
    """Return what a row, and the number that it is taken by, are called."""
    numbers = [k.value for k in chosen.keywords] if isinstance(chosen, n.Call) else []
    held = [value] if isinstance(value, n.Name) or not numbers else []
    return {name for node in (*held, *numbers) for name in said_in(node)}


def _looks_at(function: FunctionSymbol, said: set[str]) -> bool:
    """Whether a comparison, or a call that writes nothing, has both the user and what was chosen."""
    for node in expressions(body(function.node)):
        if isinstance(node, n.Compare) or (
            isinstance(node, n.Call) and tail(node.func) not in _WRITES
        ):
            words = set(said_in(node))
            if "user" in words and words & said:
                return True
    return False


def said_in(node: n.Expr) -> Iterator[str]:
    """Yield the names and texts of an expression, but those of where requests keep what was sent."""
    for part in inside(node):
        if isinstance(part, n.Name) and part.id not in ("self", "request"):
            yield part.id
        elif isinstance(part, n.Attr) and part.name == "user":
            yield part.name
        elif isinstance(part, n.Const) and isinstance(part.value, str):
            yield part.value
