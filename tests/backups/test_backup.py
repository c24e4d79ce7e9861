"""A backup is made, listed and drilled, on every database."""

import json
import re
import sqlite3
from pathlib import Path

import pytest
from tests.backups.conftest import until


@pytest.fixture(scope="module")
def made(site):
    """Return the site with one backup."""
    return site, site.backup()


def _scratch(site, servers):
    return {name for name in servers.names(site.vendor) if name.startswith("pickguard_drill")}


def _manifest(site, name):
    return json.loads((site.store / name / "manifest.json").read_text("utf-8"))


def test_the_last_line_is_the_name_of_the_set(made):
    site, name = made
    assert re.fullmatch(r"\d{8}T\d{6}Z-\d{6}-\w+", name)
    assert site.names() == [name]


def test_a_drill_finds_everything_as_it_was(made):
    """All field types, nasty values, unmanaged tables, media: equal by digest after a restore."""
    site, name = made
    ended = site.drill()
    assert (ended.code, ended.json()["differences"]) == (0, []), ended.err
    answer = ended.json()
    assert answer["name"] == name
    assert answer["ok"] is True
    assert {"load_s", "manifest_s", "fetch_s", "verify_s"} <= set(answer["steps"])


def test_the_list_tells_of_the_last_drill(made):
    site, name = made
    site.drill()
    (row,) = site.run("backup", "--list", "--json").json()
    assert row["name"] == name
    assert row["encrypted"] is True
    assert row["bytes"] > 0
    assert row["last_drill"] is not None


def test_a_drill_leaves_nothing_behind(made, servers):
    """No scratch database, no scratch file; and the live data are untouched."""
    site, _ = made
    before = site.call("looks.digests")
    there = _scratch(site, servers) if site.vendor != "sqlite" else set()
    assert site.drill().code == 0
    assert list(site.work.iterdir()) == []
    if site.vendor != "sqlite":
        left = _scratch(site, servers) - there  # or of a test beside us, which takes its own away
        until(lambda: not left & _scratch(site, servers), 180)
    assert site.call("looks.digests") == before


def test_the_manifest_holds_no_data_of_rows(made):
    site, name = made
    text = (site.store / name / "manifest.json").read_text("utf-8")
    for secret in ("ann", "näme", "photo.bin", "some words", "ball"):
        assert f'"{secret}' not in text


def test_the_manifest_tells_what_the_set_holds(made):
    site, name = made
    manifest = _manifest(site, name)
    database = manifest["databases"]["default"]
    assert database["tables"]["everything_parent"]["rows"] == 1
    assert database["tables"]["outside_keyless"]["rows"] == 3
    assert "auth.0001_initial" in database["migrations"]
    assert any("everything_small" in f"{k} {v}" for k, v in database["objects"].items())
    assert any("outside_view" in key for key in database["objects"])
    assert database["sequences"]
    assert manifest["media"]["files"] == 1
    assert manifest["time_zone"] == "Europe/Berlin"


def test_what_is_stored_is_encrypted(made):
    site, _ = made
    for path in site.store.rglob("*.0*"):
        assert path.read_bytes().startswith(b"age-encryption.org/v1"), path
    assert b"some words" not in b"".join(p.read_bytes() for p in site.store.rglob("*.0*"))


def test_unchanged_media_are_stored_once(empty_store):
    site = empty_store
    site.backup()
    before = sorted((site.store / "media").rglob("*.*"))
    second = site.backup()
    assert sorted((site.store / "media").rglob("*.*")) == before
    assert site.drill(second).code == 0


def test_without_a_key_nothing_can_be_drilled(made):
    """Exit code 1, and what to do is said."""
    site, _ = made
    ended = site.run("drill")
    assert ended.code == 1
    assert "--identity" in ended.err
    ended = site.run("drill", "--identity", str(site.wrong_key))
    assert ended.code == 1
    assert "key" in ended.err
    ended = site.run("drill", "--identity", str(site.folder / "nowhere"))
    assert ended.code == 1
    assert "Traceback" not in ended.err


def test_an_unknown_name_is_a_mistake_of_usage(made):
    site, _ = made
    ended = site.drill("20200101T000000Z-000001-aaaaaa")
    assert ended.code == 2
    assert site.drill("../..").code == 2


def test_no_backup_is_a_mistake_of_usage(empty_store):
    ended = empty_store.drill()
    assert ended.code == 2
    assert "manage.py backup" in ended.err


def test_an_unencrypted_set_is_proven_too(empty_store):
    site = empty_store
    plain = {"backups": {"recipients": [], "allow_unencrypted": True}}
    name = site.backup(settings=plain)
    (row,) = site.run("backup", "--list", "--json", settings=plain).json()
    assert (row["name"], row["encrypted"]) == (name, False)
    ended = site.run("drill", "--json", settings=plain)
    assert (ended.code, ended.json()["differences"]) == (0, [])


def test_no_recipients_and_no_word_about_it_is_refused(site):
    ended = site.run("backup", settings={"backups": {"recipients": []}})
    assert ended.code == 2
    assert "age-keygen" in ended.err


def test_a_live_database_whose_structure_is_damaged_makes_no_backup(sites):
    """SQLite copies pages as they are; what it would find in the copy is told now, not by a restore."""
    site = sites("sqlite")
    path = Path(site.databases["default"]["NAME"])
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE spoilt (id integer PRIMARY KEY, a text)")
    connection.execute("CREATE INDEX spoilt_a ON spoilt (a)")
    connection.executemany(
        "INSERT INTO spoilt (a) VALUES (?)", ((f"row {n}",) for n in range(2000))
    )
    connection.commit()
    (root,) = connection.execute(
        "SELECT rootpage FROM sqlite_master WHERE name = 'spoilt_a'"
    ).fetchone()
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    with path.open("r+b") as file:
        file.seek((root - 1) * size + 8)
        file.write(b"\xff" * 64)
    ended = site.run("backup")
    assert ended.code == 1
    assert "SQLite finds the database damaged" in ended.err
    assert "Traceback" not in ended.err
    assert site.names() == []


def test_the_manifest_says_the_digest_of_a_file_where_all_is_in_one(made):
    site, name = made
    database = _manifest(site, name)["databases"]["default"]
    if site.vendor == "sqlite":
        assert database["image"] == database["streams"]["dump"]["sha256"]
    else:
        assert "image" not in database
