"""All drills of all sets: the trend that people look at, and the copy in the live database."""

from collections.abc import Iterator
from datetime import datetime

from django.db import DatabaseError, models, transaction

from pickguard.backups.errors import BackupError
from pickguard.backups.sets import drills, listing
from pickguard.backups.sets.drills import Record
from pickguard.backups.storage.shelf import Shelf


def records(shelf: Shelf, newest: int | None = None) -> list[Record]:
    """Return the records of all sets, or of the newest ones, oldest first."""
    names = listing.finished(shelf)
    chosen = names if newest is None else names[-newest:]
    found = [record for name in chosen for record in drills.of(shelf, name)]
    return sorted(found, key=lambda record: record.at)


def recovery_s(record: Record) -> float:
    """Return how long the restore of a drill took in all."""
    return round(sum(record.steps.values()), 3)


def lines(found: list[Record]) -> Iterator[str]:
    """Return the trend as people read it, newest last."""
    slowest = max((recovery_s(record) for record in found), default=0.0)
    for record in found:
        bar = "#" * round(20 * recovery_s(record) / slowest) if slowest else ""
        said = "good  " if record.ok else "FAILED"
        age = record.age_s / 3600
        yield (
            f"{record.at[:16]}  {said}  recovery {recovery_s(record):8.1f} s  "
            f"data {age:7.1f} h old  {record.set}  {bar}"
        )


def remember(found: list[Record]) -> int:
    """Copy records into the live database; return how many were new.

    Raises:
        BackupError: its table is not there.
    """
    from pickguard.backups.models import Drill

    new = 0
    try:
        with transaction.atomic():
            for record in found:
                _, made = models.QuerySet(Drill).get_or_create(
                    backup=record.set,
                    at=datetime.fromisoformat(record.at),
                    defaults={
                        "ok": record.ok,
                        "recovery_s": recovery_s(record),
                        "age_s": record.age_s,
                        "differences": record.differences,
                        "steps": record.steps,
                    },
                )
                new += made
    except DatabaseError as error:
        raise BackupError(
            f"the history could not be kept: {error}",
            way_out="Make its table: manage.py migrate pickguard_backups",
        ) from error
    return new
