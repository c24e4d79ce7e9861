"""What the two kinds of database share: budgets as rows, judged in Python under a lock."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from pickguard.attempts import ledger
from pickguard.attempts.ledger import LEASE, Entry, Place, Verdict


@dataclass(slots=True)
class Books:
    """The locked rows: what each budget holds, the time, and what is to be written."""

    now: float
    entries: dict[str, list[Entry]]
    changed: dict[str, list[Entry]] = field(default_factory=dict)

    def change(self, key: str, entries: list[Entry]) -> None:
        """Have a budget hold these entries, written if that is something else."""
        if entries != self.entries[key]:
            self.changed[key] = entries


Locked = Callable[[Sequence[Place]], AbstractContextManager[Books]]


def loads(text: str) -> list[Entry]:
    """Return the entries of a row."""
    return [Entry(stamp, token) for stamp, token in json.loads(text or "[]")]


def dumps(entries: Sequence[Entry]) -> str:
    """Return entries as a row keeps them."""
    return json.dumps([[each.stamp, each.token] for each in entries], separators=(",", ":"))


def expiry(entries: Sequence[Entry], window: int) -> float:
    """Return when a row holds nothing that counts."""
    return max((each.stamp for each in entries), default=0.0) + window + LEASE


class BookStore:
    """The steps of a store; a subclass says how rows are locked and written."""

    def locked(self, places: Sequence[Place]) -> AbstractContextManager[Books]:
        """Lock the rows of these places until what has changed is written."""
        raise NotImplementedError

    def take(self, token: str, places: Sequence[Place]) -> Verdict:
        """Take a place in each budget, or in none."""
        if not places:
            return Verdict(ledger.Outcome.TAKEN)
        with self.locked(places) as books:
            held = dict(_live(places, books))
            _set_back(books, held)
            verdict = ledger.decide(places, held, books.now)
            for place in ledger.taken(places, verdict.outcome):
                entry = Entry(books.now + LEASE, token)
                books.change(place.key, [*held[place.key], entry])
        return verdict

    def settle(self, token: str, places: Sequence[Place]) -> None:
        """Hold the places for their window from now."""
        with self.locked(places) as books:
            for key, entries in _live(places, books):
                books.change(key, ledger.settled(entries, token, books.now))

    def give_back(self, token: str, places: Sequence[Place], device: str) -> None:
        """Free the places, and forget the device's failures at the account."""
        with self.locked(places) as books:
            held = dict(_live(places, books))
            for place in places:
                failures_of = device if place.account else ""
                left = ledger.given_back(held[place.key], token, books.now, failures_of)
                books.change(place.key, left)


def _set_back(books: Books, held: Mapping[str, list[Entry]]) -> None:
    """Write stamps that became now because the clock was set back; else they would each time anew."""
    for key, entries in held.items():
        if any(ledger.is_ahead(each.stamp, books.now) for each in books.entries[key]):
            books.change(key, entries)


def _live(places: Sequence[Place], books: Books) -> Iterator[tuple[str, list[Entry]]]:
    for place in places:
        yield place.key, ledger.live(books.entries[place.key], books.now, place.window)
