"""A restore brings back what was backed up, keeps what it replaces, and can be taken up again."""

import sqlite3
import subprocess
import sys

import pytest


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def lively(request, sites):
    """A site of its own for each test, since a restore changes it."""
    return sites(request.param, 3)


def _restore(site, *argv, **more):
    return site.run("restore", "--identity", str(site.key), "--json", "--yes", *argv, **more)


def test_a_restore_brings_back_rows_sequences_and_media(lively):
    before, values = lively.call("looks.digests"), lively.call("looks.values")
    name = lively.backup()
    lively.call("looks.change")
    assert lively.call("looks.digests") != before
    ended = _restore(lively)
    assert ended.code == 0, ended.err
    assert ended.json()["name"] == name
    assert "swap_s" in ended.json()["steps"]
    assert lively.call("looks.digests") == before
    assert lively.call("looks.values") == values
    # life goes on: keys are given on from where they were, triggers and views are there
    lively.call("looks.change")
    assert lively.call("looks.view") == [[1], [1]]


def test_what_is_replaced_is_kept_until_told(lively):
    lively.backup()
    lively.call("looks.change")
    changed = lively.call("looks.digests")
    ended = _restore(lively)
    assert ended.code == 0, ended.err
    (old,) = [n.split(" kept as ")[1] for n in ended.json()["notes"] if " kept as " in n]
    kept = {**lively.databases["default"], "NAME": old}
    assert lively.call("looks.digests", settings={"DATABASES": {"default": kept}}) == {
        **{k: v for k, v in changed.items() if not k.startswith("media")},
        **{k: v for k, v in lively.call("looks.digests").items() if k.startswith("media")},
    }
    aside = lively.folder / "media.pickguard-aside"
    assert {p.name: p.read_bytes() for p in aside.rglob("*.bin")} == {
        "photo.bin": b"overwritten",
        "newer.bin": b"newer",
    }
    dropped = lively.run("restore", "--drop-old")
    assert (dropped.code, dropped.out.strip()) == (0, f"dropped {old}")
    assert lively.run("restore", "--drop-old").out.strip() == "nothing was kept"


def test_nobody_to_ask_and_no_yes_is_a_mistake_of_usage(lively):
    lively.backup()
    lively.call("looks.change")
    before = lively.call("looks.digests")
    ended = lively.run("restore", "--identity", str(lively.key))
    assert ended.code == 2
    assert "--yes" in ended.err
    assert lively.call("looks.digests") == before


def test_a_restore_into_nothing_makes_everything(lively, servers):
    """The day that backups are for: the database is gone, and so are the media."""
    import shutil

    before = lively.call("looks.digests")
    lively.backup()
    lively.lose(servers)
    shutil.rmtree(lively.media)
    ended = _restore(lively)
    assert ended.code == 0, ended.err
    assert lively.call("looks.digests") == before


def test_sqlite_is_not_swapped_while_another_process_has_it_open(sites):
    """An idle connection would go on writing to the old file."""
    site = sites("sqlite", 3)
    site.backup()
    site.call("looks.change")
    before = site.call("looks.digests")
    file = site.databases["default"]["NAME"]
    code = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT 1 FROM auth_user'); print(1, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code, file], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        other.stdout.readline()
        ended = _restore(site)
        other.communicate(b"\n")
    assert ended.code == 1
    assert str(other.pid) in ended.err
    assert site.call("looks.digests") == before
    assert _restore(site).code == 0


def test_sqlite_in_wal_mode_is_restored_in_wal_mode(sites):
    """The log of the old file is never taken for one of the new."""
    site = sites("sqlite", 3)
    file = site.databases["default"]["NAME"]
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    before = site.call("looks.digests")
    site.backup()
    site.call("looks.change")
    assert _restore(site).code == 0
    assert site.call("looks.digests") == before
    connection = sqlite3.connect(file)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()
