"""One attempt from end to end: who it is, its place, how it ended, what is told and kept of that."""

from collections.abc import Mapping
from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpRequest

from pickguard.attempts import address, audit, device, expiry, gate
from pickguard.attempts.config import configured
from pickguard.attempts.gate import Ticket
from pickguard.attempts.request import Refusal, current, later, plain
from pickguard.attempts.signals import attempt_refused
from pickguard.attempts.who import Who, identify, proof_of


def begin(request: Any, credentials: Mapping[str, Any]) -> Ticket | Refusal:
    """Take a place for an attempt with these credentials."""
    who = _who(plain(request), credentials)
    found = gate.enter(who)
    if isinstance(found, Refusal):
        _refused(plain(request), who, found)
    return found


async def abegin(request: Any, credentials: Mapping[str, Any]) -> Ticket | Refusal:
    """See `begin`."""
    who = await sync_to_async(_who)(plain(request), credentials)
    found = await gate.aenter(who)
    if isinstance(found, Refusal):
        await sync_to_async(_refused)(plain(request), who, found)
    return found


def end(request: Any, ticket: Ticket, user: Any) -> None:
    """Say how it ended: the user whose password it was, or None."""
    gate.leave(ticket, is_right=user is not None)
    later(expiry.sometimes)
    if user is None:
        _wrong(plain(request), ticket.who)
    else:
        _right(plain(request), ticket.who, user)


def _who(request: HttpRequest | None, credentials: Mapping[str, Any]) -> Who:
    if request is None:
        return identify(credentials, None, None)
    config = configured()
    origin = address.origin(request.META, config)
    state = current.get()
    seen = state.device if state and state.device else device.read(request, config)
    return identify(credentials, origin, seen)


def _refused(request: HttpRequest | None, who: Who, refusal: Refusal) -> None:
    state = current.get()
    if state is not None:
        state.refusal = refusal
    audit.note(request, who, audit.REFUSED)
    later(expiry.sometimes)
    attempt_refused.send_robust(
        sender=None,
        request=request,
        account=who.account,
        address=who.origin.prefix if who.origin else None,
        limit=refusal.limit,
        retry_after=refusal.retry_after,
    )


def _wrong(request: HttpRequest | None, who: Who) -> None:
    state = current.get()
    if state is not None and who.device and who.device.is_new:
        state.device = who.device  # so that a success on it clears this failure
    audit.note(request, who, audit.WRONG)


def _right(request: HttpRequest | None, who: Who, user: Any) -> None:
    proofs = (proof_of(user),) if who.has_account else (proof_of(user), *who.proofs)
    was_known = bool(set(proofs) & set(who.device.proofs)) if who.device else False
    is_api = request is not None and "HTTP_AUTHORIZATION" in request.META
    state = current.get()
    if state is not None:
        state.refusal = None
        if who.device and not (is_api and was_known):
            state.device = device.proven(who.device, proofs)
    if not was_known:
        audit.note(request, who, audit.RIGHT, hourly=is_api)
