"""MariaDB and MySQL: `mariadb-dump` and our own reading begin under one short read lock.

No session can take part in the snapshot of another there. So all tables are locked for reading until
both have begun theirs: ours when the statement returns, the dump's when it prints its first table,
which it does after it has begun. Then writers go on.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

from django.db import Error

from pickguard.backups.digest.mariadb import MariadbReader, quote
from pickguard.backups.digest.shapes import Reader
from pickguard.backups.engines import mariadb_facts, mariadb_swap, mariadb_triggers, tools
from pickguard.backups.engines.base import DRILL, Facts, Feed, Place, connected, copied
from pickguard.backups.engines.mariadb_triggers import Trigger
from pickguard.backups.errors import BackupError
from pickguard.backups.streams.pipeline import Readable
from pickguard.base.progress import Progress

DUMP, PROGRAMS, TRIGGERS, VIEWS = "dump", "programs", "triggers", "views"
_LONGEST = 64
_FIRST_TABLE = b"CREATE TABLE"
_LOCK_WAIT_S = 20
_PACKAGE = "mariadb-client"
_DUMP = (
    "--hex-blob",
    "--default-character-set=utf8mb4",
    "--max-allowed-packet=1G",
    "--skip-add-locks",
)


@dataclass(frozen=True, slots=True)
class Dumped:
    """A moment of which the dump is running already."""

    place: Place
    output: tools.Output | None
    reader: Reader
    facts: Facts

    def streams(self) -> dict[str, Callable[[], AbstractContextManager[Readable]]]:
        """Return the tables, and apart what cannot change schemas: routines, triggers, views."""
        output = self.output
        assert output is not None  # nobody asks the copy of a drill
        found: dict[str, Callable[[], AbstractContextManager[Readable]]] = {
            DUMP: lambda: nullcontext(output),
            PROGRAMS: partial(tools.reading, *_programs(self.place)),
            TRIGGERS: lambda: nullcontext(BytesIO(_triggers(self.place))),
        }
        views = [n.removeprefix("view ") for n in self.facts.objects if n.startswith("view ")]
        if views:
            found[VIEWS] = partial(tools.reading, *_views(self.place, views))
        return found

    def image(self) -> None:
        """Return nothing: a dump is loaded by statements."""

    def sound(self) -> None:
        """Do nothing: the server checks each page that it reads."""


class Mariadb:
    """Databases of MariaDB and MySQL servers."""

    vendor = "mysql"

    @contextmanager
    def snapshot(self, place: Place, work: Path) -> Iterator[Dumped]:  # noqa: ARG002 - nothing is copied
        """Begin the dump and our own reading at one moment."""
        with ExitStack() as held, connected(place) as connection:
            facts = mariadb_facts.facts(connection)
            with connected(place) as locks:  # closing it lets writers go on
                tables = _locked(locks, place, held)
                _begin(connection)
                output = held.enter_context(tools.output(*_called(_words(tables), place)))
                output.until(_FIRST_TABLE, _LOCK_WAIT_S)
            with closing(MariadbReader(connection, early=True)) as reader:
                yield Dumped(place, output, reader, facts)

    @contextmanager
    def opened(self, place: Place) -> Iterator[Dumped]:
        """Read in one transaction."""
        with connected(place) as connection:
            facts = mariadb_facts.facts(connection)
            _begin(connection)
            with closing(MariadbReader(connection, early=True)) as reader:
                yield Dumped(place, None, reader, facts)

    def reader(self, connection: Any) -> Reader:
        """Return what reads tables through one of Django's connections."""
        return MariadbReader(connection)

    def scratch(self, place: Place, work: Path, tail: str) -> Place:  # noqa: ARG002 - it lies on the server
        """Return a schema of the same server that no project names."""
        return copied(place, NAME=f"{DRILL}{tail}")

    def beside(self, place: Place, tail: str) -> Place:
        """Return a schema of the same server."""
        name = str(place["NAME"])
        return copied(place, NAME=f"{name[: _LONGEST - len(tail) - 1]}_{tail}")

    def exists(self, place: Place) -> bool:
        """Tell whether the server has the schema."""
        with maintenance(place) as cursor:
            return _has(cursor, place)

    def create(self, place: Place, like: Place) -> None:
        """Make a schema with the character set of the other."""
        with maintenance(place) as cursor:
            try:
                cursor.execute(mariadb_facts.creation(cursor, place["NAME"], like["NAME"]), [])
            except Error as error:
                raise BackupError(
                    f"could not make the schema {place['NAME']}: {error}",
                    way_out=tools.no_room(str(error))
                    or f"The account needs it: GRANT ALL ON `{place['NAME']}`.* TO user",
                ) from error

    def drop(self, place: Place) -> None:
        """Drop the schema."""
        with maintenance(place) as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {quote(place['NAME'])}", [])

    def load(self, place: Place, feed: Feed, *, owners: bool) -> None:  # noqa: ARG002 - tables have no owners here
        """Run the client with the tables, then with what uses them."""
        for stream in (DUMP, PROGRAMS):
            tools.writing(*_client(place), partial(feed, stream))
        kept = _kept(feed)
        if kept is not None:
            _make(place, kept)
        tools.writing(*_client(place), partial(feed, VIEWS))

    def finish(self, live: Place, feed: Feed) -> None:
        """Give the tables that were swapped their routines, views, and triggers that lack."""
        kept = _kept(feed)
        if kept is None:
            _drop_triggers(live)
        tools.writing(*_client(live), partial(feed, PROGRAMS))
        if kept is not None:
            _make(live, kept)
        tools.writing(*_client(live), partial(feed, VIEWS))

    def size(self, place: Place) -> int:
        """Return the size that the server tells."""
        with connected(place) as connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT coalesce(sum(data_length + index_length), 0) FROM information_schema.tables "
                "WHERE table_schema = DATABASE()"
            )
            return int(cursor.fetchone()[0])

    def check(self, live: Place) -> None:
        """Do nothing: the statement waits for those who are at work."""

    def swapped(self, new: Place, old: Place) -> bool:
        """Tell whether the new tables have gone."""
        with maintenance(new) as cursor:
            return _has(cursor, old) and not mariadb_swap.tables(cursor, new["NAME"])

    def swap(self, live: Place, new: Place, old: Place, progress: Progress) -> None:
        """Rename all tables of both schemas in one statement."""
        progress.stage("renaming tables")
        with maintenance(live) as cursor:
            for place in (live, old):
                if not _has(cursor, place):
                    cursor.execute(mariadb_facts.creation(cursor, place["NAME"], new["NAME"]), [])
            at_once = cursor.db.mysql_is_mariadb
            mariadb_swap.rename(cursor, live["NAME"], new["NAME"], old["NAME"], at_once=at_once)


def _has(cursor: Any, place: Place) -> bool:
    cursor.execute(
        "SELECT 1 FROM information_schema.schemata WHERE schema_name = %s", [place["NAME"]]
    )
    return cursor.fetchone() is not None


@contextmanager
def maintenance(place: Place) -> Iterator[Any]:
    """Give a cursor outside of any schema."""
    with connected(copied(place, NAME="")) as connection, connection.cursor() as cursor:
        yield cursor


def _begin(connection: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT")


def _locked(locks: Any, place: Place, held: ExitStack) -> list[str]:
    """Lock all tables for reading and return them; those without transactions until the end."""
    while True:
        engines = mariadb_facts.tables(locks)
        plain = [name for name, engine in engines.items() if engine.lower() != "innodb"]
        if plain:
            _lock(held.enter_context(connected(place)), plain)
        _lock(locks, [name for name in engines if name not in plain])
        if mariadb_facts.tables(locks) == engines:
            return list(engines)
        with locks.cursor() as cursor:
            cursor.execute("UNLOCK TABLES")


def _lock(connection: Any, tables: list[str]) -> None:
    if not tables:
        return
    with connection.cursor() as cursor:
        cursor.execute(f"SET SESSION lock_wait_timeout = {_LOCK_WAIT_S}")
        try:
            cursor.execute("LOCK TABLES " + ", ".join(f"{quote(t)} READ" for t in tables), [])
        except Error as error:
            raise BackupError(
                f"could not hold writers for a moment: {error}",
                way_out="The account needs it: GRANT LOCK TABLES ON schema.* TO user. A long "
                "transaction may also be in the way; then try again.",
            ) from error


def _words(tables: list[str]) -> list[str]:
    program = tools.find("mariadb-dump", "mysqldump", package=_PACKAGE)
    return [program, "--single-transaction", "--quick", "--skip-triggers", *_DUMP, "", *tables]


def _programs(place: Place) -> tuple[list[str], dict[str, str]]:
    program = tools.find("mariadb-dump", "mysqldump", package=_PACKAGE)
    only = ("--no-data", "--no-create-info", "--skip-triggers", "--routines", "--events")
    return _called([program, "--single-transaction", *only, *_DUMP, ""], place)


def _triggers(place: Place) -> bytes:
    with connected(place) as connection, connection.cursor() as cursor:
        return mariadb_triggers.encode(mariadb_triggers.read(cursor, place["NAME"]))


def _kept(feed: Feed) -> tuple[Trigger, ...] | None:
    """Return the triggers of a set; None where they stand among its programs, as they once did."""
    stored = BytesIO()
    feed(TRIGGERS, stored)
    return mariadb_triggers.decode(stored.getvalue()) if stored.tell() else None


def _make(place: Place, triggers: tuple[Trigger, ...]) -> None:
    with maintenance(place) as cursor:
        mariadb_triggers.make(cursor, place["NAME"], triggers)


def _drop_triggers(place: Place) -> None:
    with maintenance(place) as cursor:
        mariadb_triggers.drop(cursor, place["NAME"])


def _views(place: Place, views: list[str]) -> tuple[list[str], dict[str, str]]:
    program = tools.find("mariadb-dump", "mysqldump", package=_PACKAGE)
    return _called([program, "--single-transaction", "--no-data", *_DUMP, "", *views], place)


def _client(place: Place) -> tuple[list[str], dict[str, str]]:
    program = tools.find("mariadb", "mysql", package=_PACKAGE)
    options = ("--binary-mode", "--default-character-set=utf8mb4", "--max-allowed-packet=1G")
    return _called([program, *options, ""], place)


def _called(words: list[str], place: Place) -> tuple[list[str], dict[str, str]]:
    """Return command line and environment; an empty word is where the schema stands."""
    from django.db.backends.mysql.client import DatabaseClient

    arguments, env = DatabaseClient.settings_to_cmd_args_env(place, [])
    described = [a for a in arguments[1:-1] if not a.startswith("--default-character-set")]
    first = [a for a in described if a.startswith("--defaults-file")]  # must be the first option
    cut = words.index("")
    rest = [a for a in described if a not in first]
    return [words[0], *first, *rest, *words[1:cut], place["NAME"], *words[cut + 1 :]], env or {}


ENGINE = Mariadb()
