"""A sliding window as a list of stamps: who may take a place now, and until when it is held.

A place is held from before its password is hashed until `window` seconds after that is over. So at
most `limit` passwords are verified in any span of that length, wherever it begins: of those that
fall into it, all others still held their place when the last one took its own.
While its password is being hashed a place bears a stamp in the future, `LEASE` seconds on; who dies
meanwhile leaves it behind, and it counts as a wrong password.
Pure: the stores bring the entries and the time.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

LEASE = 60


@dataclass(frozen=True, slots=True)
class Entry:
    """A place that is held: until `stamp` it is being used, from then on it counts as a failure."""

    stamp: float
    token: str


@dataclass(frozen=True, slots=True)
class Place:
    """One of the budgets that an attempt needs a place in.

    `quiet` is a budget whose end must not show, since it would tell which accounts exist.
    `account` and `address` are whom an unlocking frees.
    """

    key: str
    limit: int
    window: int
    name: str
    quiet: bool = False
    account: str = ""
    address: str = ""


class Outcome(Enum):
    """What came of asking for places."""

    TAKEN = "taken"  # in all budgets
    QUIET = "quiet"  # in those that show; a quiet one is used up
    BUSY = "busy"  # none: places that may come back are in use
    REFUSED = "refused"  # none: a budget is used up


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome; when refused, by which limit, and in how many seconds a place comes free."""

    outcome: Outcome
    limit: str = ""
    retry_after: int = 0


Books = Mapping[str, Sequence[Entry]]


def live(entries: Sequence[Entry], now: float, window: int) -> list[Entry]:
    """Return what still counts.

    A stamp that no clock of today can have written (the clock was set back) becomes now. Stores keep
    that, so that nobody waits longer than one window.
    """
    return [
        Entry(now, entry.token) if is_ahead(entry.stamp, now) else entry
        for entry in entries
        if entry.stamp + window > now
    ]


def is_ahead(stamp: float, now: float) -> bool:
    """Whether the clock was set back since this stamp was written."""
    return stamp > now + LEASE


def decide(places: Sequence[Place], books: Books, now: float) -> Verdict:
    """Return what somebody who asks for these places now gets. The entries are live ones."""
    failed = {p.key: [e for e in books[p.key] if e.stamp <= now] for p in places}
    full = [p for p in places if len(failed[p.key]) >= p.limit]
    refusing = [p for p in full if not p.quiet]
    if refusing:
        waits = [(_wait(p, failed[p.key], now), p.name) for p in refusing]
        seconds, name = max(waits)
        return Verdict(Outcome.REFUSED, name, seconds)
    held = [p for p in places if p not in full and len(books[p.key]) >= p.limit]
    if any(not full or not p.quiet for p in held):
        return Verdict(Outcome.BUSY)
    return Verdict(Outcome.QUIET if full else Outcome.TAKEN)


def _wait(place: Place, failed: Sequence[Entry], now: float) -> int:
    """Return the seconds until one place is free."""
    stamps = sorted(entry.stamp for entry in failed)
    return max(1, math.ceil(stamps[len(stamps) - place.limit] + place.window - now))


def taken(places: Sequence[Place], outcome: Outcome) -> list[Place]:
    """Return those of the places that were taken."""
    if outcome is Outcome.TAKEN:
        return list(places)
    return [p for p in places if not p.quiet] if outcome is Outcome.QUIET else []


def settled(entries: Sequence[Entry], token: str, now: float) -> list[Entry]:
    """Return the entries after this one's password turned out wrong."""
    return [Entry(now, token) if entry.token == token else entry for entry in entries]


def given_back(
    entries: Sequence[Entry], token: str, now: float, failures_of: str = ""
) -> list[Entry]:
    """Return the entries after this one's password was right; `failures_of` a device go with it."""
    return [
        entry
        for entry in entries
        if entry.token != token and not (entry.stamp <= now and is_of(entry.token, failures_of))
    ]


def is_of(token: str, device: str) -> bool:
    """Whether an attempt came from this device."""
    return bool(device) and token.startswith(device + ".")
