"""Which sets there are. Names come from the storage alone, so a stranger finds them too."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pickguard.backups.errors import DamagedError, NoSuchSetError
from pickguard.backups.sets import manifest as manifests
from pickguard.backups.sets import seal
from pickguard.backups.sets.manifest import Manifest
from pickguard.backups.storage import names
from pickguard.backups.storage.shelf import Shelf, local
from pickguard.backups.streams.parts import Part
from pickguard.base.errors import did_you_mean


@dataclass(frozen=True, slots=True)
class Entry:
    """A set in the list, whole or damaged."""

    name: str
    manifest: Manifest | None
    damage: str


def folders(shelf: Shelf) -> list[str]:
    """Return the names of all sets, whole and begun, in their order."""
    return sorted(filter(names.is_name, shelf.list("")[0]), key=names.order)


def finished(shelf: Shelf) -> list[str]:
    """Return the names of the sets that were finished, in their order."""
    return [name for name in folders(shelf) if names.MANIFEST in shelf.list(name)[1]]


def pick(shelf: Shelf, name: str | None) -> str:
    """Return the name of a set that was finished, the newest where none is named.

    Raises:
        NoSuchSetError: there is none.
    """
    found = finished(shelf)
    if name is None:
        if not found:
            raise NoSuchSetError("there is no backup", way_out="Make one: manage.py backup")
        return found[-1]
    if name not in found:
        begun = name in folders(shelf)
        raise NoSuchSetError(
            f"the backup {name} was never finished" if begun else f"there is no backup {name!r}",
            way_out=did_you_mean(name, found[-5:]) if found else "There are none at all.",
        )
    return name


def read(shelf: Shelf, name: str) -> Manifest:
    """Return a manifest as it lies in the storage; nothing of it is proven.

    Raises:
        DamagedError: it is not as Pickguard wrote it.
    """
    where = f"{name}/{names.MANIFEST}"
    data = shelf.read(where, limit=1 << 30)
    manifest = manifests.decode(data, where)
    if manifests.encode(manifest) != data:
        raise DamagedError("the manifest is not as it was written", where=where)
    if manifest.name != name:
        raise DamagedError(f"the manifest is that of {manifest.name}", where=where)
    return manifest


def proven(
    shelf: Shelf, name: str, identities: list[Any], signers: tuple[str, ...] = ()
) -> Manifest:
    """Return a manifest that was not altered.

    Raises:
        DamagedError: it was.
        KeyProblemError: nobody can tell without the right key.
    """
    manifest = read(shelf, name)
    seal.prove(manifest, identities)
    seal.check_signature(manifest, signers)
    return manifest


def entries(shelf: Shelf) -> Iterator[Entry]:
    """Return all finished sets with what is plainly wrong with them: a lacking or cut part."""
    for name in finished(shelf):
        try:
            manifest = read(shelf, name)
        except DamagedError as error:
            yield Entry(name, None, str(error))
            continue
        yield Entry(name, manifest, _damage(shelf, manifest))


def _damage(shelf: Shelf, manifest: Manifest) -> str:
    there = set(shelf.list(manifest.name)[1])
    for part in manifest.parts():
        folder, _, file = part.object.rpartition("/")
        if folder == manifest.name and file not in there:
            return f"{part.object} is missing"
        if local(shelf.storage, "") is not None and (size := shelf.size(part.object)) != part.bytes:
            return f"{part.object} has {size or 0} bytes, not {part.bytes}"
    return ""


def parts_of(manifest: Manifest) -> list[Part]:
    """Return every part once, in the order in which they are read."""
    return list(dict.fromkeys(manifest.parts()))
