"""The check of a running site, and the rows that a query of a finding lists."""

from typing import Any

from django.core.files.storage import storages
from django.db import models

from pickguard.backups.conf import Settings
from pickguard.backups.engines.base import Place, places
from pickguard.backups.integrity import check as checks
from pickguard.backups.integrity import files, language
from pickguard.backups.integrity.check import Result
from pickguard.backups.integrity.state import opened
from pickguard.backups.integrity.tables import chosen
from pickguard.backups.media import uploads
from pickguard.backups.outcome import Outcome
from pickguard.backups.steps import Steps
from pickguard.base.errors import UsageError, did_you_mean
from pickguard.base.progress import Progress
from pickguard.query import QueryError

_ROWS = 1000


def databases(settings: Settings, alias: str | None) -> dict[str, Place]:
    """Return the databases to look at.

    Raises:
        UsageError: there is none of that alias.
    """
    known = places(settings.databases)
    if alias is None:
        return known
    if alias not in known:
        raise UsageError(
            f"there is no database {alias!r}", way_out=did_you_mean(alias, list(known))
        )
    return {alias: known[alias]}


def check(
    settings: Settings,
    found: dict[str, Place],
    names: list[str],
    progress: Progress,
    *,
    restart: bool,
) -> tuple[Outcome, Result]:
    """Check the live data."""
    steps = Steps()
    aliases = uploads.aliases(settings)
    looked = files.live({alias: storages[alias] for alias in aliases})
    with opened(settings, [*found, *sorted(names)]) as book, steps("integrity_s"):
        if restart:
            book.forget()
        result = checks.check(
            found, looked, names, settings.schemas or {}, settings.accept, book, progress
        )
    return outcome(", ".join(found), result, steps.seconds()), result


def outcome(name: str, result: Result, seconds: dict[str, float]) -> Outcome:
    """Return what the command says at its end."""
    notes = [f"accepted: {finding.message}" for finding in result.accepted]
    if result.resumed:
        notes.insert(0, "a check that was cut short went on where it was")
    listed = [
        {
            "check": str(finding.check),
            "id": finding.identifier,
            "damage": finding.damage,
            "database": finding.database,
            "model": finding.model,
            "field": finding.field,
            "count": finding.count,
            "rows": finding.rows,
            "said": finding.said,
            "query": finding.query,
        }
        for finding in result.findings
    ]
    facts = {"rows": result.rows, "findings": listed}
    return Outcome(name, [f.message for f in result.findings], seconds, notes, facts)


def rows(found: dict[str, Place], name: str, query: str) -> list[dict[str, Any]]:
    """Return the rows that a query finds, at most 1,000: key, and the fields that it names.

    Raises:
        UsageError: there is no such model, or the query is wrong.
    """
    named = chosen([name])
    if named is None or len(named) != 1:
        raise UsageError(f"{name!r} is more than one model", way_out="Name it: app.Model")
    (model,) = named
    listed: list[dict[str, Any]] = []
    for alias, place in found.items():
        with checks.reading(place) as connection:
            try:
                compiled = language.of(model, connection.alias)().compile(query)
            except QueryError as error:
                raise UsageError(str(error)) from error
            every: models.QuerySet[Any] = models.QuerySet(model, using=connection.alias)
            asked = compiled.filter(every)
            columns = ["pk", *language.named(model, query)]
            listed += [
                {"database": alias, **row} for row in asked.values(*columns)[: _ROWS - len(listed)]
            ]
    return listed
