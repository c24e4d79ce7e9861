"""Brings media back: into a scratch folder for a drill, and beside the live ones for a restore.

A restore leaves the media as they were at the backup. Files that are other or newer are put aside,
never deleted; one that has not changed is not touched.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from tempfile import TemporaryFile
from typing import IO, Any

from django.core.files.storage import Storage, storages

from pickguard.backups.errors import DamagedError
from pickguard.backups.media import places
from pickguard.backups.media.uploads import Item, read_index, walk
from pickguard.backups.sets.manifest import Manifest, Media
from pickguard.backups.streams.fetch import Fetcher
from pickguard.base.progress import Progress


def items(fetcher: Fetcher, media: Media, identities: list[Any], file: IO[bytes]) -> list[Item]:
    """Return all files of a set, by name of their storage.

    Raises:
        DamagedError: the index names a file outside of the storage, or an object that is not there.
    """
    fetcher.load(media.index, file, identities, "the list of media")
    file.seek(0)
    found = list(read_index(file))
    for item in found:
        path = PurePosixPath(item.name)
        if path.is_absolute() or ".." in path.parts or "\0" in item.name:
            raise DamagedError(f"media {item.name!r} would lie outside of its storage")
        if item.object not in media.objects:
            raise DamagedError(f"the content of media {item.name!r} is not in the backup")
    return found


def into_folder(
    fetcher: Fetcher, media: Media, identities: list[Any], folder: Path, progress: Progress
) -> list[str]:
    """Write all media below a folder, one folder a storage; return what differs."""
    with TemporaryFile() as file:
        found = items(fetcher, media, identities, file)
    progress.stage("media", len(found))
    whole = hashlib.sha256()
    for item in found:
        target = folder / item.storage / item.name
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as out:
            fetcher.load(media.objects[item.object], out, identities, f"media {item.name!r}")
        whole.update(f"{item.storage}\0{item.name}\0{item.bytes}\0{item.sha256}\n".encode())
        progress.advance()
    folder.mkdir(exist_ok=True)
    if (len(found), whole.hexdigest()) != (media.files, media.digest):
        return [f"media differ: {len(found)} files, {media.files} were backed up"]
    return []


class Switch:
    """Brings the media of one set to their place, in two steps that may be repeated."""

    def __init__(
        self, fetcher: Fetcher, manifest: Manifest, identities: list[Any], progress: Progress
    ) -> None:
        self._fetcher, self._identities, self._progress = fetcher, identities, progress
        self._media, self._set = manifest.media, manifest.name

    def stage(self) -> None:
        """Fetch what the live storages lack, beside them."""
        for storage, wanted in self._by_storage():
            lacking = [item for item in wanted.values() if not _same(storage, item)]
            self._progress.stage("fetching media", len(lacking))
            for item in lacking:
                with places.of(storage, self._set).staged(item.name) as out:
                    self._write(item, out)
                self._progress.advance()

    def switch(self) -> list[str]:
        """Put aside what is other, put what was staged in its place; say where things are."""
        notes = []
        for storage, wanted in self._by_storage():
            place = places.of(storage, self._set)
            aside = 0
            for name in list(walk(storage)):
                if name not in wanted:
                    place.put_aside(name)
                    aside += 1
            for item in wanted.values():
                if not _same(storage, item):
                    aside += place.replace(item.name, partial(self._write, item))
            place.clear()
            if aside:
                notes.append(
                    f"{aside} media files that are newer or other were put in {place.aside}"
                )
        return notes

    def clear(self) -> None:
        """Take away what was staged."""
        for storage, _ in self._by_storage():
            places.of(storage, self._set).clear()

    def _write(self, item: Item, out: IO[bytes]) -> None:
        assert self._media is not None  # there are items
        stream = self._media.objects[item.object]
        self._fetcher.load(stream, out, self._identities, f"media {item.name!r}")

    def _by_storage(self) -> Iterator[tuple[Storage, dict[str, Item]]]:
        if self._media is None:
            return
        found: dict[str, dict[str, Item]] = defaultdict(dict)
        with TemporaryFile() as file:
            for item in items(self._fetcher, self._media, self._identities, file):
                found[item.storage][item.name] = item
        for alias in {"default", *found}:
            yield storages[alias], found[alias]


def _same(storage: Storage, item: Item) -> bool:
    """Tell whether a live file has the content of the backed-up one."""
    try:
        with storage.open(item.name, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == item.sha256
    except FileNotFoundError:
        return False
