"""Exclusion constraints of PostgreSQL: no two rows may, say, overlap.

The server keeps such a rule where the constraint was made; a table that was filled without it, or that
a migration has not reached, is told here.
https://docs.djangoproject.com/en/stable/ref/contrib/postgres/constraints/
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.db.models import BooleanField, Case, Exists, F, OuterRef, Value, When
from django.db.models.lookups import PostgresOperatorLookup

from pickguard.backups.integrity.tables import Table
from pickguard.backups.integrity.unique import bare


class Exclusion(NamedTuple):
    """One rule: pairs of an expression and the operator that must not hold with another row."""

    name: str
    pairs: tuple[tuple[Any, str], ...]
    condition: Any


def of(table: Table) -> Iterator[Exclusion]:
    """Return the exclusion constraints of a table; on another database than PostgreSQL there are none."""
    from django.contrib.postgres.constraints import ExclusionConstraint

    for constraint in table.model._meta.constraints:
        if isinstance(constraint, ExclusionConstraint):
            pairs = tuple(
                (bare(F(given) if isinstance(given, str) else given), operator)
                for given, operator in constraint.expressions
            )
            yield Exclusion(constraint.name, pairs, constraint.condition)


def collides(table: Table, rule: Exclusion) -> Any:
    """Return the expression that tells of a row whether there is another which it excludes."""
    mine = {
        F(name): OuterRef(name) for field in table.fields for name in {field.name, field.attname}
    }
    others = table.rows().exclude(pk=OuterRef("pk"))
    for expression, operator in rule.pairs:
        lookup = PostgresOperatorLookup(expression, expression.replace_expressions(mine))
        lookup.postgres_operator = operator
        others = others.filter(lookup)
    if rule.condition is None:
        return Exists(others)
    met = When(rule.condition, then=Exists(others.filter(rule.condition)))
    return Case(met, default=Value(False), output_field=BooleanField())
