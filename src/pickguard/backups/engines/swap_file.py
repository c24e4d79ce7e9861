"""Puts one SQLite file where another is, so that one of the two whole ones is there at every moment.

The old file is locked as a whole meanwhile, with its write-ahead log folded in, so that no log of the
old one can be taken for one of the new. What SQLite's locks cannot tell, an idle connection in
another process, is asked of /proc where there is one (https://sqlite.org/howtocorrupt.html, 2.4).
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pickguard.backups.errors import BackupError

_WAIT_S = 5.0


def swap_file(live: Path, new: Path, old: Path) -> None:
    """Keep `live` as `old` and put `new` in its place.

    Raises:
        BackupError: somebody is connected; nothing was changed.
    """
    if not live.exists():
        new.replace(live)
        _settle(live.parent)
        return
    mode = live.stat().st_mode & 0o7777
    refuse_others(live)
    with _held(live) as journal:
        refuse_others(live)
        _set_journal(new, journal)
        new.chmod(mode)
        old.unlink(missing_ok=True)
        old.hardlink_to(live)
        for tail in ("-wal", "-shm", "-journal"):
            live.with_name(live.name + tail).unlink(missing_ok=True)
        new.replace(live)
        _settle(live.parent)


def refuse_others(live: Path) -> None:
    """See that no other process has a file open.

    Raises:
        BackupError: some have.
    """
    others = holders(live)
    if others:
        raise BackupError(
            f"{len(others)} other process(es) have the database open: "
            f"{', '.join(map(str, others[:8]))}",
            where=str(live),
            way_out="Stop the site and its workers, then run the same command again.",
        )


@contextmanager
def _held(live: Path) -> Iterator[str]:
    """Hold the only connection to a file; give its journal mode."""
    connection = sqlite3.connect(live, timeout=_WAIT_S, isolation_level=None)
    try:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        (journal,) = connection.execute("PRAGMA journal_mode").fetchone()
        (now,) = connection.execute("PRAGMA journal_mode = DELETE").fetchone()
        connection.execute("BEGIN EXCLUSIVE")
        _must_be_delete(now)
    except sqlite3.OperationalError as error:
        connection.close()
        raise BackupError(
            f"the database is in use ({error})",
            where=str(live),
            way_out="Stop the site and its workers, then run the same command again.",
        ) from error
    except sqlite3.DatabaseError:
        # what is to be replaced is damaged; SQLite cannot lock it, and nobody can read it
        connection.close()
        yield "delete"
        return
    try:
        yield str(journal)
    except BaseException:
        connection.execute("ROLLBACK")
        connection.execute(f"PRAGMA journal_mode = {journal}")  # as it was: nothing was swapped
        raise
    finally:
        connection.close()


def _must_be_delete(journal: str) -> None:
    if journal != "delete":
        raise sqlite3.OperationalError(f"its journal mode stays {journal}")


def _set_journal(new: Path, journal: str) -> None:
    if journal != "wal":
        return
    connection = sqlite3.connect(new)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()


def holders(path: Path) -> list[int]:
    """Return the other processes that have a file open, as far as we may see."""
    try:
        wanted = path.stat()
    except FileNotFoundError:
        return []
    found = set()
    for handle in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            seen = handle.stat()
        except OSError:
            continue
        if (seen.st_dev, seen.st_ino) == (wanted.st_dev, wanted.st_ino):
            found.add(int(handle.parts[2]))
    return sorted(found - {os.getpid()})


def _settle(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
