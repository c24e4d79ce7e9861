"""Templates that stand as texts in Python code: `Template("<b>{{ name }}</b>")`.

Such a template has for its own path that of its module, and the place at which the text begins.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from pickguard.base.spans import Span, pack, pack_parts, unpack
from pickguard.source.templates.positions import Positions
from pickguard.source.templates.reader import read_django
from pickguard.source.templates.record import TemplateRecord

_PATH = re.compile(r"(.+\.py):\d+:\d+\.html")
_MARKUP = re.compile(r"<[a-zA-Z/!]")
_TAG = re.compile(r"\{[{%]")


def written_path(module: str, span: int) -> str:
    """Return the path of the template whose text stands at a span of a module.

    >>> written_path("shop/tables.py", pack(Span(12, 5, 12, 40)))
    'shop/tables.py:12:5.html'
    """
    place = unpack(span)
    return f"{module}:{place.line}:{place.column}.html"


def is_written(path: str) -> bool:
    """Tell whether a path is that of a template in Python code."""
    return file_of(path) != path


def file_of(path: str) -> str:
    """Return the file that a template stands in: its module for one in Python code, else itself."""
    found = _PATH.fullmatch(path) if ".py:" in path else None
    return found[1] if found else path


def makes_page(text: str) -> bool:
    """Tell whether a text is a template of markup."""
    return _TAG.search(text) is not None and _MARKUP.search(text) is not None


def read_written(text: str, span: int) -> TemplateRecord:
    """Return the record of a text in Django's template language, with its places in the module.

    Args:
        text: the value of the literal.
        span: where the literal stands.
    """
    return read_django(text, _InModule(text, unpack(span)))


class _InModule(Positions):
    """Knows where the parts of a literal stand in its module, as far as the value tells it.

    Where an escape or several literals in a row hide that, each part stands where the whole does.
    """

    __slots__ = ("_column", "_is_exact", "_line", "_text", "_whole")

    def __init__(self, text: str, whole: Span) -> None:
        super().__init__(text)
        self._text, self._whole = text, whole
        height, breaks = whole.end_line - whole.line, text.count("\n")
        quotes = whole.end_column - whole.column - len(text.encode())
        self._line, self._column = whole.line - 1, whole.column + _LONG_QUOTE - 1
        self._is_exact = height == breaks
        if height == breaks + 1 and breaks:  # it begins behind a `\`
            self._line, self._column, self._is_exact = whole.line, 0, True
        elif height == 0:
            self._column = whole.column - 1 + (quotes + 1) // 2
            self._is_exact = quotes in _QUOTES

    def span(self, start: int, end: int) -> int:
        """Return the packed span of a part of the text, in the module."""
        if not self._is_exact:
            return pack(self._whole)
        return pack_parts(*self._place(start), *self._place(end))

    def _place(self, offset: int) -> tuple[int, int]:
        """Return line and column in the module; a column counts bytes there."""
        line = bisect_right(self._starts, offset)
        before = len(self._text[self._starts[line - 1] : offset].encode())
        return self._line + line, before + 1 + (self._column if line == 1 else 0)


_LONG_QUOTE = 3
# what `"…"` and `"""…"""` have beyond the text, also behind an `r`
_QUOTES = (2, 3, 6, 7)
