"""How sure a rule can be of a value that reaches a place where it does harm."""

from __future__ import annotations

from collections.abc import Iterable

from pickguard.base.scales import Confidence
from pickguard.flow.values.origin import Kind, Origin
from pickguard.source.python.accessors import tail


def worst(origins: Iterable[Origin]) -> Origin | None:
    """Return the origin of which a rule can be surest; the first of several; None of none."""
    found = list(origins)
    return max(found, key=weight) if found else None


def weight(origin: Origin) -> tuple[bool, bool, bool]:
    """Return how much an origin weighs against others: the browser's most, then stored ones."""
    is_written = origin.is_stored and bool(origin.writer)
    return origin.is_browser, is_written, origin.is_stored


def is_stored_part(origin: Origin) -> bool:
    """Whether a text that people write, and that is kept, has become part of a longer one on its way."""
    return origin.is_stored and bool(origin.writer) and Kind.CONSTANT in origin.kinds


def sure(origin: Origin, otherwise: Confidence = Confidence.LOW) -> Confidence:
    """Return the confidence that a stranger writes a value.

    High where there is a way from the browser, also by way of the database; medium where a stored
    text arrives and nobody is seen to write it; `otherwise` where it could be anything. The validator
    of Django's user model lets nothing but letters, digits and `@.+-_` into a username.
    """
    if origin.is_browser or (origin.is_stored and origin.writer):
        return Confidence.HIGH
    if tail(origin.source) == "username":
        return Confidence.LOW
    return Confidence.MEDIUM if origin.is_stored else otherwise
