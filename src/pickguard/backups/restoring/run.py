"""What a drill and a restore share: the chosen set, its proof, its streams, and where they belong."""

from tempfile import TemporaryFile
from typing import Any

from msgspec import UNSET

from pickguard.backups.conf import Settings
from pickguard.backups.engines import engine
from pickguard.backups.engines.base import Feed, Place, places
from pickguard.backups.keys import recovery
from pickguard.backups.making.make import ROWS
from pickguard.backups.restoring import prove
from pickguard.backups.sets import chunks, listing
from pickguard.backups.sets.manifest import Database, Manifest
from pickguard.backups.steps import Steps
from pickguard.backups.storage.shelf import Shelf, shelf
from pickguard.backups.streams.behind import Writable
from pickguard.backups.streams.fetch import Fetcher
from pickguard.base.errors import UsageError
from pickguard.base.progress import Progress


class Run:
    """One set that is drilled or restored."""

    def __init__(
        self, settings: Settings, name: str | None, identity: str | None, progress: Progress
    ) -> None:
        self.settings, self.progress = settings, progress
        self.steps = Steps()
        self.shelf: Shelf = shelf(settings)
        self.identities: list[Any] = recovery.identities(identity)
        self.name = listing.pick(self.shelf, name)

    def manifest(self) -> Manifest:
        """Return the proven manifest."""
        with self.steps("verify_s"):
            return listing.proven(self.shelf, self.name, self.identities, self.settings.signers)

    def feed(
        self,
        fetcher: Fetcher,
        alias: str,
        database: Database,
    ) -> Feed:
        """Return what writes the streams of a database."""

        def feed(stream: str, target: Writable) -> None:
            if stream in database.streams:
                what = f"{self.name}: {stream} of database {alias!r}"
                fetcher.load(database.streams[stream], target, self.identities, what)

        return feed

    def notes(self, fetcher: Fetcher, alias: str, database: Database) -> prove.Notes:
        """Return the digests of all chunks of a database."""
        with TemporaryFile(dir=self.settings.work_dir) as file:
            self.feed(fetcher, alias, database)(ROWS, file)
            file.seek(0)
            return prove.noted(chunks.read(file))

    def target(self, alias: str, database: Database) -> Place:
        """Return how the settings name a database of the set.

        Raises:
            UsageError: not at all, or as one of another kind.
        """
        known = places(None)
        if alias not in known:
            raise UsageError(
                f"the backup holds the database {alias!r}, and DATABASES does not name it",
                way_out=f"Name it in DATABASES, there are: {', '.join(known)}",
            )
        if engine(known[alias]).vendor != database.vendor:
            raise UsageError(
                f"the backup of {alias!r} is of {database.vendor}, DATABASES names another kind"
            )
        return known[alias]

    def fill(
        self, fetcher: Fetcher, alias: str, database: Database, place: Place, *, owners: bool
    ) -> None:
        """Make a database and load it."""
        kind, live = engine(place), self.target(alias, database)
        self.progress.stage(f"loading {alias}")
        with self.steps("load_s"):
            kind.create(place, live)
            kind.load(place, self.feed(fetcher, alias, database), owners=owners)

    def compared(
        self, fetcher: Fetcher, alias: str, database: Database, place: Place, *, count: bool
    ) -> list[str]:
        """Return how a loaded database differs from the manifest.

        Rows are counted where `count` says so, and where the bytes of a file do not prove them.
        """
        with self.steps("manifest_s"), engine(place).opened(place) as snapshot:
            same = database.image is not UNSET and snapshot.image() == database.image
            if same and not count:
                return prove.facts(alias, database, snapshot)
            if not same:
                snapshot.sound()
            notes = self.notes(fetcher, alias, database)
            found = prove.differences(alias, database, snapshot, notes, self.progress)
        if not same and database.image is not UNSET:
            found.insert(0, f"{alias}: the disk gives back another file than was written")
        return found
