"""The check of a restored copy, as a drill makes it."""

from collections.abc import Mapping
from pathlib import Path

from django.core.files.storage import FileSystemStorage, storages

from pickguard.backups.conf import Settings
from pickguard.backups.engines.base import Place
from pickguard.backups.integrity import check as checks
from pickguard.backups.integrity import files
from pickguard.backups.integrity.files import Places
from pickguard.backups.integrity.state import Book
from pickguard.backups.media import uploads
from pickguard.base.progress import Progress


def places(folder: Path) -> Places:
    """Return the folders that media were restored to, in the place of their storages."""
    known = files.live({alias: storages[alias] for alias in uploads.all_aliases()})
    here = {alias: FileSystemStorage(location=folder / alias) for alias in known.storages}
    return Places(here, known.of_field)


def check(
    settings: Settings,
    scratch: Mapping[str, Place],
    looked: Places,
    notes: list[str],
    progress: Progress,
) -> list[str]:
    """Return the damage in a copy; doubts and what the project accepts become notes."""
    schemas = settings.schemas or {}
    result = checks.check(scratch, looked, [], schemas, settings.accept, Book(None), progress)
    notes += [f"accepted: integrity of {finding.message}" for finding in result.accepted]
    notes += [f"integrity of {f.message}" for f in result.findings if not f.damage]
    return [f"integrity of {f.message}" for f in result.findings if f.damage]
