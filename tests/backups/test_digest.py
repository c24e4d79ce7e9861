"""The digest of a table is the same on every database, and sees every change."""

import math
import random
import sqlite3
import struct
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from pickguard.backups.digest import gathered, plain, processes, rows
from pickguard.backups.digest.ahead import AheadReader
from pickguard.backups.digest.cells import Kind
from pickguard.backups.digest.shapes import By
from pickguard.backups.digest.sqlite import SqliteReader
from pickguard.base.progress import Silent

ONLY_THERE = {
    "django_content_type", "auth_permission", "django_migrations", "special_special", "auth_user",
    "everything_everything", "everything_byuuid", "everything_more_friends",
}  # fmt: skip


def test_the_same_rows_have_the_same_digest_on_every_database(sites):
    """Tables whose rows are the same by construction."""
    found = {v: sites(v).call("looks.digests") for v in ("sqlite", "postgresql", "mariadb")}
    names = set(found["sqlite"]) - {f"default.{name}" for name in ONLY_THERE}
    assert len(names) > 10
    for name in sorted(names):
        assert found["sqlite"][name] == found["postgresql"][name] == found["mariadb"][name], name


@pytest.mark.parametrize("by", By)
def test_nasty_values_have_the_same_cells_on_every_database(sites, by):
    """Every value of every field type that all databases can hold, and 30 rows of chance."""
    found = {v: sites(v).call("looks.cells", 30, by) for v in ("sqlite", "postgresql", "mariadb")}
    assert found["sqlite"] == found["postgresql"]
    assert found["sqlite"] == found["mariadb"]


def test_workers_give_the_same_chunks_on_every_database(sites):
    """Processes of SQLite, sessions of PostgreSQL; MariaDB's next chunk comes early."""
    found = {v: sites(v).call("looks.large", 40_001) for v in ("sqlite", "postgresql", "mariadb")}
    expected = found["sqlite"]["alone"]
    assert len(expected) == 41
    for vendor, ways in found.items():
        for way, chunks in ways.items():
            assert chunks == expected, (vendor, way)


@pytest.fixture(params=[40_000, 40_001, 64_000])
def large(request, tmp_path):
    """A file with a table that is worth more than one process."""
    path = tmp_path / "large.sqlite3"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE t (id integer PRIMARY KEY, a text, b real, c decimal)")
    connection.executemany(
        "INSERT INTO t VALUES (?, ?, ?, ?)",
        ((3 * n, f"row {n} é", n / 7, n / 100) for n in range(request.param)),
    )
    connection.commit()
    yield connection, path
    connection.close()


def _ahead(reader, path):
    return AheadReader(reader, partial(processes.Process, path), 3)


def _chunks(reader):
    (shape,) = reader.shapes()
    found: list[Any] = []
    digest = rows.digest(reader, shape, Silent(), found.append)
    return digest, found


@pytest.mark.parametrize("worker", [None, ["false"], ["no such program"], ["echo", "ready"]])
def test_several_processes_give_the_same_digest(large, monkeypatch, worker):
    """Also where they end early, or never begin."""
    connection, path = large
    if worker is not None:
        monkeypatch.setattr(processes, "_WORKER", worker)
    plain = SqliteReader(connection)
    assert _chunks(_ahead(plain, path)) == _chunks(plain)


def test_a_changed_row_of_a_large_table_is_named(large):
    connection, path = large
    reader = _ahead(SqliteReader(connection), path)
    (shape,) = reader.shapes()
    _, noted = _chunks(reader)
    connection.execute("UPDATE t SET b = b + 1e-9 WHERE id = 30000")
    connection.commit()
    (place,) = rows.differing(reader, shape, noted)
    assert place == "id after 29997 up to 32997 (1000 rows, 1000 were backed up)"


# what a column of SQLite may hold, whatever it was declared as
STRANGE = [
    None, 0, 1, -1, 2**63 - 1, -(2**63), 10**15, "", "0", "x" * 1024, "x" * 1025, "é" * 600, b"",
    b"\x00\xff", b"b" * 513, "a\0b", "2024-04-01", "2024-04-01 10:00:00", "2024-04-01\0 10:00:00",
    "2024-04-01 10:00:00\0.00000", "2024-04-01 10:00:00.123456", "10:00:00", "10:00:00.123456",
    "é123456789", "😀", "null", "~", "1,2", '{"b": 1e2, "a": [1.50, null]}', "{", "true",
    0.0, -0.0, 0.5, 1.0, 100.0, 1e-4, 9.9e-5, 0.00001, 10.00001, 1e14, 999999999999999.9, 1e15, 1e16,
    123456789012345.67, 1e300, 5e-324, float("inf"), float("-inf"), 0.1 + 0.2, 1 / 3,
]  # fmt: skip


def _columns_of(values: list[Any]) -> dict[str, list[Any]]:
    """Return columns that hold one thing, and some that hold much."""
    chance = random.Random(7)
    floats = [struct.unpack("d", chance.randbytes(8))[0] for _ in range(200)]
    some = {
        "whole": list(range(-50, 50)),
        "gaps": [None, *range(50)],
        "sums": [round(chance.uniform(-1e6, 1e6), 2) for _ in range(100)],
        "floats": [x for x in floats if not math.isnan(x)],
        "small": [chance.random() * 10 ** chance.randint(-7, 3) for _ in range(200)],
        "days": ["2024-04-01", "1999-12-31"],
        "moments": ["2024-04-01 10:00:00", "2024-04-01 10:00:01"],
        "finer": ["2024-04-01 10:00:00.000001", None, "2024-04-01 10:00:00"],
        "all": values,
    }
    return some | {f"only {number}": [value] for number, value in enumerate(values)}


@pytest.mark.parametrize("kind", Kind)
def test_what_is_written_at_once_is_what_sql_writes(monkeypatch, kind):
    """A column of plain values gets the very cells that each value gets alone."""
    for name, column in _columns_of(STRANGE).items():
        connection = sqlite3.connect(":memory:")
        connection.execute("CREATE TABLE t (id integer PRIMARY KEY, v)")
        connection.executemany("INSERT INTO t (v) VALUES (?)", ((value,) for value in column))
        reader = SqliteReader(connection)
        (shape,) = reader.shapes()
        shape = replace(shape, columns={"id": Kind.INTEGER, "v": kind})
        fast = reader.chunk(shape, None, None)
        with monkeypatch.context() as patched:
            patched.setattr(gathered, "cells", lambda kind, answer: None)  # noqa: ARG005 # Python is asked
            assert fast == reader.chunk(shape, None, None), name
            patched.setattr(plain, "cells", lambda kind, column: None)  # noqa: ARG005 # SQL is asked
            assert fast == reader.chunk(shape, None, None), name
        connection.close()


def test_text_that_is_no_text_has_a_digest():
    """SQLite keeps bytes that are no UTF-8 as text, where somebody has written them."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE t (id integer PRIMARY KEY, v text)")
    connection.execute("INSERT INTO t (v) VALUES (CAST(x'ff41' AS TEXT)), ('a')")
    reader = SqliteReader(connection)
    (shape,) = reader.shapes()
    first = reader.chunk(shape, None, None)
    connection.execute("UPDATE t SET v = CAST(x'fe41' AS TEXT) WHERE id = 1")
    second = reader.chunk(shape, None, None)
    assert first is not None
    assert second is not None
    assert (first.rows, second.rows) == (2, 2)
    assert first.digest != second.digest
    connection.close()


def test_values_cannot_move_between_columns_or_rows():
    """What a digest is taken of can be read in one way only."""
    found = set()
    for pair in ([("a", "b")], [("a,1:b", "")], [("", "a"), ("b", "")], [("a", "b"), ("", "")]):
        connection = sqlite3.connect(":memory:")
        connection.execute("CREATE TABLE t (id integer PRIMARY KEY, v text, w text)")
        connection.executemany("INSERT INTO t (v, w) VALUES (?, ?)", pair)
        reader = SqliteReader(connection)
        (shape,) = reader.shapes()
        found.add(reader.chunk(shape, None, None))
        connection.close()
    assert len(found) == 4
