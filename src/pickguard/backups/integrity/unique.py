"""Unique rules: of fields, of models, for a day, month or year, under a condition, of expressions.

The database is asked to count, even where it has an index for the rule: an index that a change of
collation has broken lets doubles in.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.db import models
from django.db.models import Count, F, Q
from django.db.models.functions import ExtractDay, ExtractMonth, ExtractYear

from pickguard.backups.integrity.finding import KEPT, Check, Hit
from pickguard.backups.integrity.tables import Table

_PARTS = {
    "year": (ExtractYear,),
    "month": (ExtractMonth,),
    "date": (ExtractYear, ExtractMonth, ExtractDay),
}
_GROUPS = 20


class Unique(NamedTuple):
    """One rule: which expressions together are unique, among which rows."""

    name: str
    expressions: tuple[Any, ...]
    condition: Q | None = None
    nulls: bool = False


def of(table: Table) -> list[Unique]:
    """Return the unique rules of a table, but that of its key."""
    found = [*_of_fields(table), *_together(table), *_constraints(table)]
    return list({(rule.name, repr(rule.expressions)): rule for rule in found}.values())


def _of_fields(table: Table) -> Iterator[Unique]:
    for field in table.fields:
        if field.unique and not field.primary_key:
            yield Unique(field.name, (F(field.attname),))
        for word, parts in _PARTS.items():
            other = getattr(field, f"unique_for_{word}", None)
            if other and table.has((other,)):
                moment = tuple(part(other) for part in parts)
                yield Unique(f"{field.name} for {word} of {other}", (F(field.attname), *moment))


def _together(table: Table) -> Iterator[Unique]:
    for names in table.model._meta.unique_together:
        if table.has(tuple(names)):
            yield Unique(", ".join(names), tuple(map(F, names)))


def _constraints(table: Table) -> Iterator[Unique]:
    for constraint in table.model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint) and table.has(constraint.fields):
            expressions = tuple(map(F, constraint.fields)) or tuple(
                map(bare, constraint.expressions)
            )
            nulls = constraint.nulls_distinct is False
            yield Unique(constraint.name, expressions, constraint.condition, nulls)


def bare(expression: Any) -> Any:
    """Return an expression without what only an index needs: order, operator class, collation."""
    wrapped = type(expression).__name__ in {"OrderBy", "OpClass"}
    return bare(expression.get_source_expressions()[0]) if wrapped else expression


def hits(table: Table, rule: Unique) -> Iterator[Hit]:
    """Return the rows that are there twice: of the first groups each, of the others their number."""
    named = {f"pickguard_{n}": each for n, each in enumerate(rule.expressions)}
    rows = table.rows()
    if rule.condition is not None:
        rows = rows.filter(rule.condition)
    rows = rows.annotate(**named)
    if not rule.nulls:
        rows = rows.filter(**{f"{name}__isnull": False for name in named})
    doubles = (
        rows.order_by()
        .values(*named)
        .annotate(pickguard_count=Count("*"))
        .filter(pickguard_count__gt=1)
    )
    left = KEPT
    for number, group in enumerate(doubles.iterator(chunk_size=KEPT)):
        said = f"{group['pickguard_count']} rows have {_shown(group, list(named))}, which is to be unique"
        if number >= _GROUPS or left <= 0:
            yield from (
                Hit(Check.UNIQUE, rule.name, "", said) for _ in range(group["pickguard_count"])
            )
            continue
        where = {
            (n if group[n] is not None else f"{n}__isnull"): group[n]
            if group[n] is not None
            else True
            for n in named
        }
        for key in (
            rows.filter(**where).order_by("pk").values_list(*[f.attname for f in table.keys])[:left]
        ):
            left -= 1
            yield Hit(Check.UNIQUE, rule.name, table.text_of(key), said)


def _shown(group: dict[str, Any], names: list[str]) -> str:
    return ", ".join(f"{group[name]!r:.60}" for name in names)
