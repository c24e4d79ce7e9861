"""Rules: one function each, registered by its decorator; a hit is what it yields."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.catalog import Catalog, SinkKind

if TYPE_CHECKING:
    from pickguard.kit.code import Code
    from pickguard.kit.project import Project


class Spot(Struct, frozen=True):
    """A stretch of a file; `span` is packed, `(path, 0)` means the file as a whole."""

    path: str
    span: int
    label: str = ""


class Hit(Struct, frozen=True):
    """One case of what a rule looks for.

    Attributes:
        spots: the first is where to mend; the others tell more, with their labels.
        message: what is wrong here, one sentence without a full stop, code in backquotes.
        confidence: how sure the rule is in this case.
        symbol: dotted name of the function, class or setting around it.
        severity: where this case weighs more or less than the rule does.
        flow: the way of the data: spots with their notes as labels.
        gain, mend: where this case needs other words than the rule's.
        cause: what several cases of one file have in common, such as a field; they are told as one.
    """

    spots: tuple[Spot, ...]
    message: str
    confidence: Confidence = Confidence.HIGH
    symbol: str = ""
    severity: Severity | None = None
    flow: tuple[Spot, ...] = ()
    gain: str = ""
    mend: str = ""
    cause: str = ""


ProjectCheck = Callable[["Project"], Iterable[Hit]]
CodeCheck = Callable[["Code"], Iterable[Hit]]


class Rule(Struct, frozen=True):
    """A rule with all that is said about it; its page section has the long words.

    Attributes:
        id: `lesson.what-is-bad`.
        title: what is bad, a short phrase in lower case.
        areas: what is harmed, the main one first.
        cwe: numbers of the Common Weakness Enumeration.
        severity: of a usual case.
        gain: what an attacker gains, one sentence.
        mend: what to do about it, one sentence.
        words: for code rules: the names one of which a body must hold, or be called by, to be looked at.
        packages: for code rules: the packages one of which the module or the body must name.
        needs_browser: for code rules: whether only bodies that read a request matter.
        sinks: for code rules: the kinds of the catalogue's sinks whose names are words as well.
        yields_to: rules that have the better words for one and the same hole: where one of them
            is as sure of the same line, this one says nothing.
        quotes_secret: whether a secret stands in the code of its places: no report repeats it.
    """

    id: str
    title: str
    areas: tuple[Area, ...]
    cwe: tuple[int, ...]
    severity: Severity
    gain: str
    mend: str
    check: Callable[[Any], Iterable[Hit]]
    words: frozenset[str] | None = None
    packages: frozenset[str] = frozenset()
    needs_browser: bool = False
    sinks: tuple[SinkKind, ...] = ()
    yields_to: tuple[str, ...] = ()
    quotes_secret: bool = False

    def knowing(self, catalog: Catalog) -> Rule:
        """Return the rule with the words and packages of its sinks."""
        if not self.sinks or self.words is None:
            return self
        words = self.words.union(*(catalog.sinks(kind) for kind in self.sinks))
        packages = self.packages
        if packages:
            packages = packages.union(*(catalog.packages(kind) for kind in self.sinks))
        return replace(self, words=words, packages=packages)

    @property
    def lesson(self) -> str:
        """The lesson that it belongs to."""
        return self.id.partition(".")[0]

    @property
    def is_code_rule(self) -> bool:
        """Whether it looks at one body of code at a time."""
        return self.words is not None

    def run(self, subject: Any) -> Iterator[Hit]:
        """Return the hits in a project, or in one body of code, one by one."""
        return iter(self.check(subject))


def rule(
    id: str,  # noqa: A002 - it is called an id everywhere
    *,
    title: str,
    areas: tuple[Area, ...],
    cwe: tuple[int, ...],
    severity: Severity,
    gain: str,
    mend: str,
    yields_to: tuple[str, ...] = (),
    quotes_secret: bool = False,
) -> Callable[[ProjectCheck], Rule]:
    """Make a rule of a function that looks at the whole project."""

    def register(check: ProjectCheck) -> Rule:
        return Rule(
            id,
            title,
            areas,
            cwe,
            severity,
            gain,
            mend,
            check,
            yields_to=yields_to,
            quotes_secret=quotes_secret,
        )

    return register


def code_rule(
    id: str,  # noqa: A002 - it is called an id everywhere
    *,
    words: Iterable[str],
    packages: Iterable[str] = (),
    needs_browser: bool = False,
    sinks: tuple[SinkKind, ...] = (),
    title: str,
    areas: tuple[Area, ...],
    cwe: tuple[int, ...],
    severity: Severity,
    gain: str,
    mend: str,
    yields_to: tuple[str, ...] = (),
    quotes_secret: bool = False,
) -> Callable[[CodeCheck], Rule]:
    """Make a rule of a function that looks at one body of code at a time.

    The body must hold one of the `words`: names of functions, attributes or keywords, or one of
    the names of the `sinks`; a function may be called so itself. The other conditions (see `Rule`)
    spare the rule bodies in which it cannot find anything.
    """

    def register(check: CodeCheck) -> Rule:
        return Rule(
            id,
            title,
            areas,
            cwe,
            severity,
            gain,
            mend,
            check,
            frozenset(words),
            frozenset(packages),
            needs_browser,
            sinks,
            yields_to,
            quotes_secret,
        )

    return register
