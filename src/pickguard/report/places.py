"""Where a finding stands, as lines of a terminal: its code, its other places, its data's way."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pickguard.base.excerpts import Row, excerpt
from pickguard.base.screen import crop, pad, printable, width, wrap
from pickguard.base.spans import Span
from pickguard.findings.model import Finding, Place, Step
from pickguard.report.ink import Ink, Role

_INDENT = 9
_GUTTER = 6
_LEAST_CODE = 16
_MOST_CODE = 44
_LEAST_NOTE = 40
_MOST_PLACES = 8
_MOST_STEPS = 8
_FIRST_STEPS, _LAST_STEPS = 3, 3


class _Line(NamedTuple):
    """A place on one line: where, the code, what is said of it."""

    where: str
    code: str
    note: str


def shown_code(finding: Finding, ink: Ink) -> Iterator[str]:
    """Yield the first place with its excerpt and carets."""
    for place in finding.places[:1]:
        where = f"  {ink(_where(place), Role.PLACE)}"
        if finding.symbol:
            where += ink(f" {ink.dot} in {finding.symbol}", Role.QUIET)
        yield where
        yield from _excerpt(finding, place, ink)


def others(finding: Finding, ink: Ink) -> Sequence[str]:
    """Return a line for each line of code but the first place's; of many, the first ones."""
    lines = list(dict.fromkeys(_of_place(place) for place in finding.places[1:]))
    if len(lines) <= _MOST_PLACES:
        return _aligned(lines, ink)
    left = len(lines) - _MOST_PLACES + 1
    more = ink(f"and {left} more places, all of them with --format json", Role.QUIET)
    return (*_aligned(lines[: _MOST_PLACES - 1], ink), more)


def flow(finding: Finding, ink: Ink) -> Sequence[str]:
    """Return a line for each step of the data's way; of a long one, for its beginning and its end."""
    lines = [_of_step(step) for step in finding.flow]
    if len(lines) > _MOST_STEPS:
        left = len(lines) - _FIRST_STEPS - _LAST_STEPS
        between = _Line(f"and {left} more steps", "", "all of them with --format json")
        lines = [*lines[:_FIRST_STEPS], between, *lines[-_LAST_STEPS:]]
    return _aligned(lines, ink)


def _excerpt(finding: Finding, place: Place, ink: Ink) -> Iterator[str]:
    rows: tuple[Row, ...] = ()
    if place.code.strip():
        span = Span(place.line, place.column, place.end_line, place.end_column)
        rows = excerpt(place.code, span, ink.width - _GUTTER - 3)
    gutter = max(_GUTTER, *(len(str(row.number)) + 2 for row in rows), 0)
    empty = ink(f"{' ' * gutter} {ink.bar}", Role.QUIET)
    if len(rows) == 1:
        yield _numbered(rows[0], rows[0].text, gutter, ink)
        yield from _carets(rows[0], finding, place, empty, ink)
        return
    for row in rows:
        text = "..." if row.number == 0 else row.text
        edge = ink.severity(finding.severity, ">" if row.end > row.start else " ")
        yield _numbered(row, f"{text}", gutter, ink, edge)
    if place.label:
        for line in wrap(place.label, ink.width - gutter - 5):
            yield f"{empty}   {ink.severity(finding.severity, line)}"


def _numbered(row: Row, text: str, gutter: int, ink: Ink, edge: str = "") -> str:
    number = str(row.number) if row.number else ""
    head = ink(f"{number:>{gutter}} {ink.bar}", Role.QUIET)
    return f"{head} {edge}{' ' if edge else ''}{ink(text)}"


def _carets(row: Row, finding: Finding, place: Place, empty: str, ink: Ink) -> Iterator[str]:
    """Yield the carets with the label behind them, or below where there is no room."""
    carets = "^" * max(row.end - row.start, 1)
    marks = f"{empty} {' ' * row.start}{ink.severity(finding.severity, carets)}"
    label = printable(place.label)
    room = ink.width - _GUTTER - 4 - row.start - len(carets)
    if width(label) <= room:
        yield f"{marks} {ink.severity(finding.severity, label)}"
        return
    yield marks
    left = min(row.start, ink.width // 3)
    for line in wrap(place.label, ink.width - _GUTTER - 4 - left):
        yield f"{empty} {' ' * left}{ink.severity(finding.severity, line)}"


def _where(place: Place) -> str:
    return f"{place.path}:{place.line}:{place.column}"


def _of_place(place: Place) -> _Line:
    code = place.code if place.line == place.end_line else place.code.split("\n", 1)[0]
    return _Line(printable(f"{place.path}:{place.line}"), _flat(code), printable(place.label))


def _of_step(step: Step) -> _Line:
    return _Line(printable(f"{step.path}:{step.line}"), _flat(step.code), printable(step.note))


def _flat(code: str) -> str:
    return printable(" ".join(code.split()))


def _aligned(lines: Sequence[_Line], ink: Ink) -> Sequence[str]:
    """Return the lines in three columns; the code gives way where the terminal is narrow.

    Where a long path leaves too little room for the notes, each stands right behind its place, or below.
    """
    widths = [max((width(line[i]) for line in lines), default=0) for i in range(3)]
    room = ink.width - _INDENT - widths[0] - widths[2] - 6
    columns = min(widths[1], max(room, 0), _MOST_CODE)
    if columns < min(widths[1], _LEAST_CODE):
        columns = 0
    beside = max(ink.width - _INDENT - widths[0] - 3, _LEAST_CODE)
    if beside < min(widths[2], _LEAST_NOTE):
        return [row for line in lines for row in _loose(line, ink)]
    shown = []
    for line in lines:
        code = ""
        if columns:
            code = ink(pad(crop(line.code, columns), columns), Role.CODE) + "   "
        where = ink(pad(line.where, widths[0]), Role.PLACE)
        shown.append(f"{where}   {code}{ink(crop(line.note, beside))}")
    return shown


def _loose(line: _Line, ink: Ink) -> Iterator[str]:
    """Yield a place with its note behind it, or below it where there is no room."""
    where, room = ink(line.where, Role.PLACE), ink.width - _INDENT
    if width(line.where) + width(line.note) + 3 <= room:
        yield f"{where}   {ink(line.note)}"
    else:
        yield where
        yield f"  {ink(crop(line.note, room - 2))}"
