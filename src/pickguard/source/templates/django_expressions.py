"""Reads the expressions of Django's template language: variables, constants, filters, words.

Grammar: `django.template.base.FilterExpression` and `django.utils.text.smart_split`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pickguard.source.templates.positions import Positions
from pickguard.source.templates.record import (
    Argument,
    Expression,
    Filter,
    Filtered,
    Literal,
    Opaque,
    Operation,
    Problem,
    Variable,
)

WordSpan = tuple[int, int]

_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|' + r"'[^'\\]*+(?:\\.[^'\\]*+)*+'"
_VALUE = rf"_\((?:{_STRING})\)|{_STRING}|[-+]?[\w.]++"
_VALUE_HERE = re.compile(rf"\s*+({_VALUE})\s*+", re.DOTALL)
_FILTER = rf"(\w++)(?:\s*+:\s*+({_VALUE}))?"
_FIRST_FILTER = re.compile(_FILTER, re.DOTALL)
_FILTER_HERE = re.compile(rf"\s*+\|\s*+{_FILTER}", re.DOTALL)
_NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e\d+)?", re.IGNORECASE)
_WORD = re.compile(
    rf"(?:[^\s'\"]*+(?:{_STRING})[^\s'\"]*+)+|\S+",
    re.DOTALL,
)
_KEYWORD = re.compile(r"(\w+)=")
_SPACE = re.compile(r"\s*")
_OPERATORS = frozenset({"and", "or", "not", "in", "is", "==", "!=", "<", ">", "<=", ">="})


class Expressions:
    """Reads expressions of one text; what cannot be read goes into `problems`."""

    __slots__ = ("_positions", "_text", "problems")

    def __init__(self, text: str, positions: Positions) -> None:
        self._text = text
        self._positions = positions
        self.problems: list[Problem] = []

    def words(self, start: int, end: int) -> list[WordSpan]:
        """Return where the words of a tag stand, split as `smart_split` does."""
        return [match.span() for match in _WORD.finditer(self._text, start, end)]

    def read(self, start: int, end: int, *, report: bool = True) -> Expression:
        """Return the expression that stands from `start` up to `end`.

        What cannot be read becomes `Opaque`, and a problem unless `report` is false.
        """
        value = _VALUE_HERE.match(self._text, start, end)
        if value is None:
            return self._opaque(start, end, report=report)
        start, position = value.span(1)
        head = self._value(start, position)
        if value.end() == end:
            return head
        filters, position = self.filters(position, end)
        if not filters or self._skip_space(position, end) < end:
            return self._opaque(start, end, report=report)
        return Filtered(self._positions.span(start, position), head, filters)

    def filters(self, start: int, end: int) -> tuple[tuple[Filter, ...], int]:
        """Return the chain of `|filter:argument` at `start`, and where it ends."""
        filters: list[Filter] = []
        while match := _FILTER_HERE.match(self._text, start, end):
            filters.append(self._filter(match))
            start = match.end()
        return tuple(filters), start

    def bare_filters(self, start: int, end: int) -> tuple[Filter, ...]:
        """Return the filters of `{% filter first|second:argument %}`: the first has no bar."""
        first = _FIRST_FILTER.match(self._text, start, end)
        if first is None:
            self._opaque(start, end)
            return ()
        return (self._filter(first), *self.filters(first.end(), end)[0])

    def _filter(self, match: re.Match[str]) -> Filter:
        arguments: tuple[Argument, ...] = ()
        if match[2] is not None:
            value = self._value(*match.span(2))
            arguments = (Argument(value.span, "", value),)
        return Filter(self._positions.span(match.start(1), match.end()), match[1], arguments)

    def argument(self, word: WordSpan) -> Argument:
        """Return a word as an argument: `name=value` or a value; any word is one."""
        start, end = word
        keyword = _KEYWORD.match(self._text, start, end)
        value_start = keyword.end() if keyword else start
        return Argument(
            self._positions.span(start, end),
            keyword[1] if keyword else "",
            self.read(value_start, end, report=False),
        )

    def arguments(self, words: Sequence[WordSpan]) -> tuple[Argument, ...]:
        """Return words as arguments."""
        return tuple(self.argument(word) for word in words)

    def assignments(self, words: Sequence[WordSpan]) -> tuple[Argument, ...]:
        """Return the `name=value` words and the older `value as name` among words."""
        found: list[Argument] = []
        for index, (start, end) in enumerate(words):
            if _KEYWORD.match(self._text, start, end):
                found.append(self.argument((start, end)))
            elif self._text[start:end] == "as" and 0 < index < len(words) - 1:
                value_start, value_end = words[index - 1]
                name_start, name_end = words[index + 1]
                found.append(
                    Argument(
                        self._positions.span(value_start, name_end),
                        self._text[name_start:name_end],
                        self.read(value_start, value_end),
                    )
                )
        return tuple(found)

    def condition(self, words: Sequence[WordSpan]) -> Expression:
        """Return what stands behind `if`."""
        operands = [word for word in words if self._text[word[0] : word[1]] not in _OPERATORS]
        if len(words) == 1 and operands:
            return self.read(*words[0])
        if not operands:
            return self._opaque(words[0][0], words[-1][1]) if words else Opaque(0, "")
        operators = [word for word in self._texts(words) if word in _OPERATORS]
        span = self._positions.span(words[0][0], words[-1][1])
        return Operation(span, " ".join(operators), tuple(self.read(*word) for word in operands))

    def _texts(self, words: Sequence[WordSpan]) -> Iterator[str]:
        return (self._text[start:end] for start, end in words)

    def _skip_space(self, start: int, end: int) -> int:
        space = _SPACE.match(self._text, start, end)
        return space.end() if space else start

    def _value(self, start: int, end: int) -> Variable | Literal:
        written = self._text[start:end]
        span = self._positions.span(start, end)
        first = written[0]
        if first in "\"'":
            return Literal(span, _unquoted(written))
        if first == "_" and written.endswith(")"):
            return Literal(span, _unquoted(written[2:-1]), translated=True)
        if first in "0123456789-+." and _NUMBER.fullmatch(written):
            return Literal(span, _number(written))
        return Variable(span, tuple(written.split(".")))

    def _opaque(self, start: int, end: int, *, report: bool = True) -> Opaque:
        start = self._skip_space(start, end)
        written = self._text[start:end].rstrip()
        span = self._positions.span(start, start + len(written))
        if report:
            self.problems.append(Problem(span, f"cannot read the expression `{written[:60]}`"))
        return Opaque(span, written[:1000])


def _number(written: str) -> int | float:
    try:
        number: int | float = int(written) if written.lstrip("+-").isdigit() else float(written)
    except ValueError:
        return 0
    # NOTE: a record holds what MessagePack holds: 64 bits
    return number if -(2**63) <= number < 2**63 else float(number)


def _unquoted(written: str) -> str:
    inner = written[1:-1]
    if "\\" not in inner:
        return inner
    return inner.replace(f"\\{written[0]}", written[0]).replace("\\\\", "\\")
