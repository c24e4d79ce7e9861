"""The way in and out: a place is taken before a password is hashed, and settled or given back after.

ticket = enter(who)             # or a Refusal
leave(ticket, is_right=...)
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from asgiref.sync import sync_to_async

from pickguard.attempts.config import Config, configured
from pickguard.attempts.ledger import Outcome, Place, taken
from pickguard.attempts.places import places
from pickguard.attempts.request import Refusal
from pickguard.attempts.stores import store
from pickguard.attempts.who import Who

log = logging.getLogger("pickguard.attempts")
_AGAIN = 30  # seconds until it is worth asking again after the store has failed


@dataclass(frozen=True, slots=True)
class Ticket:
    """Places that were taken. A quiet one lets nobody in: the answer is that of a wrong password."""

    who: Who
    token: str = ""
    places: tuple[Place, ...] = field(default=())
    is_quiet: bool = False


def enter(who: Who) -> Ticket | Refusal:
    """Take a place. Waits while all that are left are in use by others that may give them back."""
    for pause in _pauses(configured()):
        found = _once(who)
        if found is not None:
            return found
        time.sleep(pause)
    return Refusal("busy", 1, who.account)


async def aenter(who: Who) -> Ticket | Refusal:
    """See `enter`."""
    once = sync_to_async(_once)
    for pause in _pauses(configured()):
        found = await once(who)
        if found is not None:
            return found
        await asyncio.sleep(pause)
    return Refusal("busy", 1, who.account)


def leave(ticket: Ticket, *, is_right: bool) -> None:
    """Give the places back where the password was right; else they count from now."""
    device = ticket.who.device.id if ticket.who.device else ""
    try:
        if not ticket.places:
            return
        if is_right:
            store().give_back(ticket.token, ticket.places, device)
        else:
            store().settle(ticket.token, ticket.places)
    except Exception:  # whatever the client of a store raises
        log.warning("An attempt stays counted as in use: the store failed.", exc_info=True)


def unlock(owners: tuple[str, ...]) -> None:
    """Forget the failures of accounts and addresses. Errors of the store go through."""
    for owner in owners:
        store().unlock(owner)


def _once(who: Who) -> Ticket | Refusal | None:
    """Ask once; None where places are in use."""
    config = configured()
    wanted = places(who, config)
    token = f"{who.device.id if who.device else '-'}.{secrets.token_hex(8)}"
    try:
        verdict = store().take(token, wanted)
    except Exception as error:  # noqa: BLE001 # whatever the client of a store raises
        return _failed(who, config, error)
    match verdict.outcome:
        case Outcome.BUSY:
            return None
        case Outcome.REFUSED:
            return Refusal(verdict.limit, verdict.retry_after, who.account)
        case Outcome.TAKEN | Outcome.QUIET:
            held = tuple(taken(wanted, verdict.outcome))
            return Ticket(who, token, held, verdict.outcome is Outcome.QUIET)


def _failed(who: Who, config: Config, error: Exception) -> Ticket | Refusal:
    says = "let through uncounted" if config.fails_open else "refused"
    log.warning(
        "Login attempts cannot be counted, and are %s: the store failed.", says, exc_info=error
    )
    return Ticket(who) if config.fails_open else Refusal("", _AGAIN, who.account)


def _pauses(config: Config) -> Iterator[float]:
    """Return how long to wait before asking again, until waiting is over."""
    pause, end = 0.01, time.monotonic() + config.wait
    while True:
        yield pause
        if time.monotonic() > end:
            return
        pause = min(pause * 1.5, 0.15)
