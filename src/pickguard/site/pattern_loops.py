"""Loops that make patterns: what their names stand for in each turn."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, TypeVar

from pickguard.site.names import ValueSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail

if TYPE_CHECKING:
    from pickguard.site.urlconf_scope import Scope

_S = TypeVar("_S", bound="Scope")
Turn: TypeAlias = list[tuple[str, n.Expr, _S]]
_DEPTH_LIMIT = 6


def turns(
    scope: _S, here: _S, target: n.Expr, source: n.Expr, depth: int = 0
) -> list[Turn[_S]] | None:
    """Return what the names of a loop stand for in each turn; None where it is not known.

    Args:
        scope: the names around the loop.
        here: the same, without the names that the loop binds.
        target: the loop's name or names.
        source: what it goes over: a display, a name of one, `enumerate(…)`, `mapping.items()`.
        depth: how many calls are around the source.
    """
    if depth > _DEPTH_LIMIT:
        return None
    if isinstance(source, n.Call) and tail(source.func) == "enumerate" and source.args:
        return _counted(scope, here, target, source, depth)
    found, owner = _display(scope, here, source)
    if isinstance(found, n.Call) and isinstance(found.func, n.Attr) and found.func.name == "items":
        found, owner = _display(scope, here, found.func.value)
        items = _pairs(found) if isinstance(found, n.Mapping) else None
    else:
        items = found.items if isinstance(found, n.Sequence) else None
    if items is None:
        return None
    made = [_parts(target, item, owner) for item in items]
    known = [turn for turn in made if turn is not None]
    return known if len(known) == len(made) else None


def _counted(
    scope: _S, here: _S, target: n.Expr, source: n.Call, depth: int
) -> list[Turn[_S]] | None:
    names = target.items if isinstance(target, n.Sequence) else ()
    if len(names) != 2 or not isinstance(names[0], n.Name):
        return None
    found = turns(scope, here, names[1], source.args[0], depth + 1)
    if found is None:
        return None
    return [
        [(names[0].id, n.Const(source.span, number), here), *turn]
        for number, turn in enumerate(found)
    ]


def _display(scope: _S, here: _S, source: n.Expr) -> tuple[n.Expr, _S]:
    """Return the expression that a name stands for, and the scope that it is meant in."""
    if not isinstance(source, n.Name):
        return source, here
    if source.id in scope.bound:
        return scope.bound[source.id]
    found = scope.names.member(scope.module, source.id)
    return (found.value if isinstance(found, ValueSymbol) else source), here


def _pairs(mapping: n.Mapping) -> tuple[n.Expr, ...] | None:
    if None in mapping.keys:
        return None
    pairs = zip(mapping.keys, mapping.values, strict=True)
    return tuple(n.Sequence(k.span, "tuple", (k, v)) for k, v in pairs if k is not None)


def _parts(target: n.Expr, item: n.Expr, owner: _S) -> Turn[_S] | None:
    """Return what a loop's name, or each of its names, stands for."""
    if isinstance(target, n.Name):
        return [(target.id, item, owner)]
    if not isinstance(target, n.Sequence) or not isinstance(item, n.Sequence):
        return None
    if len(target.items) != len(item.items):
        return None
    pairs = zip(target.items, item.items, strict=True)
    parts = [_parts(name, value, owner) for name, value in pairs]
    return [one for part in parts for one in part or ()] if None not in parts else None
