"""SQLite: copied by its backup API, swapped by renaming the file (https://sqlite.org/backup.html)."""

import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pickguard.backups.digest import processes
from pickguard.backups.digest.ahead import AheadReader
from pickguard.backups.digest.shapes import Reader
from pickguard.backups.digest.sqlite import SqliteReader
from pickguard.backups.engines import facts
from pickguard.backups.engines.base import Facts, Feed, Place, copied
from pickguard.backups.engines.swap_file import refuse_others, swap_file
from pickguard.backups.errors import BackupError, DamagedError
from pickguard.backups.streams.pipeline import Readable
from pickguard.base.errors import UsageError
from pickguard.base.progress import Progress

DUMP = "dump"
_WAIT_S = 30.0


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy of the database in a file that nobody else writes to.

    Attributes:
        settled: it was written by a load, and is on the disk.
    """

    path: Path
    settled: bool
    reader: Reader
    facts: Facts

    def streams(self) -> dict[str, Callable[[], AbstractContextManager[Readable]]]:
        """Return the file."""
        return {DUMP: lambda: self.path.open("rb")}

    def image(self) -> str:
        """Return the digest of the file; of one that was loaded, as the disk gives it back."""
        with self.path.open("rb", buffering=0) as file:
            if self.settled and hasattr(os, "posix_fadvise"):
                for advice in (os.POSIX_FADV_DONTNEED, os.POSIX_FADV_SEQUENTIAL):
                    os.posix_fadvise(file.fileno(), 0, 0, advice)
            return hashlib.file_digest(file, "sha256").hexdigest()

    def sound(self) -> None:
        """Have SQLite look at the structure of the file, through a connection of its own."""
        try:
            with closing(_connect(self.path, mode="ro")) as connection:
                (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.DatabaseError as error:
            found = str(error)
        if found != "ok":
            raise DamagedError(f"SQLite finds the database damaged: {found}", where=str(self.path))


class Sqlite:
    """Databases in files."""

    vendor = "sqlite"

    @contextmanager
    def snapshot(self, place: Place, work: Path) -> Iterator[Copy]:
        """Copy the database in one step; writers wait or write on, as their journal mode says."""
        live = path_of(place)
        if not live.is_file():
            raise BackupError("there is no such database", where=str(live))
        taken = work / f"{live.name}.snapshot"
        try:
            with closing(_connect(live)) as source, closing(sqlite3.connect(taken)) as target:
                target.execute("PRAGMA synchronous = OFF")  # nobody needs it after a crash
                source.backup(target)
                target.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.Error as error:
            raise BackupError(f"could not copy the database: {error}", where=str(live)) from error
        try:
            with self._open(taken, settled=False) as copy:
                yield copy
        finally:
            taken.unlink(missing_ok=True)

    @contextmanager
    def opened(self, place: Place) -> Iterator[Copy]:
        """Read a file that nobody writes to."""
        with self._open(path_of(place), settled=True) as copy:
            yield copy

    @contextmanager
    def _open(self, path: Path, *, settled: bool) -> Iterator[Copy]:
        try:
            with closing(_connect(path, mode="ro")) as connection:
                hire = partial(processes.Process, path)
                reader = AheadReader(SqliteReader(connection), hire, processes.COUNT)
                tables = {s.name for s in reader.shapes()}
                yield Copy(path, settled, reader, _facts(connection, tables))
        except sqlite3.DatabaseError as error:
            raise DamagedError(f"the database cannot be read: {error}", where=str(path)) from error

    def reader(self, connection: Any) -> Reader:
        """Return what reads tables through one of Django's connections."""
        return SqliteReader(connection.connection)

    def scratch(self, place: Place, work: Path, tail: str) -> Place:
        """Return a place in a scratch folder."""
        return copied(place, NAME=str(work / f"drill-{tail}-{path_of(place).name}"))

    def beside(self, place: Place, tail: str) -> Place:
        """Return a place in the same folder."""
        live = path_of(place)
        return copied(place, NAME=str(live.with_name(f"{live.name}.{tail}")))

    def exists(self, place: Place) -> bool:
        """Tell whether the file exists."""
        return path_of(place).exists()

    def create(self, place: Place, like: Place) -> None:
        """Do nothing: loading makes the file."""

    def drop(self, place: Place) -> None:
        """Delete the file."""
        path = path_of(place)
        for tail in ("", "-wal", "-shm", "-journal"):
            path.with_name(path.name + tail).unlink(missing_ok=True)

    def load(self, place: Place, feed: Feed, *, owners: bool) -> None:  # noqa: ARG002 - files have no owners here
        """Write the file, and have it on the disk."""
        path = path_of(place)
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            feed(DUMP, file)
            file.flush()
            os.fsync(file.fileno())

    def finish(self, live: Place, feed: Feed) -> None:
        """Do nothing: the swap was all."""

    def size(self, place: Place) -> int:
        """Return the size of the file."""
        path = path_of(place)
        return path.stat().st_size if path.exists() else 0

    def check(self, live: Place) -> None:
        """See whether others are connected."""
        refuse_others(path_of(live))

    def swapped(self, new: Place, old: Place) -> bool:
        """Tell whether the new file has gone to its place."""
        return path_of(old).exists() and not path_of(new).exists()

    def swap(self, live: Place, new: Place, old: Place, progress: Progress) -> None:
        """Rename the files; refused while others are connected."""
        progress.stage("swapping files")
        swap_file(path_of(live), path_of(new), path_of(old))


def path_of(place: Place) -> Path:
    """Return the file of a database.

    Raises:
        UsageError: it is in memory.
    """
    name = str(place["NAME"])
    if name == ":memory:" or name.startswith("file:") or not name:
        raise UsageError(
            f"{name or 'a database without a name'} lies in memory: nothing to back up"
        )
    return Path(name).absolute()


def _connect(path: Path, mode: str = "rw") -> sqlite3.Connection:
    return sqlite3.connect(f"{path.as_uri()}?mode={mode}", uri=True, timeout=_WAIT_S)


def _facts(connection: sqlite3.Connection, tables: set[str]) -> Facts:
    def ask(sql: str) -> list[tuple[Any, ...]]:
        return connection.execute(sql).fetchall()

    sequences: dict[str, int] = {}
    if ask("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'"):
        sequences = {
            name: int(value or 0) for name, value in ask("SELECT name, seq FROM sqlite_sequence")
        }
    objects = {
        f"{kind} {name}": sql
        for kind, name, sql in ask("SELECT type, name, sql FROM sqlite_master WHERE sql NOT NULL")
    }
    return Facts(
        server=f"SQLite {sqlite3.sqlite_version}",
        tool="SQLite backup API",
        encoding=str(ask("PRAGMA encoding")[0][0]),
        collation="",
        time_zone="",
        sequences=sequences,
        migrations=facts.migrations(ask, tables),
        objects=objects,
    )


ENGINE = Sqlite()
