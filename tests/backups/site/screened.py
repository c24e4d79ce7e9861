"""Fills columns with whatever the database takes, and checks them with and without a first look."""

from contextlib import suppress
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.utils import DatabaseError
from tests.backups.site.everything.models import Everything, Loose, More

from pickguard.backups.engines.base import places
from pickguard.backups.integrity.check import reading
from pickguard.backups.integrity.passes import Pass
from pickguard.backups.integrity.tables import Table, tables

_ODD = {
    "sqlite": [
        "0", "1", "2", "-1", "5", "40000", "9223372036854775807", "-9223372036854775808", "0.5", "-0.0", "1e300",
        "9e999", "99999999.99999", "9999999999.999994", "9999999999.999996", "1e10", "-1e10", "''", "' '", "'x'",
        "'1'", "'1.5'", "'nan'", "x''", "x'00'", "x'ff'", "CAST(x'ff' AS TEXT)", "CAST(x'6100' AS TEXT)", "'café'",
        "'cafÃ©'", "'2024-01-01'", "'2024-02-30'", "'2024-02-29'", "'2023-02-29'", "'0000-01-01'", "'0001-01-01'",
        "'9999-12-31'", "'10000-01-01'", "'-2024-01-01'", "'2024-1-1'", "'2024-01-01 10:00'", "'2024-01-01 10:00:00'",
        "'2024-01-01T10:00:00'", "'2024-01-01 10:00:00Z'", "'2024-01-01 10:00:00+02:00'", "'2024-01-01 24:00:00'",
        "'2024-01-01 23:59:60'", "'2024-01-01 23:59:59.999999'", "'2024-01-01 23:59:59.9999'", "'now'", "'10:00:00'",
        "'2024-01-01 10:00:00.12345x'", "'2024-02-30 10:00:00'", "'0000-01-01 10:00:00'", "'2460000.5'",
        "'2024-01-01 10:00:00' || char(0)", "'2024-01-01' || char(0)", "'10:00:00.000001'", "'24:00:00'", "'25:00:00'",
        "'2999-01-01 00:00:00'", "'00000000000000000000000000000000'", "'{00000000-0000-0000-0000-00000000000'",
        "'ABCDEF00000000000000000000000000'", "'0000000000000000000000000000000g'", "'{}'", "'[]'", "'{'", "'null'",
        "'0000000000000000000000000000000' || char(0)", "'00000000-0000-0000-0000-000000000000'",
    ],
    "postgresql": [
        "0", "1", "2", "-1", "5", "40000", "9223372036854775807", "-9223372036854775808", "0.5", "1e300", "'NaN'",
        "'Infinity'", "'-Infinity'", "9999999999.99999", "-9999999999.99999", "''", "' '", "'x'", "'true'",
        "'2024-01-01'", "'0001-01-01'", "'0001-01-01 BC'", "'9999-12-31'", "'10000-01-01'", "'24:00:00'",
        "'2024-01-01 10:00:00'", "'9999-12-31 23:59:59.999999+00'", "'9999-12-31 23:59:59.999999-12'",
        "'0001-01-01 00:00:00+14'", "'2999-01-01'", "'1 mon'", "'1 year 2 days'", "'9999999 days'",
        "'178000000 years'", "'-178000000 years'", "'00000000-0000-0000-0000-000000000000'", "'{}'", "'[]'",
        "'cafÃ©'", "'10.0.0.1'",
    ],
    "mysql": [
        "0", "1", "2", "-1", "5", "40000", "9223372036854775807", "-9223372036854775808", "0.5", "1e300",
        "9999999999.99999", "-9999999999.99999", "''", "' '", "'x'", "'R'", "'r '", "'2024-01-01'", "'0000-00-00'",
        "'2024-00-10'", "'2024-01-00'", "'2024-02-31'", "'0000-01-01'", "'0001-01-01'", "'9999-12-31'",
        "'2024-02-31 10:00:00'", "'2024-01-01 10:00:00'", "'0000-00-00 10:00:00'", "'2999-01-01'", "'24:00:00'",
        "'-12:00:00'", "'838:59:59'", "'10:00:00'", "'00000000-0000-0000-0000-000000000000'", "'{}'", "'[]'", "'{'",
        "'cafÃ©'", "'10.0.0.1'",
    ],
}  # fmt: skip


def fill() -> int:
    """Put each odd value into all columns that take it, a row a value; return how many did."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA ignore_check_constraints = ON")
            cursor.execute("PRAGMA foreign_keys = OFF")
        elif connection.vendor == "mysql":
            cursor.execute("SET SESSION sql_mode = 'ALLOW_INVALID_DATES'")
        odd = _ODD[connection.vendor]
        return sum(
            _put(cursor, m.objects.create(), o) for m in (Everything, More, Loose) for o in odd
        )


def _put(cursor: Any, row: Any, odd: str) -> int:
    table = connection.ops.quote_name(row._meta.db_table)
    taken = 0
    for field in row._meta.local_concrete_fields:
        if not field.generated and not field.primary_key:
            column = connection.ops.quote_name(field.column)
            with suppress(DatabaseError), transaction.atomic():
                cursor.execute(f"UPDATE {table} SET {column} = {odd} WHERE id = {row.pk}")
                taken += 1
    return taken


def compared(rows: int) -> dict[str, list[list[str]]]:
    """Return what is found of each table: without a first look, and with one at so many rows."""
    found = {}
    for alias, place in places(None).items():
        with reading(place) as read:
            for table in tables(alias, read, None):
                found[table.label] = [_hits(table, 0), _hits(table, rows)]
    return found


def skipped() -> list[str]:
    """Return the columns of sound rows that need not be read."""
    with reading(places(None)["default"]) as read:
        (table,) = tables("default", read, {Everything})
        check = Pass(table, {}, 100)
        part, _ = next(check._parts(None))
    return sorted(set(check._called) - set(part.names))


def _hits(table: Table, rows: int) -> list[str]:
    schemas = settings.PICKGUARD_BACKUPS.get("schemas", {})
    steps = list(Pass(table, schemas, rows).steps(None))
    hits = sorted(repr((*hit[:4], hit.query)) for step in steps for hit in step.hits)
    return [f"{sum(step.rows for step in steps)} rows", *hits]
