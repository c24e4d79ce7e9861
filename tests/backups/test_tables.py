"""One table, or some rows, come back to what they were; the rest of the live data stays."""

import json
import os

import pytest


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def lively(request, sites):
    """A site of its own for each test, with a backup, changed since."""
    site = sites(request.param, 3)
    site.before = site.call("looks.digests")
    site.backup()
    site.call("looks.change")
    return site


def _restore(site, *argv):
    return site.run("restore", "--yes", "--identity", str(site.key), *argv)


def _without(found, *tables):
    return {k: v for k, v in found.items() if k not in {f"default.{t}" for t in tables}}


def test_one_table_comes_back_and_nothing_else_changes(lively):
    changed = lively.call("looks.digests")
    tables = ["everything_bytwo", "everything_everything", "everything_parent"]
    words = [w for m in ("ByTwo", "everything.Everything", "Parent") for w in ("--table", m)]
    ended = _restore(lively, *words)
    assert ended.code == 0, ended.err
    now = lively.call("looks.digests")
    for table in tables:
        assert changed[f"default.{table}"] != lively.before[f"default.{table}"]
        assert now[f"default.{table}"] == lively.before[f"default.{table}"]
    assert _without(now, *tables) == _without(changed, *tables)
    lively.call("looks.go_on")  # keys go on from where they were
    if lively.vendor != "sqlite":
        assert list(lively.folder.glob("work/pickguard-*")) == []


def test_what_was_replaced_is_kept_as_a_fixture(lively):
    ended = _restore(lively, "--table", "everything.Parent")
    assert ended.code == 0, ended.err
    (kept,) = lively.work.glob("replaced-*.jsonl")
    assert str(kept) in ended.out
    lines = kept.read_text().splitlines()
    assert [json.loads(line)["fields"]["name"] for line in lines] == ["Changed"]
    assert kept.stat().st_mode & 0o077 == 0


def test_only_the_rows_that_a_query_finds(lively):
    """The others stay as they are now."""
    ended = _restore(lively, "--table", "ByTwo", "--rows", "left = 1")
    assert ended.code == 0, ended.err
    listed = lively.run("integrity", "ByTwo", "--rows", "left >= 0", "--json").json()
    assert [row["left"] for row in listed] == [1]


def test_a_fixture_touches_nothing_live(lively):
    changed = lively.call("looks.digests")
    path = lively.folder / "rows.json"
    ended = lively.run(
        "restore", "--identity", str(lively.key), "--table", "ByTwo", "--as-fixture", str(path)
    )
    assert ended.code == 0, ended.err
    assert sorted(row["pk"] for row in json.loads(path.read_text())) == [[0, 0], [1, -1], [2, -2]]
    assert lively.call("looks.digests") == changed
    ended = lively.run("loaddata", str(path))
    assert ended.code == 0, ended.err
    now = lively.call("looks.digests")
    assert now["default.everything_bytwo"] == lively.before["default.everything_bytwo"]


def test_rows_that_others_name_are_not_taken_away(lively):
    """A user who was made later has no place in the backup, and owns something now."""
    lively.call("looks.own")
    changed = lively.call("looks.digests")
    ended = _restore(lively, "--table", "auth.User")
    assert ended.code == 1
    assert "nothing was changed" in ended.err
    assert "Traceback" not in ended.err
    assert lively.call("looks.digests") == changed


def test_a_damaged_set_brings_no_table_back(lively):
    changed = lively.call("looks.digests")
    path = next(p for p in lively.store.rglob("default.dump.*"))
    path.write_bytes(path.read_bytes()[:-1] + os.urandom(1))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    ended = _restore(lively, "--table", "ByTwo")
    assert ended.code == 1
    assert lively.call("looks.digests") == changed


def test_mistakes_of_usage(lively):
    for words in (
        ["--table", "everything.Nothing"],
        ["--rows", "left = 1"],
        ["--as-fixture", "x.json"],
        ["--table", "ByTwo", "--rows", "nothing = 1"],
        ["--table", "everything", "--rows", "left = 1"],
        ["--table", "ByTwo", "--database", "nowhere"],
    ):
        ended = _restore(lively, *words)
        assert ended.code == 2, (words, ended)
        assert "Traceback" not in ended.err
