"""The scales on which findings are weighed; configuration speaks of them, so they stand here.

>>> Severity.HIGH.at_least(Severity.MEDIUM)
True
"""

from enum import StrEnum
from typing import Self


class Area(StrEnum):
    """What is harmed."""

    INTEGRITY = "integrity"
    CONFIDENTIALITY = "confidentiality"
    AVAILABILITY = "availability"


class _Scale(StrEnum):
    """Names in order, the weightiest first."""

    @property
    def rank(self) -> int:
        """0 for the weightiest name of the scale; sorts findings."""
        return list(type(self)).index(self)

    def at_least(self, floor: Self) -> bool:
        """Tell whether this name weighs as much as `floor` or more."""
        return self.rank <= floor.rank


class Severity(_Scale):
    """How much harm a finding does where it is right."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"


class Confidence(_Scale):
    """How sure Pickguard is that a finding is right; `PROVED` means that a request showed it."""

    PROVED = "proved"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
