"""Positions in a text file, packed into one integer: a record of a million nodes stays small.

>>> unpack(pack(Span(3, 5, 3, 12)))
Span(line=3, column=5, end_line=3, end_column=12)
"""

from typing import NamedTuple

_COLUMN_BITS = 14
_HEIGHT_BITS = 13
_COLUMN_LIMIT = (1 << _COLUMN_BITS) - 1
_HEIGHT_LIMIT = (1 << _HEIGHT_BITS) - 1
_LINE_LIMIT = (1 << 22) - 1
_COLUMN_SHIFT = _COLUMN_BITS + _HEIGHT_BITS
_LINE_SHIFT = _COLUMN_BITS + _COLUMN_SHIFT


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
    if line == end_line and line <= _LINE_LIMIT and column <= end_column <= _COLUMN_LIMIT:
        return (line << _LINE_SHIFT) | (column << _COLUMN_SHIFT) | end_column
    return (
        (min(line, _LINE_LIMIT) << _LINE_SHIFT)
        | (min(column, _COLUMN_LIMIT) << _COLUMN_SHIFT)
        | (min(max(end_line - line, 0), _HEIGHT_LIMIT) << _COLUMN_BITS)
        | min(end_column, _COLUMN_LIMIT)
    )


def unpack(packed: int) -> Span:
    """Return the span that `pack` was given."""
    end_column = packed & _COLUMN_LIMIT
    height = (packed >> _COLUMN_BITS) & _HEIGHT_LIMIT
    column = (packed >> _COLUMN_SHIFT) & _COLUMN_LIMIT
    line = packed >> _LINE_SHIFT
    return Span(line, column, line + height, end_column)
