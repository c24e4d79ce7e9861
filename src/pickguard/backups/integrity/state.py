"""How far a check has come, on the disk: one that was cut short goes on where it was."""

import fcntl
import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from pickguard.backups.conf import Settings
from pickguard.backups.errors import BackupError
from pickguard.backups.integrity.finding import Finding
from pickguard.backups.integrity.tables import Key
from pickguard.backups.work import site_id, state_folder

_EVERY_S = 1.0


class Done(msgspec.Struct):
    """What was done: whole units, the begun one up to a key, and what was found."""

    units: list[str] = []
    begun: str = ""
    after: Key | None = None
    rows: int = 0
    findings: list[Finding] = []


class Book:
    """The file that a check writes its state to; without a path it keeps none."""

    def __init__(self, path: Path | None) -> None:
        self._path, self._at = path, time.monotonic()

    def read(self) -> Done:
        """Return the state of a check that was cut short; an empty one where there is none."""
        if self._path is None:
            return Done()
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Done)
        except (FileNotFoundError, msgspec.DecodeError):
            return Done()

    def write(self, done: Done, *, now: bool = False) -> None:
        """Put the state on the disk, at most once a second unless it must be now."""
        if self._path is None or (not now and time.monotonic() - self._at < _EVERY_S):
            return
        beside = self._path.with_suffix(".part")
        beside.write_bytes(msgspec.json.encode(done))
        beside.replace(self._path)
        self._at = time.monotonic()

    def forget(self) -> None:
        """Take the state away: the check came to its end."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)


@contextmanager
def opened(settings: Settings, what: list[str]) -> Iterator[Book]:
    """Give the book of a check of some models, to one process at a time.

    Raises:
        BackupError: the same check is running.
    """
    folder = state_folder(settings)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    tail = hashlib.sha256("\n".join(what).encode()).hexdigest()[:8]
    path = folder / f"integrity-{site_id()}-{tail}.json"
    handle = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield Book(path)
    except BlockingIOError:
        raise BackupError("the same check of this site is running") from None
    finally:
        os.close(handle)
