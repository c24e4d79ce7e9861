"""Counting in PostgreSQL, MariaDB and MySQL: one row a budget, locked while it is judged.

The rows are locked in one order by everybody, so nobody waits in a circle. Counting never takes part
in a transaction of the request (`ATOMIC_REQUESTS`): a rollback would give the place back.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from django.db import OperationalError, connections, transaction

from pickguard.attempts.ledger import LEASE, Place, Verdict
from pickguard.attempts.stores.books import Books, BookStore, dumps, expiry, loads

_CLOCK = {
    # and no waiting for the disk: a power failure may cost the counts of half a second
    "postgresql": (
        "SELECT EXTRACT(EPOCH FROM clock_timestamp()), set_config('synchronous_commit', 'off', true)"
    ),
    # in UTC: an hour that the local clock has twice would be counted once
    "mysql": "SELECT TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6)) / 1000000",
}
_TRIES = 4
_AT_ONCE = threading.BoundedSemaphore(4)  # connections besides the requests' own, per process
_T = TypeVar("_T")


class _MissingError(Exception):
    """Rows that are to be written are not there yet, or have expired meanwhile."""

    def __init__(self, places: Sequence[Place]) -> None:
        super().__init__(f"{len(places)} rows are missing")
        self.places = places


class RowStore(BookStore):
    """Budgets as rows of `Budget`."""

    def __init__(self, alias: str) -> None:
        self.alias = alias

    def take(self, token: str, places: Sequence[Place]) -> Verdict:
        """Take a place in each budget, or in none."""
        return self._apart(lambda: BookStore.take(self, token, places))

    def settle(self, token: str, places: Sequence[Place]) -> None:
        """Hold the places for their window from now."""
        self._apart(lambda: BookStore.settle(self, token, places))

    def give_back(self, token: str, places: Sequence[Place], device: str) -> None:
        """Free the places, and forget the device's failures at the account."""
        self._apart(lambda: BookStore.give_back(self, token, places, device))

    def unlock(self, owner: str) -> None:
        """Forget all failures of an account or an address."""
        from pickguard.attempts.models import Budget

        def forget() -> None:
            rows = Budget.objects.using(self.alias)
            rows.filter(account=owner).delete()
            rows.filter(address=owner).delete()

        self._apart(forget)

    @contextmanager
    def locked(self, places: Sequence[Place]) -> Iterator[Books]:
        """Lock the rows of these places until what has changed is written."""
        from pickguard.attempts.models import Budget

        keys = [place.key for place in places]
        with transaction.atomic(using=self.alias, durable=True):
            rows = Budget.objects.using(self.alias).filter(key__in=keys)
            found = {row.key: row for row in rows.select_for_update().order_by("key")}
            held = {key: loads(found[key].entries) if key in found else [] for key in keys}
            books = Books(self.now(), held)
            yield books
            if any(key not in found for key in books.changed):
                raise _MissingError([place for place in places if place.key not in found])
            windows = {place.key: place.window for place in places}
            for key, entries in books.changed.items():
                found[key].entries = dumps(entries)
                found[key].expires = expiry(entries, windows[key])
            if books.changed:
                changed = [found[key] for key in sorted(books.changed)]
                rows.bulk_update(changed, ["entries", "expires"])

    def now(self) -> float:
        """Return the time by the database's clock."""
        connection = connections[self.alias]
        with connection.cursor() as cursor:
            cursor.execute(_CLOCK[connection.vendor])
            return float(cursor.fetchone()[0])

    def purge(self, most: int) -> int:
        """Delete some of the rows that hold nothing that counts."""
        from pickguard.attempts.models import Budget

        def delete() -> int:
            rows = Budget.objects.using(self.alias)
            old = rows.filter(expires__lt=self.now()).order_by("expires")
            keys = list(old.values_list("key", flat=True)[:most])
            return rows.filter(key__in=sorted(keys), expires__lt=self.now()).delete()[0]

        return self._apart(delete)

    def _insert(self, places: Sequence[Place]) -> None:
        """Insert rows that somebody else may be inserting as well."""
        from pickguard.attempts.models import Budget

        now = self.now()
        rows = [
            Budget(
                key=place.key, account=place.account, address=place.address,
                expires=now + place.window + LEASE,
            )
            for place in sorted(places, key=lambda place: place.key)
        ]  # fmt: skip
        Budget.objects.using(self.alias).bulk_create(rows, ignore_conflicts=True)

    def _apart(self, step: Callable[[], _T]) -> _T:
        """Do a step outside of the thread's transaction, again where rows were in its way."""
        with _apart(self.alias):
            for number in range(1, _TRIES):
                try:
                    return step()
                except _MissingError as missing:
                    self._insert(missing.places)
                except OperationalError:
                    if connections[self.alias].is_usable():
                        time.sleep(0.01 * number)  # a deadlock: others lock rows in other ways
                    elif number == 1:
                        connections[self.alias].close()  # the server was restarted: connect anew
                    else:
                        raise
            return step()


@contextmanager
def _apart(alias: str) -> Iterator[None]:
    """Have the alias mean a connection of its own while the thread's is in a transaction."""
    held = connections[alias]
    if not held.in_atomic_block:
        yield
        return
    with _AT_ONCE:
        own = held.copy()
        connections[alias] = own
        try:
            yield
        finally:
            connections[alias] = held
            own.close()
