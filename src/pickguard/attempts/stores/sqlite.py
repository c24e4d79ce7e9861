"""Counting in SQLite: a file of its own beside the database, under `BEGIN IMMEDIATE`.

SQLite knows one writer a file. Were the counts in the database's own file, a request whose
transaction has begun would wait for itself, and logging in would compete with everything else that
writes. In a file of its own a count takes the lock for less than a millisecond.
"""

import atexit
import contextlib
import functools
import os
import shutil
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from django.db import connections

from pickguard.attempts.ledger import Place
from pickguard.attempts.stores.books import Books, BookStore, dumps, expiry, loads

_SUFFIX = ".attempts"
_PATIENCE = 20  # seconds until a lock that never comes free is an error
_SCHEMA = """
CREATE TABLE IF NOT EXISTS budget (
    key TEXT PRIMARY KEY, account TEXT NOT NULL, address TEXT NOT NULL,
    entries TEXT NOT NULL, expires REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS budget_account ON budget (account);
CREATE INDEX IF NOT EXISTS budget_address ON budget (address);
CREATE INDEX IF NOT EXISTS budget_expires ON budget (expires);
"""
_WRITE = """
INSERT INTO budget (key, account, address, entries, expires) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (key) DO UPDATE SET entries = excluded.entries, expires = excluded.expires
"""


class _Connection(sqlite3.Connection):
    """A thread's connection: closed with the thread that held it."""

    def __del__(self) -> None:
        self.close()


class SQLiteStore(BookStore):
    """Budgets as rows of a file beside the database."""

    def __init__(self, alias: str) -> None:
        name = str(connections[alias].settings_dict["NAME"])
        in_memory = name == ":memory:" or "mode=memory" in name
        self.beside = None if in_memory else name
        self.path = str(_folder(os.getpid()) / alias) if in_memory else name + _SUFFIX
        self._threads = threading.local()

    @contextmanager
    def locked(self, places: Sequence[Place]) -> Iterator[Books]:
        """Lock the file until what has changed is written."""
        with self._transaction() as connection:
            marks = ",".join("?" * len(places))
            rows = connection.execute(
                f"SELECT key, entries FROM budget WHERE key IN ({marks})",  # noqa: S608 # marks only
                [place.key for place in places],
            )
            found = {key: loads(entries) for key, entries in rows}
            books = Books(self.now(), {place.key: found.get(place.key, []) for place in places})
            yield books
            connection.executemany(
                _WRITE,
                [
                    (p.key, p.account, p.address, dumps(entries), expiry(entries, p.window))
                    for p in places
                    if (entries := books.changed.get(p.key)) is not None
                ],
            )

    def now(self) -> float:
        """Return the time; there is one machine, so one clock."""
        return time.time()

    def unlock(self, owner: str) -> None:
        """Forget all failures of an account or an address."""
        with self._transaction() as connection:
            connection.execute(
                "DELETE FROM budget WHERE account = ? OR address = ?", (owner, owner)
            )

    def purge(self, most: int) -> int:
        """Delete some of the rows that hold nothing that counts."""
        with self._transaction() as connection:
            return connection.execute(
                "DELETE FROM budget WHERE key IN"
                " (SELECT key FROM budget WHERE expires < ? ORDER BY expires LIMIT ?)",
                (self.now(), most),
            ).rowcount

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        connection = self._connection()
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    def _connection(self) -> sqlite3.Connection:
        """Return this thread's connection; one that a fork brought along is left alone."""
        held: dict[int, sqlite3.Connection] = self._threads.__dict__.setdefault("held", {})
        if os.getpid() not in held:
            if self.beside and not Path(self.path).exists():
                _make(self.path, self.beside)
            held[os.getpid()] = _opened(self.path)
        return held[os.getpid()]


def _opened(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path,
        timeout=_PATIENCE,
        isolation_level=None,
        check_same_thread=False,
        factory=_Connection,
    )
    connection.execute("PRAGMA synchronous = NORMAL")
    for _ in range(_PATIENCE * 20):
        try:  # who changes the journal does not wait for others that do, whatever the timeout
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(_SCHEMA)
        except sqlite3.OperationalError:
            time.sleep(0.05)
        else:
            break
    return connection


def _make(path: str, database: str) -> None:
    """Make an empty file that the database's owner may write, also where root runs a command."""
    with contextlib.suppress(OSError):  # opening it will tell
        Path(path).touch()
        shutil.copymode(database, path)
        owner = Path(database).stat()
        os.chown(path, owner.st_uid, owner.st_gid)


@functools.cache
def _folder(process: int) -> Path:
    """Return a folder for the counts beside a database in memory: they end with the process."""
    path = Path(tempfile.mkdtemp(prefix=f"pickguard-attempts-{process}-"))
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path
