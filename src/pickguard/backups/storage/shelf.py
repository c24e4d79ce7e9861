"""The storage that sets lie in: any Django storage, with deadlines, tries, and no overwriting.

A set is a folder; it is whole when its manifest is there, which is stored last. No storage needs to
be able to rename for that.
"""

import errno
import math
import os
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar

from django.core.files.base import File
from django.core.files.storage import Storage, storages

from pickguard.backups.conf import STORAGE, Settings
from pickguard.backups.errors import DamagedError, StorageError
from pickguard.backups.storage import names
from pickguard.backups.storage.deadline import Deadline

_T = TypeVar("_T")
_TRIES = 3
_PAUSE_S = 0.2
_FULL = (errno.ENOSPC, errno.EDQUOT)
SMALL = 64 * 1024 * 1024
PART = ".part"


class Shelf:
    """Reads and writes objects of the storage by name."""

    def __init__(self, storage: Storage, timeout_s: float) -> None:
        self.storage = storage
        self._deadline = Deadline(timeout_s)

    def put(self, name: str, data: BytesIO) -> None:
        """Store an object that does not exist yet.

        Raises:
            StorageError: it could not be stored; nothing is left under the name.
        """
        for left in reversed(range(_TRIES)):
            try:
                self._call("store", name, lambda: self._save(name, data))
            except StorageError as error:
                self._forget(name)
                if not left or _hopeless(error):
                    raise
                time.sleep(_PAUSE_S)
            else:
                return

    def _save(self, name: str, data: BytesIO) -> None:
        if self.storage.exists(name):
            raise FileExistsError(errno.EEXIST, "it exists already")
        data.seek(0)
        kept = self.storage.save(name, File(BytesIO(data.getbuffer()), name))
        if kept != name:
            self.storage.delete(kept)
            raise FileExistsError(errno.EEXIST, "it exists already")
        _settle(self.storage, name)

    def put_whole(self, name: str, data: BytesIO) -> None:
        """Store an object so that nobody ever sees a piece of it.

        A local file gets its name when it is whole; other storages show an object when they have it.
        Who is killed meanwhile leaves a file whose name ends in `PART`.

        Raises:
            StorageError: it could not be stored.
        """
        path = local(self.storage, name)
        if path is None:
            self.put(name, data)
            return
        self.put(f"{name}{PART}", data)
        part = path.with_name(f"{path.name}{PART}")

        def rename() -> None:
            try:
                os.link(part, path)  # unlike a rename, it never takes the place of another file
                part.unlink()
            except PermissionError:  # a file system without links
                if path.exists():
                    raise FileExistsError(errno.EEXIST, "it exists already") from None
                part.rename(path)
            _settle(self.storage, name)

        self._call("name", name, rename)

    def read(self, name: str, limit: int = SMALL) -> bytes:
        """Return the bytes of an object.

        Raises:
            DamagedError: it is missing, or longer than `limit`.
            StorageError: the storage failed.
        """
        for left in reversed(range(_TRIES)):
            try:
                return self._call("read", name, lambda: self._load(name, limit))
            except StorageError as error:
                if not left or _hopeless(error):
                    raise
                time.sleep(_PAUSE_S)
        raise AssertionError  # the last try returned or raised

    def _load(self, name: str, limit: int) -> bytes:
        try:
            with self.storage.open(name, "rb") as file:
                data: bytes = file.read(limit + 1)
        except FileNotFoundError:
            raise DamagedError("it is missing", where=name) from None
        if len(data) > limit:
            raise DamagedError(f"it is longer than the {limit} bytes it should have", where=name)
        return data

    def size(self, name: str) -> int | None:
        """Return the size of an object, None where it does not exist."""

        def ask() -> int | None:
            try:
                return self.storage.size(name)
            except FileNotFoundError:
                return None
            except Exception:
                if not self.storage.exists(name):
                    return None
                raise

        return self._call("ask for", name, ask)

    def ask(self, what: str, function: Callable[[], _T]) -> _T:
        """Return what somebody asks of the storage's own client.

        Raises:
            StorageError: it failed, or did not answer.
        """
        return self._call("ask for", what, function)

    def delete(self, name: str) -> None:
        """Delete an object."""
        self._call("delete", name, lambda: self.storage.delete(name))

    def list(self, folder: str) -> tuple[list[str], list[str]]:
        """Return the names of folders and of files in a folder; none where it does not exist."""

        def ask() -> tuple[list[str], list[str]]:
            try:
                folders, files = self.storage.listdir(folder)
            except FileNotFoundError:
                return [], []
            return sorted(folders), sorted(files)

        return self._call("list", folder or "the storage", ask)

    def walk(self, folder: str) -> Iterator[str]:
        """Return the full names of all objects below a folder."""
        folders, files = self.list(folder)
        yield from (f"{folder}/{file}" for file in files)
        for each in folders:
            yield from self.walk(f"{folder}/{each}")

    def remove(self, folder: str) -> None:
        """Delete a folder with all that it holds, the manifest of a set first."""
        for name in sorted(self.walk(folder), key=lambda n: not n.endswith(names.MANIFEST)):
            self.delete(name)
        path = local(self.storage, folder)
        if path is not None:
            _remove_folders(path)

    def _forget(self, name: str) -> None:
        """Take away what a failed try left, where the storage lets us."""
        try:
            self._call("delete", name, lambda: self.storage.delete(name))
        except StorageError:
            return

    def _call(self, verb: str, name: str, function: Callable[[], _T]) -> _T:
        try:
            return self._deadline.call(function)
        except DamagedError:
            raise
        except TimeoutError as error:
            raise StorageError(
                f"the storage does not answer: could not {verb} it ({error})",
                where=name,
                way_out="Look at the network and the storage, then run the command again.",
            ) from error
        except Exception as error:
            raise StorageError(f"could not {verb} it: {_words(error)}", where=name) from error


def shelf(settings: Settings, at_most_s: float = math.inf) -> Shelf:
    """Return the shelf of the storage that the project names."""
    return Shelf(storages[STORAGE], min(settings.storage_timeout_s, at_most_s))


def local(storage: Any, name: str) -> Path | None:
    """Return where an object lies on this machine, None where it lies elsewhere."""
    try:
        return Path(storage.path(name))
    except NotImplementedError:
        return None


def _settle(storage: Storage, name: str) -> None:
    """Have a local file outlive a loss of power."""
    path = local(storage, name)
    if path is None:
        return
    for each in (path, path.parent):
        handle = os.open(each, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _remove_folders(path: Path) -> None:
    for each in sorted(path.rglob("*"), reverse=True):
        if each.is_dir():
            each.rmdir()
    if path.is_dir():
        path.rmdir()


def _hopeless(error: StorageError) -> bool:
    cause = error.__cause__
    return isinstance(cause, TimeoutError | FileExistsError) or (
        isinstance(cause, OSError) and cause.errno in _FULL
    )


def _words(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno in _FULL:
        return "the disk is full"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return f"{type(error).__name__}: {error}"
