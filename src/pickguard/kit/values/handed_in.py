"""Who else hands a function what it does harm with: a wrapper has one sink, and many who call it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

from pickguard.base.spans import unpack
from pickguard.flow.bodies.body import Body
from pickguard.flow.bodies.callers import CALLER_LIMIT
from pickguard.flow.callees.arguments import given
from pickguard.flow.values.definitions import Definition, Merged, Parameter
from pickguard.flow.values.origin import Origin, Passed
from pickguard.kit.rule import Spot
from pickguard.source.python import nodes as n

_MOST = 4
"""Places that are told beside the way of the data; a wrapper of a large site has hundreds of callers."""
Harms = Callable[[n.Expr, Origin], bool]


def from_outside(_given: n.Expr, origin: Origin) -> bool:
    """Whether a value is the browser's, or one that somebody has stored through the site."""
    return origin.is_browser or (origin.is_stored and bool(origin.writer))


def handed_in(
    there: Body,
    value: n.Expr,
    told: tuple[Spot, ...],
    clears: frozenset[str],
    harms: Harms = from_outside,
) -> tuple[Spot, ...]:
    """Return where other callers of a function hand it a value that does harm there.

    Args:
        there: the function.
        value: what does harm in it; nothing is returned of what is no parameter as it is, on one way at least.
        told: the way of the data that is told already.
        clears: what makes such a value harmless.
        harms: whether a value, of this origin, does harm.
    """
    function = there.function
    if function is None or not isinstance(value, n.Name):
        return ()
    if not _may_be_handed(there.scope.at(value.span).get(value.id)):
        return ()
    known = frozenset((spot.path, unpack(spot.span).line) for spot in told)
    places = (
        Spot(body.module.path, item.span, "handed in here as well")
        for body, call, is_bound in there.flow.callers.of(function)[:CALLER_LIMIT]
        for item in given(function, call, Passed(value.id), is_bound=is_bound)
        if not isinstance(item, n.Const) and _is_other(body, (call, item), known)
        if harms(item, body.origin(item, clears))
    )
    return tuple(islice(places, _MOST))


def _may_be_handed(definition: Definition | None) -> bool:
    """Whether a name is still the parameter on one way: `if isinstance(cmd, list): cmd = " ".join(cmd)`."""
    options = definition.options if isinstance(definition, Merged) else (definition,)
    return any(isinstance(one, Parameter) for one in options)


def _is_other(body: Body, parts: tuple[n.Expr, ...], known: frozenset[tuple[str, int]]) -> bool:
    """Whether none of these stands in a line that is told already."""
    return known.isdisjoint((body.module.path, unpack(part.span).line) for part in parts)
