"""Two databases change names in one transaction: either both have, or none has."""

import time
from typing import Any

from django.db import Error

from pickguard.backups.digest.postgresql import quote
from pickguard.backups.errors import BackupError

_TRIES = 20
_PAUSE_S = 0.1


def rename(cursor: Any, live: str, new: str, old: str, *, exists: bool) -> None:
    """Rename `live` to `old` and `new` to `live`; those who are connected are sent away.

    Raises:
        BackupError: it could not be done; nothing was changed.
    """
    statements = [f"ALTER DATABASE {quote(new)} RENAME TO {quote(live)}"]
    if exists:
        statements.insert(0, f"ALTER DATABASE {quote(live)} RENAME TO {quote(old)}")
    last: Error | None = None
    for _ in range(_TRIES):
        _send_away(cursor, [live, new])
        try:
            _at_once(cursor, statements)
        except Error as error:
            last = error
            time.sleep(_PAUSE_S)
        else:
            return
    raise BackupError(
        f"could not rename the databases {new} and {live}: {str(last).strip()}",
        way_out="The account must own both and have CREATEDB. Stop the site if it keeps "
        "connecting, then run the same command again.",
    ) from last


def _send_away(cursor: Any, databases: list[str]) -> None:
    try:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = ANY(%s) AND pid <> pg_backend_pid()",
            [databases],
        )
    except Error:  # sessions of a mightier account; renaming tells who is there
        return


def _at_once(cursor: Any, statements: list[str]) -> None:
    cursor.execute("BEGIN")
    try:
        for statement in statements:
            cursor.execute(statement, [])
    except Error:
        cursor.execute("ROLLBACK")
        raise
    cursor.execute("COMMIT")
