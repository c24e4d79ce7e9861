"""Who else hands a function what it does harm with: a wrapper has one sink, and many who call it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from pickguard.base.spans import unpack
from pickguard.flow.body import Body
from pickguard.flow.callers import CALLER_LIMIT
from pickguard.flow.definitions import Parameter
from pickguard.flow.origin import Origin
from pickguard.kit.rule import Spot
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument

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
        value: what does harm in it; nothing is returned of what is no parameter as it is.
        told: the way of the data that is told already.
        clears: what makes such a value harmless.
        harms: whether a value, of this origin, does harm.
    """
    if there.function is None or not isinstance(value, n.Name):
        return ()
    if not isinstance(there.scope.at(value.span).get(value.id), Parameter):
        return ()
    known = frozenset((spot.path, unpack(spot.span).line) for spot in told)
    return tuple(islice(_places(there, value.id, known, clears, harms), _MOST))


def _places(
    there: Body,
    name: str,
    known: frozenset[tuple[str, int]],
    clears: frozenset[str],
    harms: Harms,
) -> Iterator[Spot]:
    function = there.function
    if function is None:
        return
    params = [param.name for param in function.node.params]
    for body, call, is_bound in there.flow.callers.of(function)[:CALLER_LIMIT]:
        given = argument(call, params.index(name) - is_bound, name) if name in params else None
        if given is None or isinstance(given, n.Const):
            continue
        lines = {(body.module.path, unpack(span).line) for span in (call.span, given.span)}
        if not known.isdisjoint(lines):
            continue
        if harms(given, body.origin(given, clears)):
            yield Spot(body.module.path, given.span, "handed in here as well")
