"""Clocks that jump and servers that are restarted: nobody gets more, nobody waits longer than a window."""

import time

import pytest
from django.conf import settings as configured
from django.core.cache import caches
from django.db import connections
from tests.attempts.conftest import name_of
from tests.attempts.crowd.server import memcached
from tests.attempts.test_stores import fail, place, token

from pickguard.attempts import stores
from pickguard.attempts.config import NAME
from pickguard.attempts.ledger import Outcome

pytestmark = pytest.mark.django_db(databases=list(configured.DATABASES))


def test_a_clock_set_back_lets_nobody_try_more(store, jump):
    one = place(limit=2, window=600)
    fail(store, [one]), fail(store, [one])
    jump(-3600)
    assert [fail(store, [one]) for _ in range(3)] == [Outcome.REFUSED] * 3


def test_a_clock_set_back_locks_nobody_out_for_longer_than_a_window(store, jump):
    """Though it is asked again and again meanwhile."""
    one = place(limit=1, window=2)
    fail(store, [one])
    jump(-3600)
    waited = time.monotonic()
    while fail(store, [one]) is not Outcome.TAKEN:
        assert time.monotonic() - waited < 20
        time.sleep(0.2)


def test_a_clock_set_forward_ends_nothing_but_windows(store, jump):
    """What was being verified meanwhile is settled, and counts."""
    one = place(limit=1, window=600)
    running = token()
    store.take(running, [one])
    jump(120)
    store.settle(running, [one])
    assert fail(store, [one]) is Outcome.REFUSED


def test_a_site_that_is_restarted_goes_on_counting(store):
    """Nothing of it is in the process; the counts of a database in memory end with that."""
    one = place(limit=2)
    fail(store, [one]), fail(store, [one])
    stores._of_alias.cache_clear()
    caches.close_all()
    assert fail(stores.store(), [one]) is Outcome.REFUSED


ENDING = {
    "postgresql": "SELECT pg_terminate_backend(%s)",
    "mariadb": "KILL %s",
}


@pytest.mark.parametrize("kind", ENDING)
@pytest.mark.django_db(transaction=True, databases=list(configured.DATABASES))
def test_a_database_that_is_restarted_refuses_nobody(kind, request, settings, tmp_path):
    """A connection that its server has ended is not the last one."""
    setattr(settings, NAME, {"store": name_of(kind, request, settings, tmp_path)})
    store, one = stores.store(), place(limit=2)
    fail(store, [one])
    connection = connections[kind]
    own = "pg_backend_pid()" if kind == "postgresql" else "CONNECTION_ID()"
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + own)
        number = cursor.fetchone()[0]
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute(ENDING[kind], [number])
    other.close()
    assert [fail(store, [one]) for _ in range(2)] == [Outcome.TAKEN, Outcome.REFUSED]


@pytest.mark.usefixtures("memcached")
def test_a_memcached_that_is_restarted_counts_from_the_beginning(settings):
    """It keeps nothing on disk; it is said so in the documentation."""
    backend = "django.core.cache.backends.memcached.PyMemcacheCache"
    one = place(limit=1)
    for _ in range(2):
        with memcached() as port:
            settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": f"127.0.0.1:{port}"}}
            setattr(settings, NAME, {"store": "cache:default"})
            found = [fail(stores.store(), [one]) for _ in range(2)]
            caches.close_all()
        assert found == [Outcome.TAKEN, Outcome.REFUSED]
