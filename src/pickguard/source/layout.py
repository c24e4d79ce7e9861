"""Whether two records of a file differ in its layout alone, and where each thing went."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import msgspec

from pickguard.base.spans import COLUMN_LIMIT, LINE_LIMIT, Span, unpack
from pickguard.findings.relaid import Moves, Point
from pickguard.source.python import nodes as n
from pickguard.source.python.bodies import body
from pickguard.source.python.reader import PythonRecord
from pickguard.source.templates.record import TemplateRecord

_SPANS = frozenset({"span", "end"})
_Key = TypeVar("_Key", int, Point)


class _Went(Generic[_Key]):
    """From where something was to where it is now; what went to two places went nowhere for sure."""

    def __init__(self) -> None:
        self._known: dict[_Key, _Key] = {}
        self._unsure: set[_Key] = set()

    def add(self, before: _Key, after: _Key) -> None:
        """Take where a thing was, and where it is."""
        if self._known.setdefault(before, after) != after:
            self._unsure.add(before)

    def sure(self) -> dict[_Key, _Key]:
        """Return what is known for sure."""
        return {one: other for one, other in self._known.items() if one not in self._unsure}


class _Positions:
    """Where the things of a file stood, and do now."""

    def __init__(self) -> None:
        self.spans: _Went[int] = _Went()
        self.starts: _Went[Point] = _Went()
        self.ends: _Went[Point] = _Went()

    def add(self, before: int, after: int) -> None:
        """Take a span and what became of it."""
        old, new = unpack(before), unpack(after)
        if _is_clipped(old) or _is_clipped(new):
            return
        self.spans.add(before, after)
        self.starts.add((old.line, old.column), (new.line, new.column))
        self.ends.add((old.end_line, old.end_column), (new.end_line, new.end_column))


def _is_clipped(span: Span) -> bool:
    return span.end_line >= LINE_LIMIT or max(span.column, span.end_column) >= COLUMN_LIMIT


def moves(
    before: PythonRecord | TemplateRecord, after: PythonRecord | TemplateRecord
) -> Moves | None:
    """Return where the things of a file went; None where more than its layout has changed."""
    positions = _Positions()
    waiting: list[tuple[Any, Any]] = [(_said(before), _said(after))]
    while waiting:
        one, other = waiting.pop()
        if type(one) is not type(other):
            return None
        if isinstance(one, tuple):
            if len(one) != len(other):
                return None
            waiting.extend(zip(one, other, strict=True))
        elif isinstance(one, msgspec.Struct):
            waiting.extend(_fields(one, other, positions))
        elif one != other:
            return None
    return Moves(
        positions.spans.sure(),
        positions.starts.sure(),
        positions.ends.sure(),
        after.lines - before.lines,
    )


def _said(record: PythonRecord | TemplateRecord) -> tuple[Any, ...]:
    """Return what a record holds beside the number of lines."""
    if isinstance(record, PythonRecord):
        return (record.body, record.words)
    return (record.engine, record.nodes, record.forms, record.elements, record.problems)


def _fields(one: Any, other: Any, positions: _Positions) -> list[tuple[Any, Any]]:
    """Return the fields of two things to be compared, their spans taken note of."""
    found: list[tuple[Any, Any]] = []
    for name in one.__struct_fields__:
        old, new = getattr(one, name), getattr(other, name)
        if name in _SPANS:
            positions.add(old, new)
            found.append((bool(old), bool(new)))  # a form may have no end
        elif name == "code" and isinstance(one, n.Function):
            found.append((body(one), body(other)))
        else:
            found.append((old, new))
    return found
