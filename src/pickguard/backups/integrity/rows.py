"""Reads rows in the order of their keys, a chunk at a time; one that cannot be read hides no other."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.db import DatabaseError

from pickguard.backups.errors import BackupError
from pickguard.backups.integrity.tables import Key, Table

UNREADABLE: Any = object()
_FIRST, _MOST = 64, 2000
_BYTES = 8 * 1024 * 1024


class Part(NamedTuple):
    """A range of keys, from behind one up to another; None: from the beginning, to the end.

    Attributes:
        names: the columns and annotations that are to be read of it.
    """

    after: Key | None
    upto: Key | None
    names: list[str]


class Chunk(NamedTuple):
    """Some rows: keys and values side by side, what could not be read, and the last key."""

    keys: list[tuple[Any, ...]]
    values: list[tuple[Any, ...]]
    faults: list[tuple[tuple[Any, ...], str, str]]
    last: Key


class Reader:
    """Reads chunks whose size follows that of the rows, so that memory is bounded."""

    def __init__(self, table: Table, annotations: dict[str, Any]) -> None:
        self._table, self._annotations = table, annotations
        self._keys = [field.attname for field in table.keys]
        self._size = _FIRST

    def chunks(self, part: Part) -> Iterator[Chunk]:
        """Return the chunks of a part of the table, with the values that it names."""
        last = part.after
        while (chunk := self._next(part, last)) is not None:
            yield chunk
            last = chunk.last

    def _next(self, part: Part, after: Key | None) -> Chunk | None:
        while self._size > 1:
            try:
                rows = self._fetched(part, after, self._size, part.names)
            except Exception:  # noqa: BLE001 - Django's converters and the drivers raise anything
                self._size //= 2
                continue
            return self._chunk(rows) if rows else None
        return self._single(part, after)

    def _chunk(self, rows: list[tuple[Any, ...]]) -> Chunk:
        width = len(self._keys)
        keys = [row[:width] for row in rows]
        values = [row[width:] for row in rows]
        some = values[::16]
        bytes_of_row = max(1, sum(map(_weight, some)) // len(some))
        self._size = max(2, min(_MOST, self._size * 2, _BYTES // bytes_of_row))
        return Chunk(keys, values, [], self._table.kept(keys[-1]))

    def _single(self, part: Part, after: Key | None) -> Chunk | None:
        """Read one row, field by field where it must be."""
        self._size = 2  # the rows behind it may be well
        try:
            rows = self._fetched(part, after, 1, [])
        except DatabaseError as error:
            raise BackupError(f"the keys of {self._table.label} cannot be read: {error}") from error
        if not rows:
            return None
        key = rows[0]
        values: list[Any] = []
        faults = []
        for name in part.names:
            try:
                values.append(self._fetched(part, after, 1, [name])[0][-1])
            except Exception as error:  # noqa: BLE001 - as above
                values.append(UNREADABLE)
                faults.append((key, name, f"{type(error).__name__}: {error}".splitlines()[0]))
        return Chunk([key], [tuple(values)], faults, self._table.kept(key))

    def _fetched(
        self, part: Part, after: Key | None, size: int, names: list[str]
    ) -> list[tuple[Any, ...]]:
        rows = self._table.between(after, part.upto).order_by("pk")
        asked = {name: self._annotations[name] for name in names if name in self._annotations}
        return list(rows.annotate(**asked).values_list(*self._keys, *names)[:size])


def _weight(row: tuple[Any, ...]) -> int:
    """Return about how many bytes a row takes."""
    return sum(_weigh(value) for value in row)


def _weigh(value: Any) -> int:
    if isinstance(value, str | bytes):
        return len(value)
    if isinstance(value, dict):
        return 64 + sum(_weigh(each) for each in value.values())
    return 64 + sum(map(_weigh, value)) if isinstance(value, list) else 8
