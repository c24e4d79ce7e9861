"""Folders for scratch files, which only this account can read."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pickguard.backups.conf import Settings

_PREFIX = "pickguard-"


@contextmanager
def folder(settings: Settings) -> Iterator[Path]:
    """Give an empty folder that is removed afterwards."""
    if settings.work_dir is not None:
        Path(settings.work_dir).mkdir(parents=True, exist_ok=True, mode=0o700)
    path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=settings.work_dir))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
