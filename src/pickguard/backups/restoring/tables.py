"""Brings single tables, or rows that a query finds, back to a set: into their place or into a fixture.

The set is restored into a scratch place and proven, as for a drill. Rows change places in one
transaction of the live database, which is given up unless the table is then as the manifest says.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from django.core import serializers
from django.core.management.color import no_style
from django.db import IntegrityError, models, transaction

from pickguard.backups.conf import Settings
from pickguard.backups.digest import rows as digests
from pickguard.backups.engines import engine
from pickguard.backups.engines.base import Place, connected
from pickguard.backups.errors import BackupError, DamagedError
from pickguard.backups.integrity import language
from pickguard.backups.integrity.tables import chosen
from pickguard.backups.outcome import Outcome
from pickguard.backups.restoring import prove
from pickguard.backups.restoring.run import Run
from pickguard.backups.sets.manifest import Database, Manifest
from pickguard.backups.storage import names
from pickguard.backups.streams.fetch import Fetcher
from pickguard.backups.work import drill_place, folder, note, state_folder
from pickguard.base.errors import UsageError
from pickguard.base.progress import Progress, Silent
from pickguard.query import QueryError

_BATCH = 500
Ask = Callable[[str], None]
Model = type[models.Model]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to come back.

    Attributes:
        tables: models, as `app.Model`.
        query: only the rows that this finds, in Pickguard's language; of one model.
        fixture: the file to write instead of touching the live database.
        database: the alias, where more than one database of the set has the tables.
    """

    tables: tuple[str, ...]
    query: str | None = None
    fixture: Path | None = None
    database: str | None = None


def restore_tables(
    settings: Settings,
    name: str | None,
    identity: str | None,
    wanted: Wanted,
    ask: Ask,
    progress: Progress,
) -> Outcome:
    """Bring tables back.

    Raises:
        PickguardError: it could not be done; the live data are as they were.
    """
    picked = _models(wanted)
    run = Run(settings, name, identity, progress)
    manifest = run.manifest()
    alias = _alias(manifest, picked, wanted)
    if wanted.fixture is None:
        what = ", ".join(_label(model) for model in picked)
        rows = (
            f"rows of {what} that `{wanted.query}` finds" if wanted.query else f"all rows of {what}"
        )
        ask(f"Replace {rows} in {alias} by those of {manifest.created}?")
    with folder(settings) as work, _copy(run, manifest, alias, work) as source:
        found = {model: _rows(model, source, wanted.query) for model in picked}
        if wanted.fixture is not None:
            notes = [_written(found, wanted.fixture)]
        else:
            kept = _kept_in(settings, run.name)
            notes = _replaced(run, manifest.databases[alias], alias, found, wanted, kept)
    return Outcome(run.name, [], run.steps.seconds(), notes)


def _models(wanted: Wanted) -> list[Model]:
    picked = [model for name in wanted.tables for model in chosen([name]) or ()]
    if wanted.query is not None and len(picked) != 1:
        raise UsageError("--rows speaks of one table", way_out="Name one: --table app.Model")
    return picked


def _label(model: Model) -> str:
    return model._meta.label  # noqa: SLF001 # Django's public name for it


def _table(model: Model) -> str:
    return model._meta.db_table  # noqa: SLF001 # as above


def _alias(manifest: Manifest, picked: list[Model], wanted: Wanted) -> str:
    """Return the database of the set that has the tables."""
    if wanted.database is not None and wanted.database not in manifest.databases:
        raise UsageError(f"the backup has no database {wanted.database!r}")
    tables = {_table(model) for model in picked}
    for alias, database in manifest.databases.items():
        if wanted.database in {None, alias} and tables <= set(database.tables):
            return alias
    listed = ", ".join(sorted(tables))
    raise UsageError(f"no database of the backup has the tables {listed}")


@contextmanager
def _copy(run: Run, manifest: Manifest, alias: str, work: Path) -> Iterator[str]:
    """Restore one database into a scratch place, prove it, and give the alias of a connection."""
    database = manifest.databases[alias]
    spool = work / "spool"
    spool.mkdir()
    fetcher = Fetcher(run.shelf, spool, run.steps)
    damage = fetcher.verify(
        [part for stream in database.streams.values() for part in stream.parts], run.progress
    )
    if damage:
        raise DamagedError("the backup is damaged, nothing was changed:\n" + "\n".join(damage))
    live = run.target(alias, database)
    place = engine(live).scratch(drill_place(run.settings, alias, live), work, names.token())
    note(work, alias, place)
    try:
        run.fill(fetcher, alias, database, place, owners=False)
        found = run.compared(fetcher, alias, database, place, count=False)
        if found:
            raise DamagedError(
                "what was loaded is not what was backed up, nothing was changed:\n"
                + "\n".join(found)
            )
        with connected(place) as connection:
            yield connection.alias
    finally:
        engine(place).drop(place)


def _rows(model: Model, using: str, query: str | None) -> "models.QuerySet[Any]":
    every: models.QuerySet[Any] = models.QuerySet(model, using=using)
    if query is None:
        return every.order_by("pk")
    try:
        found: models.QuerySet[Any] = language.of(model, using)().compile(query).filter(every)
    except QueryError as error:
        raise UsageError(str(error), where="--rows") from error
    return found


def _written(found: "dict[Model, models.QuerySet[Any]]", path: Path) -> str:
    """Write a fixture, wholly or not at all."""
    form = "jsonl" if path.suffix == ".jsonl" else "json"
    beside = path.with_name(f"{path.name}.part")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        every = (row for rows in found.values() for row in rows.iterator(chunk_size=_BATCH))
        serializers.serialize(form, every, stream=file)
    beside.replace(path)
    return f"written to {path}; load it with: manage.py loaddata {path}"


def _kept_in(settings: Settings, name: str) -> Path:
    folder = state_folder(settings)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / f"replaced-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{name[-6:]}.jsonl"


def _replaced(
    run: Run,
    database: Database,
    alias: str,
    found: "dict[Model, models.QuerySet[Any]]",
    wanted: Wanted,
    kept: Path,
) -> list[str]:
    """Change rows in one transaction; what was replaced is kept as a fixture."""
    place = run.target(alias, database)
    with ExitStack() as held, run.steps("swap_s"):
        connection = held.enter_context(connected(place))
        held.enter_context(connection.constraint_checks_disabled())
        held.enter_context(transaction.atomic(using=connection.alias))
        keys = None if wanted.query is None else [k for rows in found.values() for k in _keys(rows)]
        before = [_live(model, connection, keys) for model in found]
        _written(dict(zip(found, before, strict=True)), kept)
        for rows in before:
            rows._raw_delete(connection.alias)  # noqa: SLF001 # no cascade, no signals: rows as they are
        counts = [_inserted(model, rows, connection) for model, rows in found.items()]
        _proven(database, place, connection, list(found), whole=wanted.query is None)
    listed = (
        f"{count} rows of {_label(model)} are back"
        for model, count in zip(found, counts, strict=True)
    )
    return [*listed, f"what was replaced is kept in {kept}"]


def _keys(rows: "models.QuerySet[Any]") -> Iterator[Any]:
    yield from rows.values_list("pk", flat=True)


def _live(model: Model, connection: Any, keys: list[Any] | None) -> "models.QuerySet[Any]":
    """Return the live rows that are to go, locked."""
    rows: models.QuerySet[Any] = models.QuerySet(model, using=connection.alias)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            table = connection.ops.quote_name(_table(model))
            cursor.execute(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
    return rows if keys is None else rows.filter(pk__in=keys)


def _inserted(model: Model, rows: "models.QuerySet[Any]", connection: Any) -> int:
    """Insert rows as they are, keys and all; return how many."""
    fields: list[Any] = [f for f in model._meta.local_concrete_fields if not f.generated]  # noqa: SLF001
    target: Any = models.QuerySet(model, using=connection.alias)
    size = min(_BATCH, connection.ops.bulk_batch_size(fields, [None] * _BATCH))
    count, more = 0, rows.iterator(chunk_size=_BATCH)
    while some := list(islice(more, size)):
        target._insert(some, fields=fields, using=connection.alias, raw=True)  # noqa: SLF001
        count += len(some)
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [model]):
            cursor.execute(statement)
    return count


def _proven(
    database: Database, place: Place, connection: Any, picked: list[Model], *, whole: bool
) -> None:
    """See that nothing points into nothing, and that whole tables are as the manifest says.

    Raises:
        BackupError: otherwise; leaving the transaction gives everything up.
    """
    touched = {_table(m) for m in picked} | {_table(other) for m in picked for other in _naming(m)}
    try:
        connection.check_constraints(table_names=sorted(touched))
    except IntegrityError as error:
        raise BackupError(
            f"rows would name rows that are not there, nothing was changed: {error}",
            way_out="Bring the other table back too: --table may be given more than once.",
        ) from error
    if not whole:
        return
    reader = engine(place).reader(connection)
    shapes = {shape.name: shape for shape in reader.shapes()}
    for table in sorted(map(_table, picked)):
        said = database.tables[table]
        now = digests.digest(reader, prove.as_said(shapes[table], said), Silent())
        if (now.rows, now.digest) != (said.rows, said.digest):
            raise DamagedError(
                f"table {table} is not as it was backed up, nothing was changed: {now.rows} rows, "
                f"{said.rows} were backed up",
                way_out="Triggers or other columns of the live table may be the reason.",
            )


def _naming(model: Model) -> Iterator[Model]:
    """Return the models with a foreign key to one."""
    for relation in model._meta.get_fields(include_hidden=True):  # noqa: SLF001
        if isinstance(relation, models.ManyToOneRel) and relation.related_model._meta.managed:  # noqa: SLF001
            yield relation.related_model
