"""The pass over one table: each row once, everything that can be seen of it alone."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from django.db import connections, models

from pickguard.backups.integrity import asked, rules
from pickguard.backups.integrity.finding import Check, Hit
from pickguard.backups.integrity.generic import Generic, collected
from pickguard.backups.integrity.rows import UNREADABLE, Chunk, Reader
from pickguard.backups.integrity.tables import Key, Table


class Step(NamedTuple):
    """Some work that is done: how many rows, up to which key, and what was found."""

    rows: int
    last: Key | None
    hits: list[Hit]


class Pass:
    """Reads a table and asks each row."""

    def __init__(self, table: Table, schemas: Mapping[str, Any]) -> None:
        self._table = table
        self._generic = Generic(table)
        vendor = connections[table.using].vendor
        questions = {f"pickguard_{n}": each for n, each in enumerate(asked.of(table, vendor))}
        fields = [f for f in table.fields if not isinstance(f, models.BinaryField)]
        self._names = [*(f.attname for f in fields), *questions]
        self._called = dict(zip(self._names, [f.name for f in fields], strict=False))
        self._reader = Reader(
            table, self._names, {name: each.expression for name, each in questions.items()}
        )
        self._rules = [
            (self._names.index(f.attname), rule.check, f.name, rule.broken, rule.query)
            for f in fields
            for rule in rules.of(f, schemas)
        ] + [
            (self._names.index(name), each.check, each.field, each.broken, each.query)
            for name, each in questions.items()
        ]

    def steps(self, after: Key | None) -> Iterator[Step]:
        """Return what is found, chunk by chunk, after a key."""
        for chunk in self._reader.chunks(after):
            yield Step(len(chunk.keys), chunk.last, list(self._hits(chunk)))

    def _hits(self, chunk: Chunk) -> Iterator[Hit]:
        for key, name, said in chunk.faults:
            field = self._called.get(name, name)
            yield Hit(Check.UNREADABLE, field, self._table.text_of(key), said)
        columns = list(zip(*chunk.values, strict=True))
        for place, check, field, broken, query in self._rules:
            for number, said in _broken(columns[place], broken):
                yield Hit(check, field, self._table.text_of(chunk.keys[number]), said, query)
        if self._generic.keys:
            pairs = collected(self._generic, self._names, chunk.values, UNREADABLE)
            yield from self._generic.hits(chunk.keys, pairs)


def _broken(column: tuple[Any, ...], broken: Callable[[Any], str]) -> Iterator[tuple[int, str]]:
    """Return which values of a column are broken, and how; each distinct one is asked once."""
    distinct = _few(column)
    if distinct is not None and not any(broken(v) for v in distinct if v is not UNREADABLE):
        return
    for number, value in enumerate(column):
        if value is not UNREADABLE and (said := broken(value)):
            yield number, said


def _few(column: tuple[Any, ...]) -> set[Any] | None:
    """Return the distinct values where they are few."""
    try:
        found = set(column)
    except TypeError:  # JSON, arrays
        return None
    return found if 2 * len(found) < len(column) else None
