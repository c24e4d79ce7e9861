"""All tables of two schemas change places in one statement, which MariaDB does wholly or not at all.

https://mariadb.com/kb/en/rename-table/ and https://mariadb.com/kb/en/atomic-ddl/. Tables with
triggers cannot change schemas: triggers are dropped before and made again after, by whoever calls.
"""

from typing import Any

from django.db import Error

from pickguard.backups.digest.mariadb import quote
from pickguard.backups.errors import BackupError

_WAIT_S = 20


def rename(cursor: Any, live: str, new: str, old: str) -> None:
    """Move the tables of `live` to `old`, and those of `new` to `live`.

    Raises:
        BackupError: it could not be done; all tables are where they were.
    """
    moves = [(live, name, old) for name in tables(cursor, live)]
    moves += [(new, name, live) for name in tables(cursor, new)]
    if not moves:
        return
    made = [_creation(cursor, live, name) for name in _triggers(cursor, live)]
    for schema in (live, new):
        for name in _triggers(cursor, schema):
            cursor.execute(f"DROP TRIGGER {quote(schema)}.{quote(name)}", [])
    cursor.execute(f"SET SESSION lock_wait_timeout = {_WAIT_S}")
    cursor.execute("SET SESSION foreign_key_checks = 0")
    listed = ", ".join(
        f"{quote(source)}.{quote(name)} TO {quote(target)}.{quote(name)}"
        for source, name, target in moves
    )
    try:
        cursor.execute(f"RENAME TABLE {listed}", [])
    except Error as error:
        _give_back(cursor, live, made)
        raise BackupError(
            f"could not rename the tables of {new} and {live}: {error}",
            way_out="Stop the site if its transactions are in the way; the account needs ALTER, "
            "DROP, CREATE and INSERT on both schemas. Then run the same command again.",
        ) from error


def tables(cursor: Any, schema: str) -> list[str]:
    """Return the tables of a schema that hold rows."""
    cursor.execute(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = %s "
        "AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED', 'SEQUENCE')",
        [schema],
    )
    return [name for (name,) in cursor.fetchall()]


def _creation(cursor: Any, schema: str, name: str) -> tuple[str, str]:
    """Return the mode of SQL and the statement that made a trigger."""
    cursor.execute(f"SHOW CREATE TRIGGER {quote(schema)}.{quote(name)}", [])
    _, mode, statement, *_ = cursor.fetchone()
    return str(mode), str(statement)


def _give_back(cursor: Any, schema: str, made: list[tuple[str, str]]) -> None:
    """Make the triggers of the live tables again: nothing was renamed."""
    cursor.execute(f"USE {quote(schema)}", [])
    for mode, statement in made:
        cursor.execute("SET SESSION sql_mode = %s", [mode])
        cursor.connection.query(statement)  # as it is: it may hold percent signs


def _triggers(cursor: Any, schema: str) -> list[str]:
    cursor.execute(
        "SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = %s", [schema]
    )
    return [name for (name,) in cursor.fetchall()]
