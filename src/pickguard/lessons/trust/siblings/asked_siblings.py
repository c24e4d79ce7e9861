"""The one action that asks nothing about the rows it is given, where the others of its class ask.

Actions of one class take the same parameters, `(self, request, files, folders)`, and nearly all of them
hand these to a check, `check_edit_permissions(request, files)`: the one that does not is a hole.
"""

import re
from collections import defaultdict
from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import tail
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol, methods_of
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import given_to
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, inside, statements

_CHECK = re.compile(r"(^|_)(perms?|permissions?|access|allowed|authori[sz]ed?)(_|$)")
_ANYTHING = frozenset({"args", "kwargs"})
_FEWEST = 3
_WRITES = frozenset({"delete", "update", "save"})
_DEPTH = 2


def of_actions(project: Project) -> Iterator[Hit]:
    """Yield the action that changes the rows it is given unasked, where the others of its class ask about them."""
    for symbol in project.site.classes.all:
        for group in _alike(symbol):
            asking = [one for one in group if _asks_about(project, one, _given(one))]
            odd = [one for one in group if one not in asking]
            if len(asking) < _FEWEST:
                continue
            odd = [one for one in odd if _changes(project, one)]
            if len(odd) <= max(1, len(asking) // 4):
                yield from (_action_hit(one, len(asking)) for one in odd)


def _action_hit(one: FunctionSymbol, siblings: int) -> Hit:
    return Hit(
        (Spot(one.module.path, one.node.span),),
        f"`{one.node.name}` changes the rows it is given, and asks nothing about them; {siblings} like it do",
        Confidence.MEDIUM,
        one.name,
    )


def _alike(symbol: ClassSymbol) -> Iterator[list[FunctionSymbol]]:
    """Yield the methods of a class that are given the same: a request, and rows."""
    groups: dict[tuple[str, ...], list[FunctionSymbol]] = defaultdict(list)
    for method in methods_of(symbol):
        name = method.node.name
        params = tuple(param.name for param in method.node.params)
        if name.startswith("_") or _CHECK.search(name) or params[:2] != ("self", "request"):
            continue
        if set(params[2:]) - _ANYTHING:
            groups[params].append(method)
    yield from (group for group in groups.values() if len(group) > _FEWEST)


def _given(function: FunctionSymbol) -> frozenset[str]:
    return frozenset(param.name for param in function.node.params[2:]) - _ANYTHING


def _asks_about(
    project: Project, function: FunctionSymbol, rows: frozenset[str], depth: int = 0
) -> bool:
    """Whether a function, or a method of its class that it hands rows on to, gives these to a check."""
    for node in expressions(body(function.node)):
        if not isinstance(node, n.Call):
            continue
        given = {tail(value) for value in given_to(node)}
        if not given & rows:
            continue
        if _CHECK.search(tail(node.func)):
            return True
        found = _own(project, function, node)
        if found is not None and depth < _DEPTH:
            if _asks_about(project, found, _given(found), depth + 1):
                return True
    return False


def _own(project: Project, function: FunctionSymbol, call: n.Call) -> FunctionSymbol | None:
    """Return the method of the same class that a call runs, or None."""
    if (
        function.owner is None
        or not isinstance(call.func, n.Attr)
        or tail(call.func.value) != "self"
    ):
        return None
    found = project.site.classes.method(function.owner, call.func.name)
    return found if found != function else None


def _changes(project: Project, function: FunctionSymbol) -> bool:
    """Whether a function changes rows, those that it is given among them."""
    rows = set(_given(function))
    for statement in statements(body(function.node)):
        if isinstance(statement, n.For) and any(tail(p) in rows for p in inside(statement.source)):
            rows |= {tail(part) for part in inside(statement.target)}
    for node in expressions(body(function.node)):
        if isinstance(node, n.Call) and isinstance(node.func, n.Attr) and node.func.name in _WRITES:
            if tail(node.func.value) in rows:
                return True
    effects = project.effects.of(function, owner=function.owner)
    return any(effect.changes_rows for effect in effects)
