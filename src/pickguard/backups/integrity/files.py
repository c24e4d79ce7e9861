"""Files that rows name and nobody has, and files that no row names.

Both lists go through a scratch database on the disk, so that memory is bounded however many there are.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, suppress
from typing import Any, NamedTuple

from django.core.files.storage import Storage
from django.db import models
from django.utils import timezone

from pickguard.backups.integrity.finding import Check, Hit
from pickguard.backups.integrity.tables import Table
from pickguard.backups.media.uploads import file_fields, walk

_CHUNK = 2000
_TABLES = """
CREATE TABLE named (storage TEXT, name TEXT, label TEXT, field TEXT, key TEXT);
CREATE TABLE there (storage TEXT, name TEXT, PRIMARY KEY (storage, name)) WITHOUT ROWID;
"""
_MISSING = """
SELECT n.storage, n.name, n.label, n.field, n.key FROM named n LEFT JOIN there t
ON t.storage = n.storage AND t.name = n.name WHERE t.name IS NULL ORDER BY 3, 4, n.rowid
"""
_UNOWNED = """
SELECT t.storage, t.name FROM there t WHERE NOT EXISTS (SELECT 1 FROM named n
WHERE n.storage = t.storage AND n.name = t.name) ORDER BY 1, 2
"""


class Places(NamedTuple):
    """The storages that are looked at, and the name in them of each file field's storage."""

    storages: Mapping[str, Storage]
    of_field: Mapping[str, str]


def live(storages: Mapping[str, Storage]) -> Places:
    """Return places for the storages of a running site, by alias."""
    fields = {}
    for field in file_fields():
        alias = next(
            (a for a, s in storages.items() if s is field.storage or s == field.storage), None
        )
        if alias is not None:
            fields[_label(field)] = alias
    return Places(storages, fields)


def _label(field: Any) -> str:
    return f"{field.model._meta.label}.{field.name}"


def hits(tables: Iterable[Table], places: Places, *, owners: bool) -> Iterator[Hit]:
    """Return what is missing and, where `owners` are asked for, what nobody names."""
    began = timezone.now()
    with closing(sqlite3.connect("")) as scratch:  # on the disk, and gone when it is closed
        scratch.executescript(_TABLES)
        for alias, storage in places.storages.items():
            _list(scratch, alias, storage)
        for table in tables:
            _named(scratch, table, places)
        yield from _missing(scratch, places)
        if owners:
            yield from _unowned(scratch, places, began)


def _list(scratch: sqlite3.Connection, alias: str, storage: Storage) -> None:
    rows = ((alias, name) for name in walk(storage))
    with suppress(NotImplementedError):  # a storage that cannot list is asked for each file
        scratch.executemany("INSERT OR IGNORE INTO there VALUES (?, ?)", rows)


def _named(scratch: sqlite3.Connection, table: Table, places: Places) -> None:
    keys = [field.attname for field in table.keys]
    for field in table.fields:
        alias = places.of_field.get(_label(field))
        if not isinstance(field, models.FileField) or alias is None:
            continue
        rows = (
            table.rows()
            .exclude(**{field.attname: ""})
            .filter(**{f"{field.attname}__isnull": False})
        )
        found = rows.order_by().values_list(*keys, field.attname).iterator(chunk_size=_CHUNK)
        scratch.executemany(
            "INSERT INTO named VALUES (?, ?, ?, ?, ?)",
            ((alias, _plain(r[-1]), table.label, field.name, table.text_of(r[:-1])) for r in found),
        )


def _plain(name: str) -> str:
    """Return a name as a storage lists it."""
    return name.removeprefix("./").lstrip("/")


def _missing(scratch: sqlite3.Connection, places: Places) -> Iterator[Hit]:
    for alias, name, label, field, key in scratch.execute(_MISSING):
        if not places.storages[alias].exists(name):  # it may have come since it was listed
            said = f"{name!r} is not in the storage {alias!r}"
            yield Hit(Check.FILE, field, key, said, model=label)


def _unowned(scratch: sqlite3.Connection, places: Places, began: Any) -> Iterator[Hit]:
    for alias, name in scratch.execute(_UNOWNED):
        if not _younger(places.storages[alias], name, began):
            folder = name.partition("/")[0] if "/" in name else ""
            yield Hit(Check.UNOWNED, folder, name, "no row names them", model=alias)


def _younger(storage: Storage, name: str, began: Any) -> bool:
    """Tell whether a file came while we looked, so that its row may have come after."""
    try:
        moment = storage.get_modified_time(name)
    except (NotImplementedError, OSError):
        return False
    return bool(moment >= (began if timezone.is_aware(moment) else timezone.make_naive(began)))
