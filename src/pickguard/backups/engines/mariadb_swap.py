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


def _triggers(cursor: Any, schema: str) -> list[str]:
    cursor.execute(
        "SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = %s", [schema]
    )
    return [name for (name,) in cursor.fetchall()]
