"""The pass over one table: each row once, everything that can be seen of it alone."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from django.db import connections, models

from pickguard.backups.integrity import asked, rules, screens
from pickguard.backups.integrity.asked import Asked
from pickguard.backups.integrity.columns import Column
from pickguard.backups.integrity.finding import Check, Hit
from pickguard.backups.integrity.generic import Generic, collected
from pickguard.backups.integrity.rows import UNREADABLE, Chunk, Part, Reader
from pickguard.backups.integrity.rules import Rule
from pickguard.backups.integrity.screens import Screen
from pickguard.backups.integrity.tables import Key, Table

_SCREENED = 10_000


class Step(NamedTuple):
    """Some work that is done: how many rows, up to which key, and what was found."""

    rows: int
    last: Key | None
    hits: list[Hit]


class Pass:
    """Goes through a table: the database looks at ranges of rows, what it doubts is read and asked.

    Args:
        table: where the rows are.
        schemas: JSON schemas by the label of their field.
        screened: how many rows the database looks at first, at once; 0: every value is read.
    """

    def __init__(self, table: Table, schemas: Mapping[str, Any], screened: int = _SCREENED) -> None:
        self._table, self._screened = table, screened
        self._generic = Generic(table)
        vendor = connections[table.using].vendor
        questions = {f"pickguard_{n}": each for n, each in enumerate(asked.of(table, vendor))}
        fields = [f for f in table.fields if not isinstance(f, models.BinaryField)]
        self._called = {f.attname: f.name for f in fields}
        self._names = [*self._called, *questions]
        self._reader = Reader(table, {n: each.expression for n, each in questions.items()})
        of_fields = {f.attname: list(rules.of(f, schemas)) for f in fields}
        self._rules: dict[str, list[tuple[str, Rule | Asked]]] = {
            **{name: [(self._called[name], r) for r in found] for name, found in of_fields.items()},
            **{name: [(each.field, each)] for name, each in questions.items()},
        }
        found = screens.of(table, vendor, of_fields, questions) if screened else ()
        self._screens = [each for each in found if not self._needs(each)]
        seen_first = {name for screen in self._screens for name in screen.names}
        self._always = {name for name in self._names if name not in seen_first}

    def _needs(self, screen: Screen) -> bool:
        """Tell whether values are wanted for more than their rules."""
        return any({kind, held} & set(screen.names) for _, kind, held in self._generic.keys)

    def steps(self, after: Key | None) -> Iterator[Step]:
        """Return what is found, chunk by chunk, after a key."""
        for part, rows in self._parts(after):
            if rows is not None and not part.names:
                yield Step(rows, part.upto, [])
                continue
            for chunk in self._reader.chunks(part):
                hits = list(self._hits(part, chunk))
                yield Step(len(chunk.keys), chunk.last, hits)

    def _parts(self, after: Key | None) -> Iterator[tuple[Part, int | None]]:
        """Return the parts of the table, and how many rows each has where they were counted."""
        while self._screens:
            try:
                upto = self._end(after)
            except Exception:  # noqa: BLE001 - keys that cannot be read, as the reader will say
                break
            yield self._part(after, upto)
            if upto is None:
                return
            after = upto
        yield Part(after, None, self._names), None

    def _end(self, after: Key | None) -> Key | None:
        """Return the last key of the next range, None where there are no more rows than that."""
        keys = self._table.between(after, None).order_by("pk")
        names = [field.attname for field in self._table.keys]
        found = keys.values_list(*names)[self._screened - 1 : self._screened]
        return next((self._table.kept(key) for key in found), None)

    def _part(self, after: Key | None, upto: Key | None) -> tuple[Part, int | None]:
        try:
            rows, doubted = screens.doubted(self._table.between(after, upto), self._screens)
        except Exception:  # noqa: BLE001 - columns of another kind than their field: all is read
            return Part(after, upto, self._names), None
        wanted = self._always | doubted
        return Part(after, upto, [name for name in self._names if name in wanted]), rows

    def _hits(self, part: Part, chunk: Chunk) -> Iterator[Hit]:
        for key, name, said in chunk.faults:
            field = self._called.get(name, name)
            yield Hit(Check.UNREADABLE, field, self._table.text_of(key), said)
        for name, values in zip(part.names, zip(*chunk.values, strict=True), strict=True):
            column = Column(values)
            for field, rule in self._rules[name]:
                for number, said in _broken(column, rule):
                    row = self._table.text_of(chunk.keys[number])
                    yield Hit(rule.check, field, row, said, rule.query)
        if self._generic.keys:
            pairs = collected(self._generic, part.names, chunk.values, UNREADABLE)
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
