"""Methods that code calls by a name which it puts together: `getattr(self, "on_" + kind)(data)`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pickguard.site.symbols.classes import Classes
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail
from pickguard.source.python.walk import inside

_SHORTEST = 3
"""Letters that a name must begin with, to tell which methods are meant."""


def dispatched(
    call: n.Call, made: Iterable[n.Expr], owner: ClassSymbol | None, classes: Classes
) -> Iterator[FunctionSymbol]:
    """Yield the methods that a call may run whose name begins with what the code says of it.

    Args:
        call: of what `getattr` returns, or of a name.
        made: what that name is given.
        owner: the class of `self`.
        classes: of the site.
    """
    prefixes = prefixes_of(call, made)
    if owner is None or not prefixes:
        return
    seen: set[str] = set()
    for method in classes.own_functions(owner):
        name = method.node.name
        if name not in seen and name.startswith(tuple(prefixes)):
            seen.add(name)
            yield method


def puts_names_together(calls: Iterable[n.Call]) -> bool:
    """Whether one of some calls asks for a method of `self` by a name that begins with a known text."""
    return any(map(_prefix, calls))


def prefixes_of(call: n.Call, made: Iterable[n.Expr]) -> set[str]:
    """Return what the names of the methods of `self` begin with that a call may run.

    Args:
        call: of what `getattr` returns, or of a name.
        made: what that name is given.
    """
    values = made if isinstance(call.func, n.Name) else (call.func,)
    return {prefix for value in values for prefix in map(_prefix, inside(value)) if prefix}


def _prefix(node: n.Expr) -> str:
    """Return what the name of a method of `self` begins with that `getattr` asks for, or an empty text."""
    if not isinstance(node, n.Call) or tail(node.func) != "getattr" or len(node.args) < 2:
        return ""
    if not isinstance(node.args[0], n.Name) or node.args[0].id != "self":
        return ""
    begun = _first(node.args[1])
    said = begun.value if isinstance(begun, n.Const) and isinstance(begun.value, str) else ""
    said = said.partition("%")[0].partition("{")[0]
    return said if len(said) >= _SHORTEST else ""


def _first(node: n.Expr) -> n.Expr:
    """Return what a text is put together from first: `"on_"` of `"on_" + kind` and of `f"on_{kind}"`."""
    while True:
        if isinstance(node, n.Binary):
            node = node.left
        elif isinstance(node, n.Joined) and node.parts:
            node = node.parts[0]
        elif (
            isinstance(node, n.Call)
            and tail(node.func) == "format"
            and isinstance(node.func, n.Attr)
        ):
            node = node.func.value
        else:
            return node
