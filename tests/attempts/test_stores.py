"""Every store keeps the same promises: exact, atomic, bounded, and it forgets what it shall forget."""

import os
import threading
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.core.cache import caches
from django.db import connections

from pickguard.attempts import stores
from pickguard.attempts.ledger import Outcome, Place
from pickguard.attempts.stores.books import BookStore

pytestmark = pytest.mark.django_db(databases=list(configured.DATABASES))


def place(limit=3, window=60, name="account", account="a", **more):
    return Place(uuid.uuid4().hex, limit, window, name, account=account, **more)


def token(device="-"):
    return f"{device}.{uuid.uuid4().hex[:16]}"


def fail(store, places, device="-"):
    """Attempt with a wrong password; return what came of it."""
    name = token(device)
    verdict = store.take(name, places)
    if verdict.outcome in {Outcome.TAKEN, Outcome.QUIET}:
        held = [p for p in places if not (p.quiet and verdict.outcome is Outcome.QUIET)]
        store.settle(name, held)
    return verdict.outcome


def test_the_limit_is_the_number_of_failures(store):
    one = place(limit=3)
    assert [fail(store, [one]) for _ in range(5)] == [Outcome.TAKEN] * 3 + [Outcome.REFUSED] * 2


def test_a_place_in_use_is_no_failure_yet(store):
    """Who comes meanwhile is told to ask again, not refused."""
    one = place(limit=1)
    name = token()
    assert store.take(name, [one]).outcome is Outcome.TAKEN
    assert store.take(token(), [one]).outcome is Outcome.BUSY
    store.settle(name, [one])
    assert store.take(token(), [one]).outcome is Outcome.REFUSED


def test_a_place_given_back_is_free(store):
    one = place(limit=2)
    for _ in range(10):
        name = token()
        assert store.take(name, [one]).outcome is Outcome.TAKEN
        store.give_back(name, [one], "")


def test_all_places_or_none(store):
    """One budget that refuses uses up nothing in the others."""
    narrow, wide = place(limit=1), place(limit=2, name="address", account="")
    assert fail(store, [narrow, wide]) is Outcome.TAKEN
    for _ in range(3):
        assert fail(store, [narrow, wide]) is Outcome.REFUSED
    assert fail(store, [wide]) is Outcome.TAKEN
    assert fail(store, [wide]) is Outcome.REFUSED


def test_the_end_of_a_quiet_budget_does_not_show(store):
    """The others are used as if it had a place left, until they refuse by themselves."""
    shown, quiet = place(limit=4), place(limit=2, quiet=True)
    found = [fail(store, [shown, quiet]) for _ in range(5)]
    assert found == [Outcome.TAKEN] * 2 + [Outcome.QUIET] * 2 + [Outcome.REFUSED]


def test_a_refusal_names_the_limit_and_the_seconds(store):
    one = place(limit=1, window=40, name="address")
    fail(store, [one])
    verdict = store.take(token(), [one])
    assert verdict.limit == "address"
    assert 35 <= verdict.retry_after <= 41


def test_places_come_free_one_by_one_as_their_time_passes(store, later):
    """A window that slides: not all at once, as a fixed one would."""
    one = place(limit=2, window=10)
    fail(store, [one])
    later(5)
    fail(store, [one])
    assert fail(store, [one]) is Outcome.REFUSED
    later(8)  # a busy Memcached counts its seconds late
    assert [fail(store, [one]) for _ in range(2)] == [Outcome.TAKEN, Outcome.REFUSED]


def test_the_time_that_passes_is_that_of_the_clock(store):
    one = place(limit=1, window=2)
    fail(store, [one])
    held = time.monotonic()
    while fail(store, [one]) is not Outcome.TAKEN:
        assert time.monotonic() - held < 20
        time.sleep(0.1)
    assert time.monotonic() - held > 1.9


def test_the_window_begins_when_the_password_has_been_verified(store, later):
    """Not when the place was taken: else slow verification would let more through."""
    one = place(limit=1, window=10)
    name = token()
    store.take(name, [one])
    later(5)
    store.settle(name, [one])
    later(6)
    assert store.take(token(), [one]).outcome is Outcome.REFUSED


def test_success_clears_the_failures_of_that_device_at_that_account_only(store):
    account, address = place(limit=3), place(limit=3, name="address", account="")
    for device in ("mine", "mine", "theirs"):
        fail(store, [account, address], device)
    name = token("mine")
    assert store.take(name, [place()]).outcome is Outcome.TAKEN
    store.give_back(name, [account, address], "mine")
    assert fail(store, [address]) is Outcome.REFUSED
    found = [fail(store, [account], "theirs") for _ in range(3)]
    assert found == [Outcome.TAKEN, Outcome.TAKEN, Outcome.REFUSED]


def test_success_does_not_clear_what_is_still_being_verified(store):
    one = place(limit=2)
    running, right = token("mine"), token("mine")
    store.take(running, [one])
    store.take(right, [one])
    store.give_back(right, [one], "mine")
    store.settle(running, [one])
    assert fail(store, [one], "mine") is Outcome.TAKEN
    assert fail(store, [one], "mine") is Outcome.REFUSED


@pytest.mark.parametrize("owner", ["account1", "address1"])
def test_unlocking_forgets_the_failures_of_its_owner_only(store, owner):
    mine = place(limit=1, account="account1", address="address1")
    theirs = place(limit=1, account="account2", address="address2")
    fail(store, [mine]), fail(store, [theirs])
    store.unlock(owner)
    assert fail(store, [mine]) is Outcome.TAKEN
    assert fail(store, [mine]) is Outcome.REFUSED
    assert fail(store, [theirs]) is Outcome.REFUSED


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
@pytest.mark.parametrize("kind", ["sqlite-file"])
def test_a_file_that_root_made_belongs_to_the_owner_of_the_database(store):
    """Else who unlocks by command before the first login would lock everybody out."""
    Path(store.beside).touch()
    os.chown(store.beside, 65534, 65534)
    fail(store, [place()])
    made = [path for path in Path(store.path).parent.iterdir() if ".attempts" in path.name]
    assert {path.stat().st_uid for path in made} == {65534}


def test_the_clock_of_a_store_is_that_of_the_world(store):
    """In any time zone of its server."""
    if isinstance(store, BookStore):
        clock: Any = store
        assert abs(clock.now() - time.time()) < 60


@pytest.mark.usefixtures("store")
def test_exactly_the_limit_of_many_at_once():
    """Threads that all ask at the same time, again and again while places are in use."""
    places = sorted(
        [place(limit=5), place(limit=7), place(limit=9, quiet=True)], key=lambda p: p.key
    )
    start, got, errors = threading.Barrier(20), [], []

    def attempt():
        store = stores.store()  # as each thread of a server has its own
        start.wait()
        try:
            for _ in range(5):
                name = token()
                while (verdict := store.take(name, places)).outcome is Outcome.BUSY:
                    time.sleep(0.005)
                if verdict.outcome is Outcome.TAKEN:
                    got.append(name)
                    time.sleep(0.02)
                    store.settle(name, places)
        except Exception as error:  # noqa: BLE001 # whatever it is
            errors.append(error)
        finally:
            connections.close_all()
            caches.close_all()

    threads = [threading.Thread(target=attempt) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(got) == 5


@pytest.mark.usefixtures("store")
def test_right_passwords_alone_never_exhaust_anything():
    """However many at once: who finds all places in use waits for one."""
    one = place(limit=2)
    rights = []

    def attempt():
        store = stores.store()
        try:
            for _ in range(5):
                name = token()
                while store.take(name, [one]).outcome is not Outcome.TAKEN:
                    time.sleep(0.002)
                store.give_back(name, [one], "")
                rights.append(name)
        finally:
            connections.close_all()
            caches.close_all()

    threads = [threading.Thread(target=attempt) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(rights) == 40
