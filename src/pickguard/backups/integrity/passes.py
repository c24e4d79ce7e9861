"""The pass over one table: each row once, everything that can be seen of it alone."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from django.db import connections, models

from pickguard.backups.integrity import asked, rules
from pickguard.backups.integrity.asked import Asked
from pickguard.backups.integrity.columns import Column
from pickguard.backups.integrity.finding import Check, Hit
from pickguard.backups.integrity.generic import Generic, collected
from pickguard.backups.integrity.rows import UNREADABLE, Chunk, Reader
from pickguard.backups.integrity.rules import Rule
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
        self._rules: list[tuple[int, str, Rule | Asked]] = [
            (self._names.index(f.attname), f.name, rule)
            for f in fields
            for rule in rules.of(f, schemas)
        ] + [(self._names.index(name), each.field, each) for name, each in questions.items()]

    def steps(self, after: Key | None) -> Iterator[Step]:
        """Return what is found, chunk by chunk, after a key."""
        for chunk in self._reader.chunks(after):
            yield Step(len(chunk.keys), chunk.last, list(self._hits(chunk)))

    def _hits(self, chunk: Chunk) -> Iterator[Hit]:
        for key, name, said in chunk.faults:
            field = self._called.get(name, name)
            yield Hit(Check.UNREADABLE, field, self._table.text_of(key), said)
        columns = list(map(Column, zip(*chunk.values, strict=True)))
        for place, field, rule in self._rules:
            for number, said in _broken(columns[place], rule):
                row = self._table.text_of(chunk.keys[number])
                yield Hit(rule.check, field, row, said, rule.query)
        if self._generic.keys:
            pairs = collected(self._generic, self._names, chunk.values, UNREADABLE)
            yield from self._generic.hits(chunk.keys, pairs)


def _broken(column: Column, rule: Rule | Asked) -> Iterator[tuple[int, str]]:
    """Return which values of a column are broken, and how; no more are asked than must be."""
    if rule.fine(column):
        return
    few = column.few
    if few is not None and not any(rule.broken(v) for v in few if v is not UNREADABLE):
        return
    for number, value in enumerate(column.values):
        if value is not UNREADABLE and (said := rule.broken(value)):
            yield number, said
