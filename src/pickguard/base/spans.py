"""Positions in a text file, packed into one integer: a record of a million nodes stays small.

>>> unpack(pack(Span(3, 5, 3, 12)))
Span(line=3, column=5, end_line=3, end_column=12)
"""

from typing import NamedTuple

_COLUMN_BITS = 14
_HEIGHT_BITS = 13
COLUMN_LIMIT = (1 << _COLUMN_BITS) - 1
_HEIGHT_LIMIT = (1 << _HEIGHT_BITS) - 1
LINE_LIMIT = (1 << 22) - 1
COLUMN_SHIFT = _COLUMN_BITS + _HEIGHT_BITS
LINE_SHIFT = _COLUMN_BITS + COLUMN_SHIFT


class Span(NamedTuple):
    """A stretch of text: lines and columns start at 1, the end column is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


def pack(span: Span) -> int:
    """Return the span as one 63-bit integer; what does not fit is clipped to the largest value."""
    return pack_parts(*span)


def pack_parts(line: int, column: int, end_line: int, end_column: int) -> int:
    """Return what `pack` returns, without a `Span` in between: reading makes millions of them."""
    if line == end_line and line <= LINE_LIMIT and column <= end_column <= COLUMN_LIMIT:
        return (line << LINE_SHIFT) | (column << COLUMN_SHIFT) | end_column
    return (
        (min(line, LINE_LIMIT) << LINE_SHIFT)
        | (min(column, COLUMN_LIMIT) << COLUMN_SHIFT)
        | (min(max(end_line - line, 0), _HEIGHT_LIMIT) << _COLUMN_BITS)
        | min(end_column, COLUMN_LIMIT)
    )


def unpack(packed: int) -> Span:
    """Return the span that `pack` was given."""
    end_column = packed & COLUMN_LIMIT
    height = (packed >> _COLUMN_BITS) & _HEIGHT_LIMIT
    column = (packed >> COLUMN_SHIFT) & COLUMN_LIMIT
    line = packed >> LINE_SHIFT
    return Span(line, column, line + height, end_column)


def holds(packed: int, inner: int) -> bool:
    """Return whether a packed span has another one inside it, or is the same."""
    around, within = unpack(packed), unpack(inner)
    begins = (around.line, around.column) <= (within.line, within.column)
    ends = (within.end_line, within.end_column) <= (around.end_line, around.end_column)
    return begins and ends
