"""Makes a backup; reads like its table of contents."""

import platform
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import django
from django.conf import settings as django_settings
from msgspec import UNSET

from pickguard import __version__
from pickguard.backups.conf import Settings
from pickguard.backups.digest import rows
from pickguard.backups.engines import engine
from pickguard.backups.engines.base import Place, Snapshot, places
from pickguard.backups.errors import BackupError, DamagedError
from pickguard.backups.keys import recovery
from pickguard.backups.making.prune import prune
from pickguard.backups.media import uploads
from pickguard.backups.outcome import Outcome
from pickguard.backups.sets import chunks, drills, listing, seal
from pickguard.backups.sets import manifest as manifests
from pickguard.backups.sets.manifest import Database, Manifest, Table
from pickguard.backups.steps import Steps
from pickguard.backups.storage import names
from pickguard.backups.storage.shelf import Shelf, shelf
from pickguard.backups.streams import pipeline
from pickguard.backups.streams.pipeline import Stream
from pickguard.backups.work import folder
from pickguard.base.progress import Progress

ROWS = "rows"
_STARTED = "started"


class Maker:
    """One backup on its way."""

    def __init__(self, settings: Settings, progress: Progress) -> None:
        self.settings, self.progress = settings, progress
        self.steps = Steps()
        self.shelf: Shelf = shelf(settings)
        self.recipients: list[Any] = recovery.recipients(settings.recipients)
        self.now = datetime.now(UTC)
        self.name = names.make(self.now, self._number(), names.token())
        self.uploader: uploads.Uploader | None = None

    def _number(self) -> int:
        found = listing.folders(self.shelf)
        return names.sequence(found[-1]) + 1 if found else 1

    def put(self, name: str, data: BytesIO) -> None:
        """Store an object and count the time apart."""
        with self.steps("store_s"):
            self.shelf.put(name, data)

    def stored(self, source: pipeline.Readable, name: str) -> Stream:
        """Store a stream of this set."""
        return pipeline.store(
            source,
            self.put,
            name=f"{self.name}/{name}",
            recipients=self.recipients,
            part_bytes=self.settings.part_bytes,
        )


def make(settings: Settings, progress: Progress) -> Outcome:
    """Make one backup, prune afterwards, and say how it went.

    Raises:
        PickguardError: it could not be made; what was stored is taken away, as far as that goes.
    """
    maker = Maker(settings, progress)
    chosen = places(settings.databases)
    with folder(settings) as work:
        try:
            maker.put(f"{maker.name}/{_STARTED}", BytesIO(maker.name.encode()))
            manifest = _collected(maker, chosen, work)
            with maker.steps("store_s"):
                maker.shelf.put_whole(
                    f"{maker.name}/{names.MANIFEST}", BytesIO(manifests.encode(manifest))
                )
        except BaseException:
            _clean_up(maker)
            raise
    return _done(maker, manifest)


def _collected(maker: Maker, chosen: dict[str, Place], work: Path) -> Manifest:
    databases: dict[str, Database] = {}
    with ExitStack() as held:
        snapshots: dict[str, Snapshot] = {}
        for number, (alias, place) in enumerate(chosen.items()):
            maker.progress.stage(f"snapshot of {alias}")
            own = work / str(number)
            own.mkdir()
            with maker.steps("dump_s"):
                snapshots[alias] = held.enter_context(engine(place).snapshot(place, own))
        # the last one first: a server whose dump is running waits for nobody forever
        for alias in reversed(chosen):
            databases[alias] = _database(
                maker, alias, engine(chosen[alias]).vendor, snapshots[alias]
            )
    with maker.steps("media_s"):
        found = _media(maker)
    manifest = Manifest(
        format=manifests.FORMAT,
        name=maker.name,
        created=maker.now.isoformat(timespec="seconds"),
        pickguard=__version__,
        python=platform.python_version(),
        django=django.get_version(),
        time_zone=django_settings.TIME_ZONE or "",
        encrypted=bool(maker.recipients),
        databases={alias: databases[alias] for alias in chosen},
        media=found,
        seal="",
    )
    return seal.sealed(manifest, maker.recipients, maker.settings.sign_key)


def _database(maker: Maker, alias: str, vendor: str, snapshot: Snapshot) -> Database:
    stored: dict[str, Stream] = {}
    with ThreadPoolExecutor(1) as beside:
        checked = beside.submit(snapshot.sound)
        for name, opened in snapshot.streams().items():
            maker.progress.stage(f"dump of {alias}")
            with maker.steps("dump_s"), opened() as source:
                stored[name] = maker.stored(source, f"{alias}.{name}")
        with maker.steps("check_s"):
            checked.result()
    with TemporaryFile(dir=maker.settings.work_dir) as noted:
        with maker.steps("manifest_s"), ThreadPoolExecutor(1) as beside:
            image = beside.submit(snapshot.image)
            tables = _tables(alias, snapshot, noted, maker.progress)
            _agree(alias, image.result(), stored)
        noted.seek(0)
        stored[ROWS] = maker.stored(noted, f"{alias}.{ROWS}")
    facts = snapshot.facts
    return Database(
        vendor=vendor,
        server=facts.server,
        tool=facts.tool,
        encoding=facts.encoding,
        collation=facts.collation,
        time_zone=facts.time_zone,
        tables=tables,
        sequences=facts.sequences,
        migrations=facts.migrations,
        objects=facts.objects,
        streams=stored,
        image=image.result() or UNSET,
    )


def _agree(alias: str, image: str | None, stored: dict[str, Stream]) -> None:
    """See that what was stored is what was digested."""
    if image is not None and image not in {stream.sha256 for stream in stored.values()}:
        raise DamagedError(
            f"the copy of {alias} read otherwise the second time",
            way_out="Look at the disk and the memory of this host.",
        )


def _tables(alias: str, snapshot: Snapshot, noted: Any, progress: Progress) -> dict[str, Table]:
    found = {}
    progress.stage(f"digest of {alias}")
    for shape in snapshot.reader.shapes():
        note = partial(chunks.write, noted, shape.name)
        digest = rows.digest(snapshot.reader, shape, progress, note)
        columns = {name: kind.value for name, kind in shape.columns.items()}
        by = UNSET if shape.key is None else shape.by.value
        found[shape.name] = Table(digest.rows, digest.digest, columns, shape.key, by)
    return found


def _media(maker: Maker) -> manifests.Media | None:
    if maker.settings.media is False:
        return None
    maker.uploader = uploads.Uploader(
        maker.shelf, maker.settings, maker.recipients, _known(maker.shelf)
    )
    return uploads.back_up(maker.uploader, maker.settings, maker.put, maker.name, maker.progress)


def _known(shelf: Shelf) -> dict[str, Stream]:
    """Return the media that the newest set has stored; none where its last drill failed."""
    for name in reversed(listing.finished(shelf)):
        try:
            manifest = listing.read(shelf, name)
        except DamagedError:
            continue
        last = drills.last(shelf, name)
        if manifest.media is None or (last is not None and not last.ok):
            return {}
        return manifest.media.objects
    return {}


def _clean_up(maker: Maker) -> None:
    """Take away what an unfinished backup has stored; if that fails too, the next prune does it."""
    try:
        maker.shelf.remove(maker.name)
        for name in maker.uploader.stored if maker.uploader is not None else []:
            maker.shelf.delete(name)
    except BackupError:
        return


def _done(maker: Maker, manifest: Manifest) -> Outcome:
    notes = []
    try:
        with maker.steps("prune_s"):
            gone = prune(maker.shelf, maker.settings, maker.now)
        notes += [f"pruned {name}" for name in gone]
    except BackupError as error:
        notes.append(f"the backup is whole, but old ones could not be pruned: {error}")
    facts = {
        "bytes": manifest.stored,
        "encrypted": manifest.encrypted,
        "tables": sum(len(each.tables) for each in manifest.databases.values()),
        "rows": sum(t.rows for d in manifest.databases.values() for t in d.tables.values()),
        "media": manifest.media.files if manifest.media is not None else 0,
    }
    return Outcome(maker.name, [], maker.steps.seconds(), notes, facts)
