"""What is known of a request while it is answered: set by the middleware, filled by attempts."""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest

from pickguard.attempts.who import Device


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an attempt was not verified, and when the next one may be."""

    limit: str  # which limit; empty where the store failed
    retry_after: int
    account: str = ""

    @property
    def by_failure(self) -> bool:
        """Whether the store could not be asked."""
        return not self.limit


@dataclass(slots=True)
class State:
    """One request: the latest refusal, the cookie to set, what is to be written afterwards."""

    request: HttpRequest
    refusal: Refusal | None = None
    device: Device | None = None
    afterwards: list[Callable[[], None]] = field(default_factory=list)


current: ContextVar[State | None] = ContextVar("pickguard_attempts", default=None)


def later(step: Callable[[], None]) -> None:
    """Do a step once the request is answered, outside of its transaction; at once if there is none."""
    state = current.get()
    if state is None:
        step()
    else:
        state.afterwards.append(step)


def plain(request: Any) -> HttpRequest | None:
    """Return Django's request: DRF wraps it, and some callers of `authenticate` leave it out."""
    found = getattr(request, "_request", request)
    if found is None and (state := current.get()) is not None:
        return state.request
    return found if isinstance(found, HttpRequest) else None
