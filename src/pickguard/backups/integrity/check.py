"""The check from its beginning to its end; reads like its table of contents."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from fnmatch import fnmatchcase
from functools import partial
from typing import Any, NamedTuple

from pickguard.backups.engines.base import Place, connected
from pickguard.backups.integrity import files, language, sequences, unique
from pickguard.backups.integrity.files import Places
from pickguard.backups.integrity.finding import Check, Finding, Findings, Hit
from pickguard.backups.integrity.passes import Pass, Step
from pickguard.backups.integrity.state import Book, Done
from pickguard.backups.integrity.tables import Key, Table, chosen, tables
from pickguard.base.progress import Progress

_READ_ONLY = {
    "sqlite": "PRAGMA query_only = ON",
    "postgresql": "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
    "mysql": "SET SESSION TRANSACTION READ ONLY",
}


class Unit(NamedTuple):
    """One piece of work, which begins after a key."""

    name: str
    database: str
    label: str
    steps: Callable[[Key | None], Iterator[Step]]


class Result(NamedTuple):
    """What a check has found: what counts, and what the project has accepted."""

    findings: list[Finding]
    accepted: list[Finding]
    rows: int
    resumed: bool


def check(
    databases: Mapping[str, Place],
    places: Places,
    models: list[str],
    schemas: Mapping[str, Any],
    accept: tuple[str, ...],
    book: Book,
    progress: Progress,
) -> Result:
    """Check some models, or all, in some databases.

    Raises:
        UsageError: there is no such model.
        BackupError: a database does not let us in, or its keys cannot be read.
    """
    wanted = chosen(models)
    done = book.read()
    resumed = bool(done.units or done.begun)
    findings = Findings(done.findings)
    with ExitStack() as held:
        found: list[Table] = []
        for alias, place in databases.items():
            connection = held.enter_context(reading(place))
            found += tables(alias, connection, wanted)
        for unit in _units(found, places, schemas, owners=wanted is None):
            if unit.name not in done.units:
                _work(unit, done, findings, book, progress)
    book.forget()
    every = [_asked(finding, found) for finding in findings.all()]
    known = [f for f in every if any(fnmatchcase(f.identifier, word) for word in accept)]
    return Result([f for f in every if f not in known], known, done.rows, resumed)


@contextmanager
def reading(place: Place) -> Iterator[Any]:
    """Give a connection that cannot write."""
    with connected(place) as connection:
        with connection.cursor() as cursor:
            cursor.execute(_READ_ONLY[connection.vendor])
        yield connection


def _work(unit: Unit, done: Done, findings: Findings, book: Book, progress: Progress) -> None:
    """Do one unit; the state is written where it could be taken up again."""
    progress.stage(unit.name)
    after = done.after if done.begun == unit.name else None
    for step in unit.steps(after):
        for hit in step.hits:
            findings.add(unit.database, hit.model or unit.label, hit)
        done.rows += step.rows
        progress.advance(step.rows)
        if step.last is not None:
            done.begun, done.after, done.findings = unit.name, step.last, findings.all()
            book.write(done)
    done.units.append(unit.name)
    done.begun, done.after, done.findings = "", None, findings.all()
    book.write(done)


def _asked(finding: Finding, found: list[Table]) -> Finding:
    """Give a finding without a query one that lists the kept rows by their keys."""
    if not finding.query and finding.check is not Check.UNOWNED:
        model = next((t.model for t in found if t.label == finding.model), None)
        if model is not None:
            finding.query = language.by_keys(model, finding.rows)
    return finding


def _units(
    found: list[Table], places: Places, schemas: Mapping[str, Any], *, owners: bool
) -> Iterator[Unit]:
    for table in found:
        whole = f"{table.database} {table.label}"
        yield Unit(f"rows {whole}", table.database, table.label, Pass(table, schemas).steps)
        yield _whole(f"sequences {whole}", table, partial(sequences.hits, table))
        for rule in unique.of(table):
            yield _whole(f"unique {whole} {rule.name}", table, partial(unique.hits, table, rule))
    for database in dict.fromkeys(table.database for table in found):
        own = [table for table in found if table.database == database]
        steps = _each(partial(files.hits, own, places, owners=owners))
        yield Unit(f"files {database}", database, "", steps)


def _whole(name: str, table: Table, hits: Callable[[], Iterator[Hit]]) -> Unit:
    return Unit(name, table.database, table.label, _each(hits))


def _each(hits: Callable[[], Iterator[Hit]]) -> Callable[[Key | None], Iterator[Step]]:
    """Return the steps of what is done wholly or begun again."""
    return lambda _after: (Step(0, None, [hit]) for hit in hits())
