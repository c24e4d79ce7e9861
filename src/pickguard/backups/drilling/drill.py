"""Restores the newest set into a scratch place, as a stranger with the recovery key would, and compares."""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from pickguard.backups.conf import Settings
from pickguard.backups.drilling import history, smoke
from pickguard.backups.drilling.pointing import pointed_at
from pickguard.backups.engines import engine
from pickguard.backups.engines.base import Place, places
from pickguard.backups.errors import BackupError, DamagedError
from pickguard.backups.integrity import restored
from pickguard.backups.integrity.files import Places
from pickguard.backups.media import back
from pickguard.backups.outcome import Outcome
from pickguard.backups.restoring import prove
from pickguard.backups.restoring.run import Run
from pickguard.backups.sets import drills, listing
from pickguard.backups.sets.drills import Record
from pickguard.backups.sets.manifest import Database, Manifest
from pickguard.backups.storage import names
from pickguard.backups.streams.fetch import Fetcher
from pickguard.backups.work import drill_place, folder, note
from pickguard.base.errors import UsageError
from pickguard.base.progress import Progress

_TREND = 10


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
        began.isoformat(timespec="microseconds"),
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
    found = fetcher.verify(listing.parts_of(manifest), run.progress)
    if found:
        return found
    scratch: dict[str, Place] = {}
    try:
        for alias, database in manifest.databases.items():
            found += _database(run, fetcher, alias, database, scratch, work)
        if manifest.media is not None:
            with run.steps("media_s"):
                found += back.into_folder(
                    fetcher, manifest.media, run.identities, work / "media", run.progress
                )
        found += _looked_at(run, scratch, work / "media", notes, media=manifest.media is not None)
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
    tail = f"{datetime.now(UTC):%y%m%d%H%M}_{names.token()}"
    place = engine(live).scratch(drill_place(run.settings, alias, live), work, tail)
    _not_live(place)
    note(work, alias, place)
    scratch[alias] = place
    run.fill(fetcher, alias, database, place, owners=False)
    found = run.compared(fetcher, alias, database, place, count=True)
    with run.steps("constraints_s"):
        run.progress.stage(f"foreign keys of {alias}")
        return found + prove.broken_links(alias, place)


def _looked_at(
    run: Run, scratch: dict[str, Place], folder: Path, notes: list[str], *, media: bool
) -> list[str]:
    """Have Django look at the copy: the check of the data, and the project's own."""
    folder.mkdir(exist_ok=True)
    looked = restored.places(folder) if media else Places({}, {})
    with pointed_at(scratch, folder):
        with run.steps("integrity_s"):
            found = restored.check(run.settings, scratch, looked, notes, run.progress)
        with run.steps("smoke_s"):
            return found + smoke.checked(run.settings, notes, run.progress)


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
        drills.keep(run.shelf, record, run.settings.sign_key)
    except (BackupError, UsageError) as error:
        return [f"the result could not be kept beside the set: {error}"]
    return []


def _facts(run: Run, age: float) -> dict[str, Any]:
    spent = run.steps.seconds()
    found = history.records(run.shelf, newest=_TREND)[-_TREND:]
    return {
        "age_s": round(age),
        "recovery_s": round(sum(spent.values()), 3),
        "history": [
            {"at": r.at, "name": r.set, "ok": r.ok, "recovery_s": history.recovery_s(r)}
            for r in found
        ],
    }
