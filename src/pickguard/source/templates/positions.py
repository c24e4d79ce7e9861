"""Offsets of one text become packed spans."""

from __future__ import annotations

import re
from bisect import bisect_right

from pickguard.base.spans import pack_parts

_NEWLINE = re.compile("\n")


class Positions:
    """Knows where the lines of one text start."""

    __slots__ = ("_starts",)

    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in _NEWLINE.finditer(text))]

    @property
    def lines(self) -> int:
        """The number of lines."""
        return len(self._starts)

    def span(self, start: int, end: int) -> int:
        """Return the packed span of the text from offset `start` up to `end`."""
        starts = self._starts
        line = bisect_right(starts, start)
        end_line = line
        if line < len(starts) and end >= starts[line]:
            end_line = bisect_right(starts, end, line)
        return pack_parts(
            line, start - starts[line - 1] + 1, end_line, end - starts[end_line - 1] + 1
        )
