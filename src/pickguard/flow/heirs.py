"""Methods that a class leaves to those that inherit from it: `self.text()` of a base class that has none."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from pickguard.site.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of, tail

if TYPE_CHECKING:
    from pickguard.flow.body import Body

_MOST_HEIRS = 8
_SHORT = 2
"""Statements of a method that does nothing: what it is for, and that it is not there."""


def of_heirs(body: Body, func: n.Expr, target: FunctionSymbol | None) -> tuple[FunctionSymbol, ...]:
    """Return the methods that a call of `self.name(…)` may run where its own class has none.

    Args:
        body: where the call stands.
        func: what is called.
        target: the method that the class has, or None.
    """
    if body.owner is None or not isinstance(func, n.Attr) or tail(func.value) != "self":
        return ()
    classes = body.flow.site.classes
    if not classes.subclasses.get(body.owner) or not _is_left(body, target):
        return ()
    found = (
        classes.names.own_member(heir, func.name)
        for heir in islice(classes.heirs(body.owner), _MOST_HEIRS)
    )
    return tuple(one for one in found if isinstance(one, FunctionSymbol))


def _is_left(body: Body, method: FunctionSymbol | None) -> bool:
    """Whether there is no method, or one that says it is not there."""
    if method is None:
        return True
    block = body.flow.body(method).block
    last = block[-1] if block else None
    return (
        len(block) <= _SHORT
        and isinstance(last, n.Raise)
        and tail(func_of(last.value)) == "NotImplementedError"
    )
