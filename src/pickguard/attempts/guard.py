"""The limit for a login path of one's own, one that calls `check_password` itself.

with guard(request, name) as attempt:
    if user is not None and user.check_password(password):
        attempt.right(user)
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from asgiref.sync import sync_to_async
from django.core.exceptions import PermissionDenied

from pickguard.attempts.attempt import abegin, begin, end
from pickguard.attempts.request import Refusal, current


class TooManyAttempts(PermissionDenied):  # named like what it says, as Django's are
    """An attempt was refused; `retry_after` is in seconds."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.limit)
        self.retry_after = refusal.retry_after


class Guarded:
    """An attempt that holds a place; wrong until `right` is called."""

    def __init__(self, *, is_quiet: bool) -> None:
        self.user: Any = None
        self._is_quiet = is_quiet

    def right(self, user: Any) -> bool:
        """Say that it was this user's password. False where it must count as wrong all the same."""
        if self._is_quiet:
            return False
        self.user = user
        return True


@contextmanager
def guard(request: Any, account: str) -> Iterator[Guarded]:
    """Hold a place for an attempt on an account. Raises TooManyAttempts over a limit."""
    ticket = begin(request, {"username": account})
    if isinstance(ticket, Refusal):
        raise TooManyAttempts(ticket)
    attempt = Guarded(is_quiet=ticket.is_quiet)
    try:
        yield attempt
    finally:
        end(request, ticket, attempt.user)


@asynccontextmanager
async def aguard(request: Any, account: str) -> AsyncIterator[Guarded]:
    """See `guard`."""
    ticket = await abegin(request, {"username": account})
    if isinstance(ticket, Refusal):
        raise TooManyAttempts(ticket)
    attempt = Guarded(is_quiet=ticket.is_quiet)
    try:
        yield attempt
    finally:
        await sync_to_async(end)(request, ticket, attempt.user)


def refusal() -> Refusal | None:
    """Return why the latest attempt of this request was refused; None where it was not."""
    state = current.get()
    return state.refusal if state is not None else None
