"""How the backups stand, from what lies in the storage: for checks, metrics and the health endpoint."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pickguard.backups.conf import Settings
from pickguard.backups.drilling import history
from pickguard.backups.errors import DamagedError
from pickguard.backups.sets import drills, listing
from pickguard.backups.sets.drills import Record
from pickguard.backups.storage import names
from pickguard.backups.storage.shelf import Shelf

_LOOKED = 60


@dataclass(frozen=True, slots=True)
class Status:
    """What there is.

    Attributes:
        sets: how many backups were finished.
        newest: the name of the newest one.
        bytes: how large that is in the storage.
        damaged: its manifest cannot be read.
        last: the newest drill of all, and `good` the newest that was good, by proven records.
        unproven: how many records no trusted host has signed.
    """

    sets: int
    newest: str | None
    bytes: int
    damaged: bool
    last: Record | None
    good: Record | None
    unproven: int = 0

    @property
    def created(self) -> datetime | None:
        """Return when the newest backup was begun."""
        return names.created(self.newest) if self.newest is not None else None


def status(shelf: Shelf, signers: tuple[str, ...]) -> Status:
    """Return how the backups stand.

    Raises:
        StorageError: the storage does not answer.
        UsageError: a public key is no key.
    """
    found = listing.finished(shelf)
    newest = found[-1] if found else None
    size, damaged = 0, False
    if newest is not None:
        try:
            size = listing.read(shelf, newest).stored
        except DamagedError:
            damaged = True
    last, good, unproven = _drilled(shelf, found[-_LOOKED:], signers)
    return Status(len(found), newest, size, damaged, last, good, unproven)


def _drilled(
    shelf: Shelf, found: list[str], signers: tuple[str, ...]
) -> tuple[Record | None, Record | None, int]:
    """Return the newest drill and the newest good one, looking no further than needed."""
    last: Record | None = None
    good: Record | None = None
    unproven = 0
    for name in reversed(found):
        for record in drills.of(shelf, name):
            if not drills.proven(record, signers):
                unproven += 1
                continue
            last = record if last is None or record.at > last.at else last
            if record.ok and (good is None or record.at > good.at):
                good = record
        if good is not None:
            break
    return last, good, unproven


def problems(settings: Settings, found: Status, now: datetime | None = None) -> list[str]:
    """Return what somebody should be told of, as sentences."""
    now = now or datetime.now(UTC)
    said: list[str] = []
    if found.created is None:
        return ["there is no backup at all"]
    if found.damaged:
        said.append(f"the newest backup, {found.newest}, is damaged")
    age = now - found.created
    if age > timedelta(hours=settings.backup_within_hours):
        said.append(f"the newest backup is {_told(age)} old")
    if settings.drill_within_days is not None:
        said += _of_drills(found, timedelta(days=settings.drill_within_days), now)
    return said


def _of_drills(found: Status, period: timedelta, now: datetime) -> list[str]:
    said = []
    if found.unproven:
        said.append(
            f"{found.unproven} record(s) of drills are not signed by a host that you trust, and do "
            "not count"
        )
    if found.last is not None and not found.last.ok:
        said.append(f"the last drill, of {found.last.set}, failed")
    if found.good is None:
        said.append("no backup has ever been restored by a drill")
    elif (age := now - datetime.fromisoformat(found.good.at)) > period:
        said.append(f"the last good drill was {_told(age)} ago, its period is {_told(period)}")
    return said


def _told(age: timedelta) -> str:
    hours = age.total_seconds() / 3600
    return f"{hours:.0f} hours" if hours < 72 else f"{hours / 24:.0f} days"


def prometheus(found: Status) -> str:
    """Return the state in Prometheus' text format, version 0.0.4."""
    values: list[tuple[str, str, float]] = [
        ("backup_sets", "Backups that were finished", found.sets)
    ]
    if found.created is not None:
        values += [
            (
                "backup_last_timestamp_seconds",
                "When the newest was begun",
                found.created.timestamp(),
            ),
            ("backup_last_bytes", "Bytes of the newest in the storage", found.bytes),
            ("backup_last_damaged", "Whether its manifest cannot be read", found.damaged),
        ]
    if found.last is not None:
        values += [
            ("drill_last_timestamp_seconds", "When the last drill was", _moment(found.last)),
            ("drill_last_ok", "Whether it was good", found.last.ok),
            ("drill_last_recovery_seconds", "How long it took", history.recovery_s(found.last)),
            ("drill_last_age_seconds", "How old the data were", found.last.age_s),
        ]
    if found.good is not None:
        good = _moment(found.good)
        values.append(("drill_last_good_timestamp_seconds", "When the last good drill was", good))
    return "".join(
        f"# HELP pickguard_{name} {text}.\n# TYPE pickguard_{name} gauge\npickguard_{name} {value:g}\n"
        if value < 1e6
        else f"# HELP pickguard_{name} {text}.\n# TYPE pickguard_{name} gauge\n"
        f"pickguard_{name} {value:.0f}\n"
        for name, text, value in values
    )


def _moment(record: Record) -> float:
    return datetime.fromisoformat(record.at).timestamp()
