"""Takes away old sets, what cut-short backups and drills left, and media that no set needs any more."""

from datetime import datetime, timedelta

from pickguard.backups.conf import Settings
from pickguard.backups.errors import DamagedError
from pickguard.backups.making.retention import Kept, prunable
from pickguard.backups.sets import drills, listing
from pickguard.backups.sets.manifest import Manifest
from pickguard.backups.storage import names
from pickguard.backups.storage.shelf import Shelf

_BEGUN = timedelta(hours=24)


def prune(shelf: Shelf, settings: Settings, now: datetime) -> list[str]:
    """Prune after a good backup; return what was taken away.

    A set whose manifest cannot be read stays, and while there is one, all media stay: it may be that
    somebody mends it.
    """
    manifests: dict[str, Manifest | None] = {}
    for name in listing.finished(shelf):
        try:
            manifests[name] = listing.read(shelf, name)
        except DamagedError:
            manifests[name] = None
    kept = [
        _kept(shelf, name, settings) for name, manifest in manifests.items() if manifest is not None
    ]
    gone = prunable(kept, settings.keep, now)
    for name in gone:
        shelf.remove(name)
    for name in manifests.keys() - gone:
        drills.sweep(shelf, name, now - _BEGUN)
    begun = _begun(shelf, list(manifests), now)
    if not begun and None not in manifests.values():
        _remove_media(shelf, [m for m in manifests.values() if m is not None], set(gone))
    return gone


def _kept(shelf: Shelf, name: str, settings: Settings) -> Kept:
    good = [record for record in drills.of(shelf, name) if record.ok]
    proven = any(drills.proven(record, settings.signers) for record in good)
    return Kept(name, names.created(name), bool(good), proven)


def _begun(shelf: Shelf, finished: list[str], now: datetime) -> list[str]:
    """Return backups that may still be running; take away those that began long ago."""
    running = []
    for name in listing.folders(shelf):
        if name in finished:
            continue
        older = bool(finished) and names.order(name) < names.order(finished[-1])
        if older and abs(now - names.created(name)) > _BEGUN:
            shelf.remove(name)
        else:
            running.append(name)
    return running


def _remove_media(shelf: Shelf, manifests: list[Manifest], gone: set[str]) -> None:
    """Delete the objects that only sets that are gone have named."""

    def named(among: list[Manifest]) -> set[str]:
        return {
            part.object
            for manifest in among
            if manifest.media is not None
            for stream in manifest.media.objects.values()
            for part in stream.parts
        }

    stay = named([manifest for manifest in manifests if manifest.name not in gone])
    for name in sorted(named([m for m in manifests if m.name in gone]) - stay):
        shelf.delete(name)
