"""What is true of a MariaDB schema beside its rows, and how another is made like it."""

import re
from typing import Any

from pickguard.backups.digest.mariadb import quote
from pickguard.backups.engines import facts as common
from pickguard.backups.engines import tools
from pickguard.backups.engines.base import Facts

_COUNTER = re.compile(r" AUTO_INCREMENT=\d+")
_OBJECTS = (
    """SELECT CONCAT('view ', table_name), view_definition FROM information_schema.views
WHERE table_schema = DATABASE()""",
    """SELECT CONCAT('trigger ', event_object_table, '.', trigger_name),
CONCAT_WS(' ', action_timing, event_manipulation, action_statement)
FROM information_schema.triggers WHERE trigger_schema = DATABASE()""",
    """SELECT CONCAT(LOWER(routine_type), ' ', routine_name), routine_definition
FROM information_schema.routines WHERE routine_schema = DATABASE()""",
)


def tables(connection: Any) -> dict[str, str]:
    """Return the tables that hold rows, with the engine that keeps them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, coalesce(engine, '') FROM information_schema.tables "
            "WHERE table_schema = DATABASE() AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED', "
            "'SEQUENCE') ORDER BY BINARY table_name"
        )
        return dict(cursor.fetchall())


def facts(connection: Any) -> Facts:
    """Ask for everything."""
    names = list(tables(connection))
    with connection.cursor() as cursor:

        def ask(sql: str) -> list[tuple[Any, ...]]:
            cursor.execute(sql, [])
            return list(cursor.fetchall())

        ((server, encoding, collation, zone, schema),) = ask(
            "SELECT @@version, @@character_set_database, @@collation_database, @@global.time_zone, "
            "DATABASE()"
        )
        counters = ask(
            "SELECT table_name, auto_increment FROM information_schema.tables "
            "WHERE table_schema = DATABASE() AND auto_increment IS NOT NULL"
        )
        found = {
            name: (text or "").replace(f"`{schema}`.", "")
            for sql in _OBJECTS
            for name, text in ask(sql)
        }
        found |= {f"table {name}": _definition(ask, name) for name in names}
        applied = common.migrations(ask, set(names))
    program = tools.find("mariadb-dump", "mysqldump", package="mariadb-client")
    return Facts(
        server=f"MariaDB {server}" if connection.mysql_is_mariadb else f"MySQL {server}",
        tool=tools.version(program),
        encoding=encoding,
        collation=collation,
        time_zone=zone,
        sequences={name: int(value) - 1 for name, value in counters},
        migrations=applied,
        objects=found,
    )


def _definition(ask: common.Ask, table: str) -> str:
    ((_, text),) = ask(f"SHOW CREATE TABLE {quote(table)}")
    return _COUNTER.sub("", text)


def creation(cursor: Any, name: str, like: str) -> str:
    """Return the statement that makes a schema with the character set of another."""
    cursor.execute(
        "SELECT default_character_set_name, default_collation_name "
        "FROM information_schema.schemata WHERE schema_name = %s",
        [like],
    )
    charset, collation = cursor.fetchone() or ("utf8mb4", "utf8mb4_bin")
    return f"CREATE DATABASE {quote(name)} CHARACTER SET {charset} COLLATE {collation}"
