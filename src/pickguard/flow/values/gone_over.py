"""What the names of a loop take of what it goes over: `for i, (key, value) in enumerate(d.items())`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from pickguard.source.python import nodes as n

_PARTS = ("partition", "rpartition")
Taken: TypeAlias = "tuple[str, n.Expr, tuple[int, int] | None]"


def taken(target: n.Expr, source: n.Expr) -> Iterator[Taken]:
    """Yield the names of a loop, each with what it goes over, and which part of an item it takes."""
    if isinstance(target, n.Name):
        yield target.id, source, None
    elif isinstance(target, n.Sequence):
        for position, item in enumerate(target.items):
            inner = picked(source, position)
            if not isinstance(item, n.Name):
                yield from taken(item, inner or source)
            elif inner is not None and not isinstance(inner, n.Const):
                yield item.id, inner, None
            else:
                yield item.id, source, (position, len(target.items))


def picked(source: n.Expr, position: int) -> n.Expr | None:
    """Return what a name at a position goes over in `enumerate(xs)` and `zip(xs, ys)`; None elsewhere.

    The one in the middle of `a, b, c = text.partition("-")` is what was given.
    """
    if not isinstance(source, n.Call):
        return None
    if isinstance(source.func, n.Attr):
        is_middle = source.func.name in _PARTS and position == 1 and len(source.args) == 1
        return source.args[0] if is_middle else None
    if not isinstance(source.func, n.Name):
        return None
    if source.func.id == "enumerate" and source.args:
        return source.args[0] if position else n.Const(source.span, 0)
    if source.func.id == "zip" and position < len(source.args):
        return source.args[position]
    return None
