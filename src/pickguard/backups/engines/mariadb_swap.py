"""All tables of two schemas change places in one statement, which MariaDB does wholly or not at all.

https://mariadb.com/kb/en/rename-table/ and https://mariadb.com/kb/en/atomic-ddl/. Tables with
triggers cannot change schemas: triggers are dropped before and made again after. MariaDB does all of
it in one statement of several, which goes on when we are killed; MySQL knows none, and is asked step
by step: whoever calls makes the triggers that lack.
"""

from typing import Any

from django.db import Error

from pickguard.backups.digest.mariadb import quote
from pickguard.backups.engines import mariadb_triggers
from pickguard.backups.engines.mariadb_triggers import Moved
from pickguard.backups.errors import BackupError

_WAIT_S = 20


def rename(cursor: Any, live: str, new: str, old: str, *, at_once: bool) -> None:
    """Move the tables of `live` to `old`, and those of `new` to `live`, with their triggers.

    Args:
        cursor: of an account that may do it.
        live: schema that the site uses.
        new: schema whose tables the site is to use.
        old: schema that keeps those of today.
        at_once: whether the server runs several statements as one.

    Raises:
        BackupError: it could not be done; all tables are where they were.
    """
    listed = [(live, name, old) for name in tables(cursor, live)]
    listed += [(new, name, live) for name in tables(cursor, new)]
    if not listed:
        return
    statement = "RENAME TABLE " + ", ".join(
        f"{quote(source)}.{quote(name)} TO {quote(target)}.{quote(name)}"
        for source, name, target in listed
    )
    moves = [
        Moved(source, target, mariadb_triggers.read(cursor, source))
        for source, target in ((live, old), (new, live))
    ]
    cursor.execute(f"SET SESSION lock_wait_timeout = {_WAIT_S}")
    cursor.execute("SET SESSION foreign_key_checks = 0")
    try:
        if at_once:
            cursor.execute(mariadb_triggers.around(cursor, statement, moves))
        else:
            _step_by_step(cursor, statement, moves)
    except Error as error:
        raise BackupError(
            f"could not rename the tables of {new} and {live}: {error}",
            way_out="Stop the site if its transactions are in the way; the account needs ALTER, "
            "DROP, CREATE, INSERT and TRIGGER on both schemas. Then run the same command again.",
        ) from error


def _step_by_step(cursor: Any, statement: str, moves: list[Moved]) -> None:
    try:
        for move in moves:
            mariadb_triggers.drop(cursor, move.source)
        cursor.execute(statement)
    except Error:
        for move in moves:
            mariadb_triggers.make(cursor, move.source, move.triggers)
        raise
    for move in moves:
        mariadb_triggers.make(cursor, move.target, move.triggers)


def tables(cursor: Any, schema: str) -> list[str]:
    """Return the tables of a schema that hold rows."""
    cursor.execute(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = %s "
        "AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED', 'SEQUENCE')",
        [schema],
    )
    return [name for (name,) in cursor.fetchall()]
