"""Brings media back: into a scratch folder for a drill, and beside the live ones for a restore."""

import hashlib
from pathlib import Path, PurePosixPath
from tempfile import TemporaryFile
from typing import IO, Any

from pickguard.backups.errors import DamagedError
from pickguard.backups.fetch import Fetcher
from pickguard.backups.manifest import Media
from pickguard.backups.media import Item, read_index
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
