"""What a table says beside its rows: whether the next key is free, and whether moments have a zone."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import connections, models

from pickguard.backups.integrity.finding import Check, Hit
from pickguard.backups.integrity.tables import Table


def hits(table: Table) -> Iterator[Hit]:
    """Return a sequence that is behind, and columns of moments without a zone."""
    connection = connections[table.using]
    for field in table.fields:
        if isinstance(field, models.AutoField):
            yield from _behind(
                table, field, _next(connection, table.model._meta.db_table, field.column)
            )
    if connection.vendor == "postgresql" and settings.USE_TZ:
        yield from _without_zone(connection, table)


def _behind(table: Table, field: Any, coming: int | None) -> Iterator[Hit]:
    last = table.rows().order_by().aggregate(last=models.Max(field.attname))["last"]
    if coming is not None and last is not None and coming <= last:
        said = f"the sequence gives {coming} next, and {last} is there already"
        yield Hit(Check.SEQUENCE, field.name, "", said)


def _next(connection: Any, table: str, column: Any) -> int | None:
    """Return the key that a new row would get, None where nothing tells."""
    with connection.cursor() as cursor:
        match connection.vendor:
            case "postgresql":
                return _of_postgresql(connection, cursor, table, column)
            case "mysql":
                cursor.execute(
                    "SELECT auto_increment FROM information_schema.tables "
                    "WHERE table_schema = DATABASE() AND table_name = %s",
                    [table],
                )
            case "sqlite":
                cursor.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'")
                if cursor.fetchone() is None:
                    return None
                cursor.execute("SELECT seq + 1 FROM sqlite_sequence WHERE name = %s", [table])
            case _:
                return None
        found = cursor.fetchone()
    return int(found[0]) if found is not None and found[0] is not None else None


def _of_postgresql(connection: Any, cursor: Any, table: str, column: str) -> int | None:
    quoted = connection.ops.quote_name(table)
    cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [quoted, column])
    (name,) = cursor.fetchone()
    if name is None:
        return None
    cursor.execute(
        f"SELECT last_value + CASE WHEN is_called THEN seqincrement ELSE 0 END FROM {name}, "
        "pg_sequence WHERE seqrelid = %s::regclass",
        [name],
    )
    return int(cursor.fetchone()[0])


def _without_zone(connection: Any, table: Table) -> Iterator[Hit]:
    moments = {f.column: f.name for f in table.fields if isinstance(f, models.DateTimeField)}
    if not moments:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass "
            "AND atttypid = 'timestamp'::regtype AND attnum > 0 AND NOT attisdropped",
            [connection.ops.quote_name(table.model._meta.db_table)],
        )
        for (column,) in cursor.fetchall():
            if column in moments:
                said = "a column of timestamps without a zone, and USE_TZ is on"
                yield Hit(Check.TIME, moments[column], "", said)
