"""How sure a rule can be of a value that reaches a place where it does harm."""

from __future__ import annotations

from pickguard.base.scales import Confidence
from pickguard.flow.origin import Origin


def sure(origin: Origin, otherwise: Confidence = Confidence.LOW) -> Confidence:
    """Return the confidence that a stranger writes a value.

    High where there is a way from the browser, also by way of the database; medium where a stored
    text arrives and nobody is seen to write it; `otherwise` where it could be anything.
    """
    if origin.is_browser or (origin.is_stored and origin.writer):
        return Confidence.HIGH
    return Confidence.MEDIUM if origin.is_stored else otherwise
