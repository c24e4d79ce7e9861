"""The origin of a value, as data: what it may be, and the way it took from where it entered."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import TypeAlias

from msgspec import Struct

from pickguard.base.spans import LINE_SHIFT
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import inside

Part: TypeAlias = tuple[int, int] | str
"""Of a function's result: one of so many items, by position and number, or the entry of a key."""


class Kind(Enum):
    """What a value may be."""

    CONSTANT = "written in the code"
    TYPED = "a number, a date or another type that holds no text of the browser's"
    BROWSER = "from the browser"
    STORED = "a text that the site has stored"
    SETTING = "a stored setting, which staff changes in the admin"
    PARAMETER = "a parameter of the function"
    UNKNOWN = "unknown"
    REQUEST = "the request itself: what is read of it is the browser's"
    SEGMENT = "what stands between two slashes of an address"
    WORD = "letters, digits and what joins words, from an address"


class Step(Struct, frozen=True):
    """A stop on a value's way: a stretch of a file, with a short note."""

    path: str
    span: int
    note: str


KEYS = "<keys>"
"""Stands for a key where it is the keys themselves that a value holds."""

READ = "<read>"
"""Stands for a key where it is what is read of a parameter, as of a file, that a value holds."""


class Passed(Struct, frozen=True):
    """A parameter that a value may hold, and the steps from it to the value.

    Attributes:
        key: the one entry of it that the value holds, where it is a mapping; `KEYS`, `READ`; else None.
    """

    name: str
    key: str | int | None = None
    steps: tuple[Step, ...] = ()


class Origin(Struct, frozen=True):
    """The kinds of a value, and its way from the worst place that it may come from.

    Attributes:
        kinds: everything that it may be.
        source: the expression that reads it from the browser or from storage, or None.
        steps: the way from the source, which is the first, on.
        params: parameters of the function around it that it may hold.
        writer: how the browser writes what is stored, such as "`PostForm` writes it", or "".
    """

    kinds: frozenset[Kind]
    source: n.Expr | None = None
    steps: tuple[Step, ...] = ()
    params: tuple[Passed, ...] = ()
    writer: str = ""

    @property
    def is_browser(self) -> bool:
        """Whether the browser may have written it."""
        return Kind.BROWSER in self.kinds

    @property
    def is_posted(self) -> bool:
        """Whether the source is a field of a form that was sent: no address says it."""
        parts = inside(self.source) if self.source is not None else ()
        return any(isinstance(part, n.Attr) and part.name == "POST" for part in parts)

    @property
    def is_stored(self) -> bool:
        """Whether it may be a text that the site has stored."""
        return Kind.STORED in self.kinds

    @property
    def is_setting(self) -> bool:
        """Whether staff alone writes it, among the settings of the site."""
        return Kind.SETTING in self.kinds

    @property
    def is_constant(self) -> bool:
        """Whether the browser plainly has no part in it."""
        return self.kinds <= {Kind.CONSTANT, Kind.TYPED}

    def then(self, *steps: Step) -> Origin:
        """Return the origin of a value that has come further; a line is not told twice."""
        if not self.steps and not self.params:
            return self
        return Origin(
            self.kinds,
            self.source,
            _extended(self.steps, steps) if self.steps else (),
            tuple(Passed(p.name, p.key, _extended(p.steps, steps)) for p in self.params),
            self.writer,
        )


def _extended(known: tuple[Step, ...], steps: tuple[Step, ...]) -> tuple[Step, ...]:
    lines = {(step.path, step.span >> LINE_SHIFT) for step in known}
    return (*known, *(s for s in steps if (s.path, s.span >> LINE_SHIFT) not in lines))


CONSTANT = Origin(frozenset({Kind.CONSTANT}))
TYPED = Origin(frozenset({Kind.TYPED}))
UNKNOWN = Origin(frozenset({Kind.UNKNOWN}))
REQUEST = Origin(frozenset({Kind.UNKNOWN, Kind.REQUEST}))
NOTHING = Origin(frozenset())
PARAMETER = Origin(frozenset({Kind.PARAMETER}))


def parameter(name: str, key: str | int | None = None) -> Origin:
    """Return the origin of a parameter's own value, or of one entry of it."""
    return Origin(frozenset({Kind.PARAMETER}), params=(Passed(name, key),))


def joined(origins: Iterable[Origin]) -> Origin:
    """Return the origin of a value that may be any of several; of the worst, the shortest way."""
    kinds: frozenset[Kind] = frozenset()
    worst: Origin = NOTHING
    params: dict[tuple[str, str | int | None], Passed] = {}
    for origin in origins:
        kinds |= origin.kinds
        if origin.source is not None and _weighs_more(origin, worst):
            worst = origin
        for passed in origin.params:
            known = params.get((passed.name, passed.key))
            if known is None or len(passed.steps) < len(known.steps):
                params[passed.name, passed.key] = passed
    return Origin(kinds, worst.source, worst.steps, tuple(params.values()), worst.writer)


def _weighs_more(origin: Origin, other: Origin) -> bool:
    if other.source is None:
        return True
    ours = (origin.is_browser, bool(origin.writer), -len(origin.steps))
    return ours > (other.is_browser, bool(other.writer), -len(other.steps))
