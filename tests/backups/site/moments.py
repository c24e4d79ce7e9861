"""Clocks that jump and storages that fail; asked for by tests through `prepare` and settings."""

import errno
import os
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.files.storage import FileSystemStorage, Storage


class Failing(Storage):
    """Lies elsewhere, and fails, stalls or is full for some calls, or is slow.

    `count` is a file, so that processes and tries share it; `verbs` are the calls that count.
    """

    def __init__(
        self, *, location: str, how: str, count: str, after: int = 0, times: int = 10**9,
        verbs: str = "save open",
    ) -> None:  # fmt: skip
        self._inner = FileSystemStorage(location=location)
        self._how, self._count, self._verbs = how, Path(count), verbs.split()
        self._bad = range(after + 1, after + times + 1)

    def _call(self, verb: str) -> None:
        if verb not in self._verbs:
            return
        with self._count.open("ab") as file:
            file.write(b".")
        if self._count.stat().st_size not in self._bad:
            return
        if self._how == "slow":
            time.sleep(0.05)
        elif self._how == "stall":
            time.sleep(60)
        elif self._how == "full":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        else:
            raise ConnectionError("the network is down")

    def _save(self, name: str, content: Any) -> str:
        self._call("save")
        return str(self._inner._save(name, content))

    def _open(self, name: str, mode: str = "rb") -> Any:
        self._call("open")
        return self._inner._open(name, mode)

    def delete(self, name: str) -> None:
        self._call("delete")
        self._inner.delete(name)

    def listdir(self, path: str) -> Any:
        self._call("list")
        return self._inner.listdir(path)

    def exists(self, name: str) -> bool:
        return self._inner.exists(name)

    def size(self, name: str) -> int:
        return self._inner.size(name)


def _jump(days: int) -> None:
    import pickguard.backups.drilling.drill
    import pickguard.backups.making.make

    class Jumped(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.now(tz) + timedelta(days=days)

    pickguard.backups.making.make.datetime = Jumped
    pickguard.backups.drilling.drill.datetime = Jumped


def forward() -> None:
    """Set the clock ten years ahead."""
    _jump(3650)


def back() -> None:
    """Set the clock ten years back."""
    _jump(-3650)
