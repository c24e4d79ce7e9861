"""Counting in Memcached: a budget of N is N slots, and who can `add` a slot holds a place.

A slot ends by itself a window after it was settled, by the server's own steady clock; `add` is
atomic there. An unlocking changes a word that is part of the slots' names.
"""

import secrets
import time
from collections.abc import Sequence
from typing import Any

from django.core.cache.backends.base import BaseCache

from pickguard.attempts.ledger import (
    LEASE,
    Entry,
    Outcome,
    Place,
    Verdict,
    decide,
    is_ahead,
    is_of,
    taken,
)

_TICK = 2  # Memcached counts whole seconds, a busy one late; a slot must not end early
_MARGIN = 5  # seconds before its end in which a slot is left to end by itself

Slots = dict[str, list[str]]


class MemcachedStore:
    """Budgets as slots, through a cache."""

    def __init__(self, cache: BaseCache) -> None:
        self.cache = cache

    def take(self, token: str, places: Sequence[Place]) -> Verdict:
        """Take a place in each budget, or in none."""
        slots, held, now = self._read(places)
        books = {p.key: [held[slot] for slot in slots[p.key] if slot in held] for p in places}
        verdict = decide(places, books, now)
        got: list[str] = []
        for place in taken(places, verdict.outcome):
            slot = self._add(token, place, [s for s in slots[place.key] if s not in held], now)
            if slot is None:  # others were quicker; asking again tells whether for good
                self.cache.delete_many(got)
                return Verdict(Outcome.BUSY)
            got.append(slot)
        return verdict

    def settle(self, token: str, places: Sequence[Place]) -> None:
        """Hold the places for their window from now."""
        slots, held, now = self._read(places)
        for place in places:
            for slot in slots[place.key]:
                if slot in held and held[slot].token == token:
                    self.cache.set(slot, (now, token), place.window + _TICK)

    def give_back(self, token: str, places: Sequence[Place], device: str) -> None:
        """Free the places, and forget the device's failures at the account."""
        slots, held, now = self._read(places)
        self.cache.delete_many(
            [
                slot
                for place in places
                for slot in slots[place.key]
                if slot in held
                and (
                    held[slot].token == token
                    or (place.account and _is_failure(held[slot], place, device, now))
                )
            ]
        )

    def unlock(self, owner: str) -> None:
        """Forget all failures of an account or an address."""
        self.cache.set(_epoch(owner), secrets.token_hex(4), None)

    def purge(self, most: int) -> int:
        """Delete nothing: keys end by themselves."""
        del most
        return 0

    def _read(self, places: Sequence[Place]) -> tuple[Slots, dict[str, Entry], float]:
        """Return the names of the slots by budget, what the taken ones hold, and the time."""
        owners = {_epoch(o) for p in places for o in (p.account, p.address) if o}
        epochs = self.cache.get_many(sorted(owners))
        slots = {place.key: _names(place, epochs) for place in places}
        found = self.cache.get_many([slot for names in slots.values() for slot in names])
        now = time.time()
        held = {
            slot: Entry(now if is_ahead(at, now) else at, token)
            for slot, (at, token) in found.items()
        }
        return slots, held, now

    def _add(self, token: str, place: Place, free: list[str], now: float) -> str | None:
        """Take one of the free slots; each attempt begins at another one."""
        start = int(token[-8:], 16) % len(free)
        for slot in free[start:] + free[:start]:
            if self.cache.add(slot, (now + LEASE, token), place.window + LEASE + _TICK):
                return slot
        return None


def _names(place: Place, epochs: dict[str, Any]) -> list[str]:
    words = [epochs.get(_epoch(o), "0") for o in (place.account, place.address)]
    start = f"pickguard.attempts.{place.key}.{'.'.join(words)}."
    return [start + str(number) for number in range(place.limit)]


def _epoch(owner: str) -> str:
    return f"pickguard.attempts.epoch.{owner}"


def _is_failure(entry: Entry, place: Place, device: str, now: float) -> bool:
    """Whether this is a settled failure of the device, and not about to end by itself."""
    lasts = entry.stamp + place.window - now
    return entry.stamp <= now and lasts > _MARGIN and is_of(entry.token, device)
