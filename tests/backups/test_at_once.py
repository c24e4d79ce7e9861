"""Writers, other backups, other restores, slow and broken storages, clocks that jump."""

import itertools
import json
import shutil
import time
from contextlib import contextmanager

import pytest

FAILING = "tests.backups.site.moments.Failing"


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def lively(request, sites):
    """A site of its own for each test."""
    return sites(request.param, 3)


@pytest.fixture
def beside(lively, forges):
    """Make more processes on the same site."""
    number = itertools.count(1)

    def make():
        mine = next(number)
        return lively.beside(forges(lively.vendor, mine), mine)

    return make


@contextmanager
def writing(site, other):
    """Have somebody write while a block runs: begun before it, told to stop after it."""
    begun, stop = site.folder / "begun", site.folder / "stop"
    words = [str(begun), str(stop)]
    _, base = other.start(call="tests.backups.site.writers.write", args=words)
    try:
        _await(begun)
        yield
    finally:
        stop.touch()
        ended = other.ended(base)
        begun.unlink(missing_ok=True)
        stop.unlink()
    assert (ended.code, ended.json() > 3) == (0, True), ended.err


def _await(file):
    end = time.monotonic() + 60  # one that never comes fails below, by what its writer says
    while not file.exists() and time.monotonic() < end:
        time.sleep(0.01)


BALANCED = {"backups": {"smoke": ["tests.backups.site.writers.balanced"]}}


def test_writers_are_active_throughout(lively, beside):
    """Each set is one moment: no half transaction, no lost unit, and every drill is good."""
    lively.call("writers.accounts")
    with writing(lively, beside()):
        for _ in range(3):
            name = lively.backup()
            ended = lively.drill(name, settings=BALANCED)
            assert (ended.code, ended.json()["differences"]) == (0, []), ended.err
    assert lively.call("writers.balanced") == []


def test_a_restore_under_writers_is_whole_or_refused(lively, beside):
    """SQLite: refused, since a file cannot be taken from under others. Else: swapped in one step."""
    lively.call("writers.accounts")
    lively.backup()
    with writing(lively, beside()):
        ended = lively.run("restore", "--yes", "--identity", str(lively.key))
    assert ended.code == (1 if lively.vendor == "sqlite" else 0), ended.err
    assert "Traceback" not in ended.err
    assert lively.call("writers.balanced") == []


def test_two_backups_at_once_are_two_backups(lively, beside):
    others = [beside(), beside()]
    started = [other.start("backup") for other in others]
    ended = [other.ended(base) for other, (_, base) in zip(others, started, strict=True)]
    assert [each.code for each in ended] == [0, 0], ended
    names = {each.out.splitlines()[-1] for each in ended}
    assert set(lively.names()) == names
    assert len(names) == 2
    for name in names:
        assert lively.drill(name).code == 0


def test_two_drills_at_once_do_not_meet(lively, beside):
    lively.backup()
    others = [beside(), beside()]
    words = ("drill", "--identity", str(lively.key))
    started = [other.start(*words) for other in others]
    ended = [other.ended(base) for other, (_, base) in zip(others, started, strict=True)]
    assert [each.code for each in ended] == [0, 0], ended
    assert list(lively.work.iterdir()) == []


def test_of_two_restores_at_once_one_waits_for_its_turn(lively, beside):
    before = lively.call("looks.digests")
    lively.backup()
    lively.call("looks.change")
    others = [beside(), beside()]
    words = ("restore", "--yes", "--identity", str(lively.key))
    started = [other.start(*words) for other in others]
    ended = [other.ended(base) for other, (_, base) in zip(others, started, strict=True)]
    assert 0 in {each.code for each in ended}
    assert all(e.code == 0 or "another restore" in e.err for e in ended), ended
    assert lively.call("looks.digests") == before


def _failing(site, how, **more):
    count = site.folder / f"count-{how}-{len(list(site.folder.iterdir()))}"
    options = {"location": str(site.store), "how": how, "count": str(count), **more}
    return {
        "storage": {"BACKEND": FAILING, "OPTIONS": options},
        "backups": {"storage_timeout_s": 0.5},
    }


@pytest.mark.parametrize("how", ["fail", "stall", "full"])
def test_a_storage_that_fails_leaves_no_backup(lively, how):
    """At its first call, in the middle, or when the manifest is stored: said, and nothing listed."""
    good = lively.backup()
    for after in (0, 2, 4):
        ended = lively.run("backup", settings=_failing(lively, how, after=after, verbs="save"))
        assert ended.code == 1, ended
        assert "Traceback" not in ended.err
        assert {"fail": "network", "stall": "answer", "full": "full"}[how] in ended.err
        assert lively.names() == [good]
    assert lively.backup() in lively.names()


def test_a_storage_that_fails_once_is_asked_again(lively):
    ended = lively.run("backup", settings=_failing(lively, "fail", after=2, times=1, verbs="save"))
    assert ended.code == 0, ended.err
    ended = lively.drill(settings=_failing(lively, "fail", after=2, times=1, verbs="open"))
    assert (ended.code, ended.json()["differences"]) == (0, []), ended.err


@pytest.mark.parametrize("how", ["fail", "stall"])
def test_a_restore_from_a_storage_that_fails_touches_nothing(lively, how):
    lively.backup()
    lively.call("looks.change")
    before = lively.call("looks.digests")
    for after in (0, 3):
        ended = lively.run(
            "restore", "--yes", "--identity", str(lively.key),
            settings=_failing(lively, how, after=after, verbs="open"),
        )  # fmt: skip
        assert ended.code == 1, ended
        assert "Traceback" not in ended.err
        assert lively.call("looks.digests") == before


def test_a_clock_that_jumps_loses_nothing(lively):
    """The newest set stays the newest, pruning takes nothing away, and what was drilled stays."""
    site = lively
    keep = {"backups": {"keep": {"daily": 1, "weekly": 0, "monthly": 0}}}
    names = []
    for jump in (None, "forward", None, "back", None, "forward", "back", None):
        more = {"prepare": f"tests.backups.site.moments.{jump}"} if jump else {}
        names.append(site.backup(settings=keep, **more))
        assert site.names() == names
        ended = site.drill(settings=keep, **more)
        assert (ended.code, ended.json()["name"]) == (0, names[-1]), ended.err
    assert sorted(names, key=lambda name: int(name.split("-")[1])) == names
    site.call("looks.change")
    assert site.run("restore", "--yes", "--identity", str(site.key)).code == 0


def test_what_a_killed_backup_left_is_no_backup_and_goes_with_time(lively):
    """A day later the next good backup takes it away."""
    site = lively
    good = site.backup()
    stray = site.store / "20200101T000000Z-000000-abcdef"
    shutil.copytree(site.store / good, stray)
    (stray / "manifest.json").unlink()
    assert site.names() == [good]
    assert site.drill(stray.name).code == 2
    second = site.backup()
    assert not stray.exists()
    assert site.names() == [good, second]
    assert json.loads(site.run("drill", "--json", "--identity", str(site.key)).out)["ok"] is True
    assert list(itertools.islice(site.store.rglob("*.part"), 1)) == []
