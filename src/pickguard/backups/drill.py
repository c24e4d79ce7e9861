"""Restores the newest set into a scratch place, as a stranger with the recovery key would, and compares."""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from pickguard.backups import chunks, drills, keys, media_back, names, prove, sets, smoke
from pickguard.backups.conf import Settings
from pickguard.backups.drills import Record
from pickguard.backups.engines import engine
from pickguard.backups.engines.base import Engine, Place, copied, places
from pickguard.backups.errors import BackupError, DamagedError
from pickguard.backups.fetch import Fetcher
from pickguard.backups.make import ROWS
from pickguard.backups.manifest import Database, Manifest
from pickguard.backups.outcome import Outcome
from pickguard.backups.shelf import Shelf, shelf
from pickguard.backups.steps import Steps
from pickguard.backups.streams import Writable
from pickguard.backups.work import folder
from pickguard.base.errors import UsageError
from pickguard.base.progress import Progress


class Run:
    """What the parts of a drill, or of a restore, work with."""

    def __init__(
        self, settings: Settings, name: str | None, identity: str | None, progress: Progress
    ) -> None:
        self.settings, self.progress = settings, progress
        self.steps = Steps()
        self.shelf: Shelf = shelf(settings)
        self.identities: list[Any] = keys.identities(identity)
        self.name = sets.pick(self.shelf, name)

    def manifest(self) -> Manifest:
        """Return the proven manifest."""
        with self.steps("verify_s"):
            return sets.proven(self.shelf, self.name, self.identities, self.settings.signers)

    def feed(self, fetcher: Fetcher, alias: str, database: Database) -> Any:
        """Return what writes the streams of a database."""

        def feed(stream: str, target: Writable) -> None:
            if stream in database.streams:
                what = f"{self.name}: {stream} of database {alias!r}"
                fetcher.load(database.streams[stream], target, self.identities, what)

        return feed

    def notes(self, fetcher: Fetcher, alias: str, database: Database) -> prove.Notes:
        """Return the digests of all chunks of a database."""
        with TemporaryFile() as file:
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


def drill(
    settings: Settings, name: str | None, identity: str | None, progress: Progress
) -> Outcome:
    """Drill one set and keep the result beside it.

    Raises:
        PickguardError: it could not be tried: no such set, no key, no room, no server.
    """
    run = Run(settings, name, identity, progress)
    began = datetime.now(UTC)
    notes: list[str] = []
    try:
        manifest = run.manifest()
        with folder(settings) as work:
            found = _tried(run, manifest, work, notes)
    except DamagedError as error:
        found = [str(error)]
    found += [f"{where}: the record of a drill is damaged" for where in _records(run)]
    age = (began - names.created(run.name)).total_seconds()
    record = Record(
        run.name,
        began.isoformat(timespec="seconds"),
        not found,
        found,
        run.steps.seconds(),
        age,
        notes,
    )
    notes += _kept(run, record)
    return Outcome(run.name, found, run.steps.seconds(), notes, _facts(run, age))


def _tried(run: Run, manifest: Manifest, work: Path, notes: list[str]) -> list[str]:
    spool = work / "spool"
    spool.mkdir()
    fetcher = Fetcher(run.shelf, spool, run.steps)
    found = fetcher.verify(sets.parts_of(manifest), run.progress)
    if found:
        return found
    scratch: dict[str, Place] = {}
    try:
        for alias, database in manifest.databases.items():
            found += _database(run, fetcher, alias, database, scratch, work)
        if manifest.media is not None:
            with run.steps("media_s"):
                found += media_back.into_folder(
                    fetcher, manifest.media, run.identities, work / "media", run.progress
                )
        with run.steps("smoke_s"):
            run.progress.stage("smoke checks", len(run.settings.smoke))
            found += smoke.checked(run.settings, scratch, work / "media", notes, run.progress)
    finally:
        for place in scratch.values():
            engine(place).drop(place)
    return found


def _database(
    run: Run,
    fetcher: Fetcher,
    alias: str,
    database: Database,
    scratch: dict[str, Place],
    work: Path,
) -> list[str]:
    live = run.target(alias, database)
    given = dict((run.settings.scratch or {}).get(alias, {}))
    kind: Engine = engine(live)
    place = kind.scratch(
        copied(live, **given), work, f"{datetime.now(UTC):%y%m%d%H%M}_{names.token()}"
    )
    _not_live(place)
    scratch[alias] = place
    run.progress.stage(f"loading {alias}")
    with run.steps("load_s"):
        kind.create(place, live)
        kind.load(place, run.feed(fetcher, alias, database), owners=False)
    with run.steps("manifest_s"), kind.opened(place) as snapshot:
        notes = run.notes(fetcher, alias, database)
        found = prove.differences(alias, database, snapshot, notes, run.progress)
    with run.steps("constraints_s"):
        run.progress.stage(f"foreign keys of {alias}")
        return found + prove.broken_links(alias, place)


def _not_live(place: Place) -> None:
    """See once more that a scratch place is none that the project names."""
    same = partial(_identity, keys=("ENGINE", "NAME", "HOST", "PORT"))
    live = [same(each) for each in places(None).values()]
    if same(place) in live:
        raise BackupError(f"the scratch database would be the live one, {place['NAME']}")


def _identity(place: Place, keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(str(place.get(key) or "") for key in keys)


def _records(run: Run) -> list[str]:
    """Return damaged records; once told they go, where the storage lets them."""
    found = drills.damaged(run.shelf, run.name)
    for where in found:
        try:
            run.shelf.delete(where)
        except BackupError:
            continue
    return found


def _kept(run: Run, record: Record) -> list[str]:
    try:
        drills.keep(run.shelf, record)
    except BackupError as error:
        return [f"the result could not be kept beside the set: {error}"]
    return []


def _facts(run: Run, age: float) -> dict[str, Any]:
    spent = run.steps.seconds()
    history = drills.of(run.shelf, run.name)
    return {
        "age_s": round(age),
        "recovery_s": round(sum(spent.values()), 3),
        "history": [
            {"at": each.at, "ok": each.ok, "recovery_s": round(sum(each.steps.values()), 3)}
            for each in history[-10:]
        ],
    }
