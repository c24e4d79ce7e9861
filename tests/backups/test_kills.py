"""Killed at random moments: nothing live is lost, nothing half done is taken for a backup."""

import os
import random
import threading
import time

import pytest
from django.db import connections
from tests.backups.conftest import until

from pickguard.backups.engines import engine

TIMES = int(os.environ.get("PICKGUARD_FAULTS", "20"))


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def lively(request, sites):
    """A site of its own for each test."""
    return sites(request.param, 30)


@pytest.fixture
def chance():
    seed = random.randrange(10**6)
    print("seed", seed)
    return random.Random(seed)


def _took(function):
    began = time.monotonic()
    function()
    return time.monotonic() - began


def test_killed_backups_are_never_listed(lively, chance):
    """At 20 moments; each set that is listed is a good one, and the next backup works."""
    before = lively.call("looks.digests")
    took = _took(lively.backup)
    killed = sum(lively.killed(chance.uniform(0, took * 1.1), "backup") for _ in range(TIMES))
    assert killed
    names = lively.names()
    assert len(names) <= 1 + TIMES  # some are killed after they were whole
    for name in names[-3:]:
        assert lively.drill(name).code == 0
    last = lively.backup()
    assert lively.names()[-1] == last
    assert lively.drill().code == 0
    assert lively.call("looks.digests") == before
    assert list(lively.work.iterdir()) == []


def test_killed_drills_touch_nothing_and_leave_nothing_for_long(lively, chance, servers):
    """At 20 moments; what they leave, the next one takes away."""
    before = lively.call("looks.digests")
    lively.backup()
    took = _took(lively.drill)
    there = _scratch(lively, servers)
    words = ("drill", "--identity", str(lively.key))
    killed = sum(lively.killed(chance.uniform(0, took * 1.1), *words) for _ in range(TIMES))
    assert killed
    assert lively.call("looks.digests") == before
    ended = lively.drill()
    assert (ended.code, ended.json()["differences"]) == (0, []), ended.err
    assert [path for path in lively.work.iterdir() if path.is_dir()] == []
    left = _scratch(lively, servers) - there  # or of a test beside us, which takes its own away
    until(lambda: not left & _scratch(lively, servers), 180)


def _scratch(site, servers):
    if site.vendor == "sqlite":
        return set()
    return {name for name in servers.names(site.vendor) if name.startswith("pickguard_drill")}


def test_killed_restores_leave_one_of_the_two_whole_states(lively, chance):
    """At 20 moments; then the same command finishes what was begun."""
    before = lively.call("looks.digests")
    lively.backup()
    lively.call("looks.change")
    changed = lively.call("looks.digests")
    words = ("restore", "--yes", "--identity", str(lively.key))
    took = 0.6 if lively.vendor != "sqlite" else 0.12
    for _ in range(TIMES):
        lively.killed(chance.uniform(0, took), *words)
        now = _rows(lively.call("looks.digests"))
        assert now in (_rows(before), _rows(changed))
    ended = lively.run(*words)
    assert ended.code == 0, ended.err
    assert lively.call("looks.digests") == before
    lively.call("looks.change")  # triggers, keys and views are there
    assert [path for path in lively.work.iterdir() if path.is_dir()] == []


def _rows(found):
    return {name: digest for name, digest in found.items() if not name.startswith("media")}


def test_a_database_that_a_server_still_makes_is_taken_away(sites, django_db_blocker):
    """A killed drill's `CREATE DATABASE` goes on in the server, and what it makes is seen later."""
    import psycopg

    place = sites("postgresql").databases["default"]
    name = f"{place['NAME']}_late"
    login = {"user": place["USER"], "password": place["PASSWORD"], "host": place["HOST"]}
    making = []

    def make():
        with psycopg.connect(dbname="postgres", autocommit=True, **login) as connection:
            try:
                # waits for those who are connected to what it copies
                connection.execute(f'CREATE DATABASE "{name}" TEMPLATE {place["NAME"]}')
            except psycopg.errors.QueryCanceled:
                making.append("stopped")

    with psycopg.connect(dbname=place["NAME"], **login) as holding:
        maker = threading.Thread(target=make)
        maker.start()
        until(lambda: _is_making(holding, name), 30)
        whole = connections["postgresql"].settings_dict | place | {"NAME": name}
        with django_db_blocker.unblock():
            engine(whole).drop(whole)
    maker.join()
    assert making == ["stopped"]


def _is_making(connection, name):
    asked = "SELECT count(*) FROM pg_stat_activity WHERE starts_with(query, %s)"
    (count,) = connection.execute(asked, [f'CREATE DATABASE "{name}"']).fetchone()
    connection.rollback()
    return count
