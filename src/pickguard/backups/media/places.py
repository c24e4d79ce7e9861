"""Where live media lie, and how a file is put aside or in its place: folders, and other storages."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Protocol

from django.core.files.base import File
from django.core.files.storage import Storage

from pickguard.backups.media.uploads import ASIDE, STAGE
from pickguard.backups.storage.shelf import local

Write = Callable[[IO[bytes]], None]


class Media(Protocol):
    """The live media of one storage."""

    aside: str

    def staged(self, name: str) -> AbstractContextManager[IO[bytes]]:
        """Give a file to write the new content of a name to."""

    def put_aside(self, name: str) -> None:
        """Take a file out of the way and keep it."""

    def replace(self, name: str, write: Write) -> int:
        """Put the new content in place; return 1 where another was put aside for it."""

    def clear(self) -> None:
        """Take away what is staged."""


class Folder:
    """Media in a folder of this machine: one rename puts a file in its place."""

    def __init__(self, root: Path, name: str) -> None:
        self._root, self._stage = root, root / STAGE / name
        self._aside = root.with_name(f"{root.name}.{ASIDE}") / name
        self.aside = str(self._aside)

    @contextmanager
    def staged(self, name: str) -> Iterator[IO[bytes]]:
        """Write beside, on the same file system, and have it on the disk."""
        path = self._stage / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.with_name(f"{path.name}.part").open("wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        path.with_name(f"{path.name}.part").replace(path)

    def put_aside(self, name: str) -> None:
        """Move a file out of the media."""
        target = self._target(name)
        shutil.move(self._root / name, target)

    def replace(self, name: str, write: Write) -> int:
        """Keep what is there, then rename what was staged over it."""
        path = self._root / name
        if not (self._stage / name).is_file():
            with self.staged(name) as out:
                write(out)
        was = path.exists()
        if was:
            shutil.copy2(path, self._target(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        (self._stage / name).replace(path)
        return int(was)

    def clear(self) -> None:
        """Remove the folder with what was staged."""
        shutil.rmtree(self._stage.parent, ignore_errors=True)

    def _target(self, name: str) -> Path:
        target = self._aside / name
        while target.exists():
            target = target.with_name(f"{target.name}.again")
        target.parent.mkdir(parents=True, exist_ok=True)
        return target


class Elsewhere:
    """Media in another storage: it can copy and delete, and nothing in one step."""

    def __init__(self, storage: Storage, name: str) -> None:
        self._storage = storage
        self.aside = f"{ASIDE}/{name}"

    @contextmanager
    def staged(self, name: str) -> Iterator[IO[bytes]]:  # noqa: ARG002 - nothing is kept
        """Write nowhere: that it can be read is known, and there is no place beside."""
        with TemporaryFile() as out:
            yield out

    def put_aside(self, name: str) -> None:
        """Copy a file to another name and delete it."""
        with self._storage.open(name, "rb") as file:
            self._storage.save(f"{self.aside}/{name}", file)
        self._storage.delete(name)

    def replace(self, name: str, write: Write) -> int:
        """Put aside what is there and store the new content."""
        was = self._storage.exists(name)
        with TemporaryFile() as file:
            write(file)
            if was:
                self.put_aside(name)
            file.seek(0)
            self._storage.save(name, File(file, name))
        return int(was)

    def clear(self) -> None:
        """Do nothing: nothing is staged."""


def of(storage: Storage, name: str) -> Media:
    """Return the live media of a storage; `name` is that of the set."""
    root = local(storage, "")
    return Elsewhere(storage, name) if root is None else Folder(root, name)
