"""The digest of a table is the same on every database, and sees every change."""

import sqlite3
from typing import Any

import pytest

from pickguard.backups.digest import ahead, rows
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


def test_nasty_values_have_the_same_cells_on_every_database(sites):
    """Every value of every field type that all databases can hold, and 30 rows of chance."""
    found = {v: sites(v).call("looks.cells", 30) for v in ("sqlite", "postgresql", "mariadb")}
    assert found["sqlite"] == found["postgresql"]
    assert found["sqlite"] == found["mariadb"]


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


def _chunks(reader):
    (shape,) = reader.shapes()
    found: list[Any] = []
    digest = rows.digest(reader, shape, Silent(), found.append)
    return digest, found


@pytest.mark.parametrize("worker", [None, ["false"], ["no such program"], ["echo", "ready"]])
def test_several_processes_give_the_same_digest(large, monkeypatch, worker):
    """Also where they end early, or never begin."""
    connection, path = large
    monkeypatch.setattr(ahead, "_WORKERS", 3)
    if worker is not None:
        monkeypatch.setattr(ahead, "_WORKER", worker)
    plain = SqliteReader(connection)
    assert _chunks(ahead.AheadReader(plain, path)) == _chunks(plain)


def test_a_changed_row_of_a_large_table_is_named(large):
    connection, path = large
    reader = ahead.AheadReader(SqliteReader(connection), path)
    (shape,) = reader.shapes()
    _, noted = _chunks(reader)
    connection.execute("UPDATE t SET b = b + 1e-9 WHERE id = 30000")
    connection.commit()
    (place,) = rows.differing(reader, shape, noted)
    assert place == "id after 29997 up to 32997 (1000 rows, 1000 were backed up)"
