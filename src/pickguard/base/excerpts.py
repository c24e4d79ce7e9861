"""Excerpts of source code with the guilty stretch marked, to be shown in fixed-width type.

>>> for row in excerpt("x = a(b)", Span(7, 5, 7, 9), 40):
...     print(row.number, row.text)
...     print(" " * len(str(row.number)), " " * row.start + "^" * (row.end - row.start))
7 x = a(b)
      ^^^^
"""

from collections.abc import Sequence
from typing import NamedTuple

from pickguard.base.screen import crop, printable, width
from pickguard.base.spans import Span

_TAB = 4
_MAX_ROWS = 7
_HEAD_ROWS = 5
_LEAD = 12
_MAX_LINE = 20_000


class Row(NamedTuple):
    """One line of an excerpt.

    Attributes:
        number: of the line in its file; 0 where lines were left out.
        text: what to print: no control characters, tabs as blanks.
        start, end: the columns of `text` that are guilty, from 0, the end exclusive.
    """

    number: int
    text: str
    start: int
    end: int

    @property
    def pieces(self) -> tuple[str, str, str]:
        """The text before the guilty stretch, the stretch, and the text behind it."""
        before, rest = _cut(self.text, self.start)
        guilty, after = _cut(rest, self.end - self.start)
        return before, guilty, after


def excerpt(code: str, span: Span, columns: int) -> tuple[Row, ...]:
    """Return the rows that show the code.

    Args:
        code: the lines `span.line` to `span.end_line` of the file.
        span: the guilty stretch, in characters.
        columns: how wide a row may be; long lines are cut around the guilty stretch.
    """
    lines = code.split("\n")[: max(span.end_line - span.line, 0) + 1]
    rows = [_row(line, span.line + index, span) for index, line in enumerate(lines)]
    shown = _fold(_dedent(rows))
    return tuple(_fit(row, columns) for row in shown)


def _row(line: str, number: int, span: Span) -> Row:
    line = line.rstrip("\r")
    first = span.column - 1 if number == span.line else len(line) - len(line.lstrip())
    last = span.end_column - 1 if number == span.end_line else len(line)
    first = min(max(first, 0), len(line))
    last = min(max(last, first), len(line))
    if last - first > _MAX_LINE:
        last = first + _MAX_LINE
    skipped = max(first - _MAX_LINE, 0)
    before = _plain(line[skipped:first])
    guilty = _plain(line[first:last], len(before))
    after = _plain(line[last : last + _MAX_LINE], len(before) + len(guilty))
    start = width(before)
    return Row(number, before + guilty + after, start, start + width(guilty))


def _plain(text: str, column: int = 0) -> str:
    """Return the text as it is printed from the column on: tabs as blanks, nothing that steers."""
    if "\t" not in text:
        return printable(text)
    pieces: list[str] = []
    for character in text:
        piece = " " * (_TAB - column % _TAB) if character == "\t" else printable(character)
        pieces.append(piece)
        column += width(piece)
    return "".join(pieces)


def _dedent(rows: Sequence[Row]) -> list[Row]:
    """Take away the indentation that all rows share."""
    shared = min((_indent(row.text) for row in rows if row.text.strip()), default=0)
    return [
        Row(row.number, row.text[shared:], max(row.start - shared, 0), max(row.end - shared, 0))
        for row in rows
    ]


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip(" "))


def _fold(rows: Sequence[Row]) -> Sequence[Row]:
    """Leave out the rest of a tall excerpt: how it begins says what it is."""
    if len(rows) <= _MAX_ROWS:
        return rows
    return [*rows[:_HEAD_ROWS], Row(0, "", 0, 0)]


def _fit(row: Row, columns: int) -> Row:
    """Cut a long row so that the beginning of the guilty stretch can be seen."""
    text, start, end = row.text, row.start, row.end
    if width(text) <= columns:
        return row
    if end > columns - 1 and start > _LEAD:
        left, text = _cut(text, start - _LEAD)
        start, end = start - width(left) + 1, end - width(left) + 1
        text = f"…{text}"
    text = crop(text, columns)
    return Row(row.number, text, min(start, width(text)), min(end, width(text)))


def _cut(text: str, columns: int) -> tuple[str, str]:
    """Cut the text in two; the first part takes so many columns, or one more."""
    taken = 0
    for index, character in enumerate(text):
        if taken >= columns:
            return text[:index], text[index:]
        taken += width(character)
    return text, ""
