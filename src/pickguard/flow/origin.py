"""The origin of a value, as data: what it may be, and where the browser's part enters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from pickguard.source.python import nodes as n


class Kind(Enum):
    """What a value may be."""

    CONSTANT = "written in the code"
    TYPED = "a number, a date or another type that holds no text of the browser's"
    BROWSER = "from the browser"
    PARAMETER = "a parameter of the function"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Origin:
    """The kinds of a value, and the place where the browser's part enters.

    Attributes:
        kinds: everything that it may be.
        source: the expression that reads it from the browser, or None.
        steps: spans of the assignments between the source and here, first to last.
    """

    kinds: frozenset[Kind]
    source: n.Expr | None = None
    steps: tuple[int, ...] = ()

    @property
    def is_browser(self) -> bool:
        """Whether the browser may have written it."""
        return Kind.BROWSER in self.kinds

    @property
    def is_constant(self) -> bool:
        """Whether the browser plainly has no part in it."""
        return self.kinds <= {Kind.CONSTANT, Kind.TYPED}


CONSTANT = Origin(frozenset({Kind.CONSTANT}))
TYPED = Origin(frozenset({Kind.TYPED}))
UNKNOWN = Origin(frozenset({Kind.UNKNOWN}))
NOTHING = Origin(frozenset())
PARAMETER = Origin(frozenset({Kind.PARAMETER}))


def joined(origins: Iterable[Origin]) -> Origin:
    """Return the origin of a value that may be any of several."""
    kinds: frozenset[Kind] = frozenset()
    source: n.Expr | None = None
    steps: tuple[int, ...] = ()
    for origin in origins:
        kinds |= origin.kinds
        if source is None and origin.source is not None:
            source, steps = origin.source, origin.steps
    return Origin(kinds, source, steps)
