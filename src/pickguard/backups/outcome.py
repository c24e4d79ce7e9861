"""How a backup, drill or restore ended; pure data."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command says at its end.

    Attributes:
        name: the set.
        differences: what is not as it was backed up; none: all good.
        steps: seconds by step.
        notes: what people should know and what is no difference.
        facts: more that JSON shows.
    """

    name: str
    differences: list[str]
    steps: dict[str, float]
    notes: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Tell whether all is good."""
        return not self.differences

    def as_dict(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {
            "name": self.name,
            "ok": self.ok,
            "differences": self.differences,
            "steps": self.steps,
            "notes": self.notes,
            **self.facts,
        }
