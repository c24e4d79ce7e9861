"""Methods that an heir has in the place of its base's: what `self.text()` runs in the base's own code."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of, tail

if TYPE_CHECKING:
    from pickguard.flow.bodies.body import Body

_MOST_HEIRS = 8
_SHORT = 2
"""Statements of a method that does nothing: what it is for, and that it is not there."""


def of_heirs(body: Body, func: n.Expr) -> tuple[FunctionSymbol, ...]:
    """Return the methods of heirs that a call of `self.name(…)` may run.

    Args:
        body: where the call stands.
        func: what is called.
    """
    if body.owner is None or not isinstance(func, n.Attr) or tail(func.value) != "self":
        return ()
    classes = body.flow.site.classes
    if not classes.subclasses.get(body.owner):
        return ()
    found = (
        classes.names.own_member(heir, func.name)
        for heir in islice(classes.heirs(body.owner), _MOST_HEIRS)
    )
    return tuple(one for one in found if isinstance(one, FunctionSymbol))


def is_left_to_heirs(body: Body, method: FunctionSymbol) -> bool:
    """Whether a method says that it is not there."""
    block = body.flow.body(method).block
    last = block[-1] if block else None
    return (
        len(block) <= _SHORT
        and isinstance(last, n.Raise)
        and tail(func_of(last.value)) == "NotImplementedError"
    )
