"""What a restore has done so far, on the disk before each step, so that it can be taken up again."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

import msgspec

from pickguard.backups.conf import Settings
from pickguard.backups.errors import BackupError
from pickguard.backups.work import site_id, state_folder


class Stage(StrEnum):
    """How far one database has come."""

    LOADING = "loading"
    PROVEN = "proven"
    SWAPPED = "swapped"
    FINISHED = "finished"


class Journal(msgspec.Struct):
    """One restore, unfinished or finished.

    Attributes:
        set: the set that is restored.
        tail: what the names of its databases end in.
        databases: how far each is, by alias.
        done: nothing is left to do.
    """

    set: str
    tail: str
    databases: dict[str, Stage]
    done: bool = False

    @property
    def begun(self) -> bool:
        """Tell whether something live was changed."""
        return any(stage in {Stage.SWAPPED, Stage.FINISHED} for stage in self.databases.values())


class Book:
    """The file of journals of one site: the unfinished restore, and those whose old data are kept."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / f"restore-{site_id()}.json"

    def read(self) -> list[Journal]:
        """Return all journals, oldest first.

        Raises:
            BackupError: the file is damaged.
        """
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=list[Journal])
        except FileNotFoundError:
            return []
        except msgspec.DecodeError as error:
            raise BackupError(
                f"the journal of restores is damaged: {error}",
                where=str(self._path),
                way_out="Look for databases whose names end in _new_… or _old_…, then remove it.",
            ) from error

    def write(self, journals: list[Journal]) -> None:
        """Put the journals on the disk, wholly or not at all."""
        beside = self._path.with_suffix(".new")
        with beside.open("wb") as file:
            file.write(msgspec.json.encode(journals))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path)


@contextmanager
def opened(settings: Settings) -> Iterator[Book]:
    """Give the book, to one process at a time.

    Raises:
        BackupError: another restore is running.
    """
    folder = state_folder(settings)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / f"restore-{site_id()}.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupError("another restore of this site is running") from None
        yield Book(folder)
