"""Compares a database with what the manifest says of it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from django.db import IntegrityError
from msgspec import UNSET

from pickguard.backups.digest import rows
from pickguard.backups.digest.cells import Kind
from pickguard.backups.digest.shapes import By, Chunk, Reader, Shape
from pickguard.backups.engines.base import Facts, Place, Snapshot, connected
from pickguard.backups.sets.manifest import Database, Table
from pickguard.base.progress import Progress

_MOST = 20
Notes = Mapping[str, list[Chunk]]


def differences(
    alias: str, said: Database, found: Snapshot, noted: Notes, progress: Progress
) -> list[str]:
    """Return what differs, as sentences that name tables and rows."""
    shapes = {shape.name: shape for shape in found.reader.shapes()}
    progress.stage(f"comparing {alias}", sum(table.rows for table in said.tables.values()))
    lines: list[str] = []
    for name, table in said.tables.items():
        if name not in shapes:
            lines.append(f"table {name} is missing ({table.rows} rows)")
            continue
        lines += _of_table(shapes[name], table, found.reader, noted.get(name, []), progress)
    lines += [f"table {name} was not backed up" for name in shapes if name not in said.tables]
    lines += _of_facts(said, found.facts)
    return [f"{alias}: {line}" for line in lines]


def _of_table(
    shape: Shape, said: Table, reader: Reader, noted: list[Chunk], progress: Progress
) -> list[str]:
    if set(shape.columns) != set(said.columns):
        other = ", ".join(sorted(set(shape.columns) ^ set(said.columns)))
        return [f"table {shape.name} has other columns: {other}"]
    shape = as_said(shape, said)
    digest = rows.digest(reader, shape, progress)
    if (digest.rows, digest.digest) == (said.rows, said.digest):
        return []
    head = f"table {shape.name} differs: {digest.rows} rows, {said.rows} were backed up"
    places = rows.differing(reader, shape, noted)
    return [head, *(f"table {shape.name}: {place}" for place in places[:_MOST])]


def as_said(shape: Shape, said: Table) -> Shape:
    """Return a table as it was digested, even where today's Pickguard would do it otherwise."""
    columns = {name: Kind(kind) for name, kind in said.columns.items()}
    by = By.ROWS if said.by is UNSET else By(said.by)
    return Shape(shape.name, shape.quoted, columns, said.key, by)


def facts(alias: str, said: Database, found: Snapshot) -> list[str]:
    """Return what differs beside the rows, where those are known to be the same."""
    return [f"{alias}: {line}" for line in _of_facts(said, found.facts)]


def _of_facts(said: Database, found: Facts) -> list[str]:
    lines = [
        f"sequence {name} stands at {found.sequences.get(name, 'nothing')}, "
        f"and stood at {value} at least"
        for name, value in said.sequences.items()
        if found.sequences.get(name, -1) < value
    ]
    lines += _sets("migration", said.migrations, found.migrations)
    lines += _sets("", said.objects, found.objects)
    if said.server == found.server:  # another version words the same definition otherwise
        lines += [
            f"{name} is defined otherwise"
            for name, definition in said.objects.items()
            if name in found.objects and found.objects[name] != definition
        ]
    if said.encoding != found.encoding:
        lines.append(f"the encoding is {found.encoding}, it was {said.encoding}")
    return lines


def _sets(kind: str, said: Iterable[str], found: Iterable[str]) -> list[str]:
    was, now = set(said), set(found)
    return [f"{kind} {name} is missing".strip() for name in sorted(was - now)] + [
        f"{kind} {name} is new".strip() for name in sorted(now - was)
    ]


def noted(lines: Iterable[tuple[str, Chunk]]) -> Notes:
    """Return chunks by table."""
    found: dict[str, list[Chunk]] = defaultdict(list)
    for table, chunk in lines:
        found[table].append(chunk)
    return found


def broken_links(alias: str, place: Place) -> list[str]:
    """Return rows that name rows that are not there; a load does not always check that."""
    try:
        with connected(place) as connection:
            connection.check_constraints()
    except IntegrityError as error:
        return [f"{alias}: {error}"]
    return []
