"""Records kept between scans, by the digest of the file that they were made from.

One SQLite file under the user's cache folder. Nothing in it is trusted: an entry holds MessagePack
that is decoded into typed records, with a checksum; a damaged entry is made again, a damaged file
is thrown away. A record depends on the file's bytes and on the code that made it, so the digest
covers both.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import sys
import time
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

DIGEST_SIZE = 16
_KEEP_SECONDS = 60 * 24 * 3600
_BATCH = 500
_VERSION = 2
# records are several kilobytes: rows of their own in large pages are read five times as fast as an
# index that holds them
_PAGE_SIZE = 32768
_SCHEMA = """
CREATE TABLE IF NOT EXISTS record (
    digest BLOB PRIMARY KEY, checksum BLOB NOT NULL, used INTEGER NOT NULL, data BLOB NOT NULL
)
"""


def cache_folder() -> Path:
    """Return the folder of Pickguard's cache for this user; `PICKGUARD_CACHE` overrides it."""
    chosen = os.environ.get("PICKGUARD_CACHE")
    if chosen:
        return Path(chosen)
    if sys.platform == "win32":
        start = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        start = str(Path.home() / "Library" / "Caches")
    else:
        start = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(start) / "pickguard"


def digest(data: bytes, kind: str) -> bytes:
    """Return the key of a file's record: of its bytes, its kind and the code that reads it."""
    salt = _code_digest()
    return hashlib.blake2b(
        data, digest_size=DIGEST_SIZE, key=salt, person=kind.encode()[:16]
    ).digest()


@cache
def _code_digest() -> bytes:
    made = hashlib.blake2b(repr(sys.version_info[:3]).encode(), digest_size=DIGEST_SIZE)
    package = Path(__file__).parent
    for path in sorted(package.rglob("*.py")):
        made.update(path.read_bytes())
    return made.digest()


class RecordCache:
    """The cache of one user. Whatever goes wrong with it, the scan goes on without it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "records.sqlite3"
        self._stale: list[bytes] = []  # used now, and last used a day ago or longer
        self._grew = False
        self._connection: sqlite3.Connection | None = None
        self._connection = self._open()

    def _open(self) -> sqlite3.Connection | None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            return self._connect()
        except sqlite3.DatabaseError:
            return self._start_again()
        except OSError:
            return None

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=5, isolation_level=None)
        try:
            connection.execute(f"PRAGMA page_size={_PAGE_SIZE}")
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=OFF")
            _prepare(connection)
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _start_again(self) -> sqlite3.Connection | None:
        if self._connection is not None:
            self._connection.close()
        try:
            for suffix in ("", "-wal", "-shm"):
                self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
            return self._connect()
        except (OSError, sqlite3.Error):
            return None

    def get(self, digests: Iterable[bytes]) -> dict[bytes, bytes]:
        """Return the encoded records that are there and whole, by digest."""
        if self._connection is None:
            return {}
        wanted = list(digests)
        found: dict[bytes, bytes] = {}
        day_ago = int(time.time()) - 24 * 3600
        try:
            for start in range(0, len(wanted), _BATCH):
                part = wanted[start : start + _BATCH]
                marks = ",".join("?" * len(part))
                rows = self._connection.execute(
                    f"SELECT digest, checksum, data, used FROM record WHERE digest IN ({marks})",  # noqa: S608 - only question marks
                    part,
                )
                for key, check, data, used in rows:
                    if check == _checksum(data):
                        found[key] = data
                        if used < day_ago:
                            self._stale.append(key)
        except sqlite3.Error:
            self._connection = self._start_again()
        return found

    def put(self, records: Mapping[bytes, bytes]) -> None:
        """Store encoded records."""
        if self._connection is None or not records:
            return
        now = int(time.time())
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(
                "INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?)",
                ((key, _checksum(data), now, data) for key, data in records.items()),
            )
            self._connection.execute("COMMIT")
            self._grew = True
        except sqlite3.Error:
            self._connection = self._start_again()

    def close(self) -> None:
        """Note which records were used, drop what nobody used lately, and release the file."""
        if self._connection is None:
            return
        try:
            if self._grew or self._stale:
                self._tidy(self._connection)
        except sqlite3.Error:
            pass  # the next scan tidies up
        finally:
            self._connection.close()
            self._connection = None

    def _tidy(self, connection: sqlite3.Connection) -> None:
        now = int(time.time())
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(
            "UPDATE record SET used = ? WHERE digest = ?", [(now, key) for key in self._stale]
        )
        connection.execute("DELETE FROM record WHERE used < ?", (now - _KEEP_SECONDS,))
        connection.execute("COMMIT")


def _prepare(connection: sqlite3.Connection) -> None:
    """Make the table in a new file.

    Raises:
        sqlite3.DatabaseError: the file is of another version.
    """
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version == _VERSION:
        return
    if connection.execute("SELECT 1 FROM sqlite_master").fetchone():
        raise sqlite3.DatabaseError("made by another version")
    connection.execute(_SCHEMA)
    connection.execute(f"PRAGMA user_version={_VERSION}")


def _checksum(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=8).digest()
