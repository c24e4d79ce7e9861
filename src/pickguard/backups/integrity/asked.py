"""What the database itself says of each row, asked in the statement that reads it."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from django.db import models
from django.db.models import F, Func
from django.db.models.expressions import ExpressionWrapper

from pickguard.backups.integrity import exclusion, language
from pickguard.backups.integrity.columns import Column
from pickguard.backups.integrity.finding import Check
from pickguard.backups.integrity.tables import Table

_ZONE = "{e} GLOB '*[+-][0-9][0-9]:[0-9][0-9]' OR {e} GLOB '*Z'"
# SQLite takes 30 February for 1 March
_DAY = " OR date(substr({e}, 1, 10)) IS NOT substr({e}, 1, 10)"
_TEXTUAL = ("text", "null")
# what SQLite keeps of a field where nothing is wrong: its columns take values of any type
_STORED: dict[str, tuple[str, ...]] = {
    "IntegerField": ("integer",),
    "BooleanField": ("integer",),
    "FloatField": ("real", "integer"),
    "DecimalField": ("real", "integer", "text"),
    "DurationField": ("integer",),
    "BinaryField": ("blob", "text"),
    "UUIDField": _TEXTUAL,
    "CharField": _TEXTUAL,
    "TextField": _TEXTUAL,
}
# SQLite rounds the last moments of all away
_LAST = {
    "DateTimeField": " AND {e} NOT LIKE '9999-12-31 23:59:59.%%'",
    "DateField": "",
    "TimeField": "",
}
_MOMENTS = {"DateTimeField": "datetime", "DateField": "date", "TimeField": "time"}


class Asked(NamedTuple):
    """One expression beside the columns; `broken` returns what its value says is wrong.

    Attributes:
        doubt: a condition that all broken rows meet; None: such that cannot be read as the field meets it.
    """

    check: Check
    field: str
    expression: Any
    broken: Callable[[Any], str]
    query: str = ""
    fine: Callable[[Column], bool] = lambda _column: False
    doubt: models.Q | None = None


def of(table: Table, vendor: str) -> Iterator[Asked]:
    """Return what is asked of each row of a table."""
    for field in table.fields:
        if field.remote_field is not None:
            yield from _orphan(table, field)
        elif vendor == "sqlite":
            yield from _stored(field)
        elif vendor == "mysql" and isinstance(field, models.DateField):
            asked = _case(field, "WHEN YEAR({e}) = 0 THEN 'zero'")
            yield Asked(Check.TIME, field.name, asked, _zero)
        elif vendor == "mysql" and field.get_internal_type() == "JSONField":
            yield _json(field, "WHEN NOT JSON_VALID({e}) THEN 'no JSON'")
    yield from _constraints(table)
    if vendor == "postgresql":
        yield from _exclusions(table)


def _orphan(table: Table, field: Any) -> Iterator[Asked]:
    if len(getattr(field, "foreign_related_fields", ())) != 1:
        return
    to = field.foreign_related_fields[0]
    said = f"they name a {to.model._meta.label} that is not there"
    lost = language.lost_rows(field, table.using)
    yield Asked(
        Check.ORPHAN,
        field.name,
        lost,
        lambda value: said if value else "",
        language.lost(field.name),
        doubt=models.Q(lost),
    )


def _constraints(table: Table) -> Iterator[Asked]:
    for constraint in table.model._meta.constraints:
        if isinstance(constraint, models.CheckConstraint) and table.has(
            _named(constraint.condition)
        ):
            condition = ExpressionWrapper(
                models.Q(constraint.condition), output_field=models.BooleanField()
            )
            failing = ~models.Q(condition)
            yield Asked(Check.CONSTRAINT, constraint.name, condition, _failing, doubt=failing)


def _exclusions(table: Table) -> Iterator[Asked]:
    for rule in exclusion.of(table):
        conditions = [] if rule.condition is None else [rule.condition]
        if table.has(_named([*(each for each, _ in rule.pairs), *conditions])):
            met = exclusion.collides(table, rule)
            yield Asked(Check.CONSTRAINT, rule.name, met, _excluded, doubt=models.Q(met))


def _excluded(value: Any) -> str:
    return "another row is there that the constraint excludes beside it" if value else ""


def _failing(value: Any) -> str:
    """Null passes, as it does in SQL."""
    return "the constraint does not hold" if value is not None and not value else ""


def _named(condition: Any) -> list[str]:
    """Return the fields that a condition, or several, name."""
    if isinstance(condition, models.Q | list):
        children = condition if isinstance(condition, list) else condition.children
        return [name for child in children for name in _named(child)]
    if isinstance(condition, tuple):
        return [str(condition[0]).partition("__")[0], *_named(condition[1])]
    if isinstance(condition, F):
        return [str(vars(condition)["name"]).partition("__")[0]]
    sources: list[Any] = getattr(condition, "get_source_expressions", list)()
    return [name for each in sources if each is not None for name in _named(each)]


def _stored(field: Any) -> Iterator[Asked]:
    kind = field.get_internal_type()
    if kind in _MOMENTS:
        none = f"{_MOMENTS[kind]}({{e}}) IS NULL{_LAST[kind]}" + (
            "" if kind == "TimeField" else _DAY
        )
        when = f"WHEN {none} THEN 'no time' WHEN {_ZONE} THEN 'zone'"
        asked = _case(field, f"WHEN typeof({{e}}) <> 'text' THEN typeof({{e}}) {when}")
        yield Asked(Check.TIME, field.name, asked, _moment)
        return
    if kind == "JSONField":
        other = "WHEN typeof({e}) <> 'text' THEN typeof({e})"
        yield _json(field, f"{other} WHEN NOT json_valid({{e}}) THEN 'no JSON'")
        return
    allowed = _STORED.get("IntegerField" if isinstance(field, models.IntegerField) else kind)
    if allowed is not None:
        asked = Func(F(field.attname), function="typeof", output_field=models.CharField())
        yield Asked(Check.TYPE, field.name, asked, _other_than(allowed))


def _json(field: Any, when: str) -> Asked:
    """Django hands out text that is no JSON as if it were a text."""
    return Asked(Check.TYPE, field.name, _case(field, when), lambda v: f"kept as {v}" if v else "")


def _zero(value: Any) -> str:
    return "the zero date, which Django reads as null" if value else ""


def _moment(value: Any) -> str:
    if value == "zone":
        return "kept with an offset from UTC, and Django keeps UTC without one"
    return f"kept as {value}, which is no date or time" if value else ""


def _other_than(allowed: tuple[str, ...]) -> Callable[[Any], str]:
    def broken(value: Any) -> str:
        return "" if value in {*allowed, "null"} else f"SQLite keeps it as {value}"

    return broken


def _case(field: Any, when: str) -> Any:
    whole = f"CASE WHEN {{e}} IS NULL THEN '' {when} ELSE '' END".replace("{e}", "%(expressions)s")
    return Func(F(field.attname), template=whole, output_field=models.CharField())
