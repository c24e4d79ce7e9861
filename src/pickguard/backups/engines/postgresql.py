"""PostgreSQL: `pg_dump` and our own reading share one exported snapshot; `pg_restore` loads.

https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-SNAPSHOT-SYNCHRONIZATION
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from django.db import Error

from pickguard.backups.digest import sessions
from pickguard.backups.digest.ahead import AheadReader
from pickguard.backups.digest.postgresql import PostgresqlReader, quote
from pickguard.backups.digest.shapes import Reader
from pickguard.backups.engines import postgresql_facts, tools
from pickguard.backups.engines.base import DRILL, Facts, Feed, Place, connected, copied
from pickguard.backups.engines.postgresql_swap import rename
from pickguard.backups.errors import BackupError
from pickguard.backups.streams.pipeline import Readable
from pickguard.base.errors import UsageError
from pickguard.base.progress import Progress

DUMP = "dump"
_BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_LONGEST = 63
_TRIES = 300
_BETWEEN_S = 0.1


@dataclass(frozen=True, slots=True)
class Shared:
    """A snapshot that other sessions can take part in."""

    place: Place
    identifier: str
    reader: Reader
    facts: Facts

    def streams(self) -> dict[str, Callable[[], AbstractContextManager[Readable]]]:
        """Return pg_dump's archive, not compressed: the set is, and better."""
        words = [
            tools.find("pg_dump", package="postgresql-client"),
            "--format=custom",
            "--compress=0",
            "--no-password",
            f"--snapshot={self.identifier}",
        ]
        return {DUMP: partial(tools.reading, *_called(words, self.place))}

    def image(self) -> None:
        """Return nothing: a dump is loaded by statements."""

    def sound(self) -> None:
        """Do nothing: the server checks each page that it reads."""


class Postgresql:
    """Databases of PostgreSQL servers."""

    vendor = "postgresql"

    @contextmanager
    def snapshot(self, place: Place, work: Path) -> Iterator[Shared]:  # noqa: ARG002 - nothing is copied
        """Export a snapshot and hold it."""
        tools.find("pg_dump", package="postgresql-client")
        with self.opened(place) as found:
            yield found

    @contextmanager
    def opened(self, place: Place) -> Iterator[Shared]:
        """Read in one transaction of repeatable reads."""
        with connected(place) as connection:
            with connection.cursor() as cursor:
                cursor.execute(_BEGIN)
                # sequences know no snapshot: ask before anything else, so that what is dumped is no older
                reader = PostgresqlReader(connection)
                cursor.execute("SELECT pg_export_snapshot()")
                (identifier,) = cursor.fetchone()
                facts = postgresql_facts.facts(cursor, {s.name for s in reader.shapes()})
            hire = partial(sessions.Session, partial(_taking_part, place, identifier))
            yield Shared(place, identifier, AheadReader(reader, hire, sessions.COUNT), facts)

    def reader(self, connection: Any) -> Reader:
        """Return what reads tables through one of Django's connections."""
        return PostgresqlReader(connection)

    def scratch(self, place: Place, work: Path, tail: str) -> Place:  # noqa: ARG002 - it lies on the server
        """Return a database of the same server that no project names."""
        return copied(place, NAME=f"{DRILL}{tail}")

    def beside(self, place: Place, tail: str) -> Place:
        """Return a database of the same server."""
        name = str(place["NAME"])
        return copied(place, NAME=f"{name[: _LONGEST - len(tail) - 1]}_{tail}")

    def exists(self, place: Place) -> bool:
        """Tell whether the server has the database."""
        with maintenance(place) as cursor:
            return _has(cursor, place)

    def create(self, place: Place, like: Place) -> None:
        """Make a database with the encoding, collation and settings of the other."""
        with maintenance(place) as cursor:
            try:
                cursor.execute(postgresql_facts.creation(cursor, _name(place), _name(like)))
                for statement in postgresql_facts.settings(cursor, _name(place), _name(like)):
                    cursor.execute(statement)
            except Error as error:
                raise BackupError(
                    f"could not make the database {place['NAME']}: {str(error).strip()}",
                    way_out=tools.no_room(str(error))
                    or "The account needs CREATEDB: ALTER ROLE name CREATEDB",
                ) from error

    def drop(self, place: Place) -> None:
        """Drop the database, with those who are connected, or who still make it."""
        with maintenance(place) as cursor:
            _stop_making(cursor, place)
            if _has(cursor, place):
                cursor.execute(f"DROP DATABASE IF EXISTS {quote(_name(place))} WITH (FORCE)")

    def load(self, place: Place, feed: Feed, *, owners: bool) -> None:
        """Run pg_restore."""
        words = [
            tools.find("pg_restore", package="postgresql-client"),
            "--exit-on-error",
            "--no-password",
            *_owning(place, owners=owners),
            f"--dbname={_name(place)}",
        ]
        called, env = _called(words, place, named=False)
        tools.writing(called, env, partial(feed, DUMP))

    def finish(self, live: Place, feed: Feed) -> None:
        """Do nothing: the swap was all."""

    def size(self, place: Place) -> int:
        """Return the size that the server tells."""
        with connected(place) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT pg_database_size(current_database())")
            return int(cursor.fetchone()[0])

    def check(self, live: Place) -> None:
        """Do nothing: those who are connected are sent away."""

    def swapped(self, new: Place, old: Place) -> bool:
        """Tell whether the new database has another name now."""
        with maintenance(new) as cursor:
            return _has(cursor, old) and not _has(cursor, new)

    def swap(self, live: Place, new: Place, old: Place, progress: Progress) -> None:
        """Rename both databases in one transaction."""
        progress.stage("renaming databases")
        with maintenance(live) as cursor:
            rename(cursor, _name(live), _name(new), _name(old), exists=_has(cursor, live))


@contextmanager
def _taking_part(place: Place, snapshot: str) -> Iterator[PostgresqlReader]:
    """Read in another session what an exported snapshot shows."""
    with connected(place) as connection:
        with connection.cursor() as cursor:
            cursor.execute(_BEGIN)
            cursor.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'")  # takes no parameters
        yield PostgresqlReader(connection)


def _owning(place: Place, *, owners: bool) -> list[str]:
    """Return the options about owners; only a superuser can give tables to others."""
    if not owners:
        return ["--no-owner", "--no-privileges"]
    with maintenance(place) as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        return [] if cursor.fetchone()[0] else ["--no-owner"]


def _name(place: Place) -> str:
    name = str(place["NAME"] or "")
    if not name:
        raise UsageError("a PostgreSQL database needs a NAME to be backed up")
    return name


def _has(cursor: Any, place: Place) -> bool:
    cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [_name(place)])
    return cursor.fetchone() is not None


def _stop_making(cursor: Any, place: Place) -> None:
    """Cancel what makes the database: the server goes on with it when a command was killed."""
    statement = f"CREATE DATABASE {quote(_name(place))}".replace("%%", "%")
    for _ in range(_TRIES):
        cursor.execute(
            "SELECT pg_cancel_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND state = 'active' AND starts_with(query, %s)",
            [statement],
        )
        if not cursor.fetchall():
            return
        time.sleep(_BETWEEN_S)


@contextmanager
def maintenance(place: Place) -> Iterator[Any]:
    """Give a cursor of the maintenance database, outside of transactions."""
    with (
        connected(copied(place, NAME="postgres")) as connection,
        connection.cursor() as cursor,
    ):
        yield cursor


def _called(
    words: list[str], place: Place, *, named: bool = True
) -> tuple[list[str], dict[str, str]]:
    """Return the command line and environment, as Django itself would start `psql`."""
    from django.db.backends.postgresql.client import DatabaseClient

    arguments, env = DatabaseClient.settings_to_cmd_args_env(place, [])
    described = arguments[1:-1]  # without psql's own name, and the database's
    if named:
        words = [*words, f"--dbname={_name(place)}"]
    return [*words, *described], env or {}


ENGINE = Postgresql()
