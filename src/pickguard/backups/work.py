"""Folders for scratch files, which only this account can read."""

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from pickguard.backups.conf import Settings
from pickguard.backups.engines import engine
from pickguard.backups.engines.base import DRILL, Place, copied, places
from pickguard.backups.errors import BackupError

_PREFIX = "pickguard-"
_SCRATCH = "scratch"


@contextmanager
def folder(settings: Settings) -> Iterator[Path]:
    """Give an empty folder that is removed afterwards, and take away those of killed commands.

    A folder is locked as long as its command lives.
    """
    if settings.work_dir is not None:
        Path(settings.work_dir).mkdir(parents=True, exist_ok=True, mode=0o700)
    _sweep(settings)
    path, handle = _made(settings)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        os.close(handle)


def note(work: Path, alias: str, place: Place) -> None:
    """Write down a scratch database before it is made, so that it is dropped whatever happens."""
    with (work / _SCRATCH).open("ab") as file:
        file.write(msgspec.json.encode((alias, str(place["NAME"]))) + b"\n")


def _made(settings: Settings) -> tuple[Path, int]:
    while True:
        path = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{site_id()}-", dir=settings.work_dir))
        try:
            handle = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            continue  # somebody swept it away, before it was ours
        if _locked(handle) and path.exists():
            return path, handle
        os.close(handle)  # likewise


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sweep(settings: Settings) -> None:
    parent = Path(settings.work_dir or tempfile.gettempdir())
    for path in parent.glob(f"{_PREFIX}{site_id()}-*/"):
        with suppress(OSError, BackupError):
            handle = os.open(path, os.O_RDONLY)
            try:
                if _locked(handle):
                    _drop(settings, path)
                    shutil.rmtree(path)
            finally:
                os.close(handle)


def _drop(settings: Settings, path: Path) -> None:
    """Drop the scratch databases that a killed drill noted."""
    file = path / _SCRATCH
    known = places(None)
    for line in file.read_bytes().splitlines() if file.exists() else []:
        with suppress(msgspec.DecodeError):  # killed while it wrote: nothing was made yet
            alias, name = msgspec.json.decode(line, type=tuple[str, str])
            if alias in known and name.startswith(DRILL):
                place = drill_place(settings, alias, known[alias])
                place["NAME"] = name
                engine(place).drop(place)


def drill_place(settings: Settings, alias: str, live: Place) -> Place:
    """Return where drills restore a database to: its own server, or another that settings name."""
    return copied(live, **dict((settings.scratch or {}).get(alias, {})))


def state_folder(settings: Settings) -> Path:
    """Return the folder for what must outlive a command."""
    if settings.work_dir is not None:
        return Path(settings.work_dir)
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "pickguard"


def site_id() -> str:
    """Return what tells this site from others of the same account."""
    text = "\n".join(
        str(place.get(key) or "")
        for place in places(None).values()
        for key in ("ENGINE", "NAME", "HOST", "PORT")
    )
    return hashlib.sha256(text.encode()).hexdigest()[:16]
