"""Colour by meaning, and the one place where text from scanned files becomes printable."""

import re
from enum import StrEnum

import click
import msgspec

from pickguard.base.scales import Severity
from pickguard.base.screen import printable

_CODE = re.compile(r"`([^`]+)`")


class Role(StrEnum):
    """What a piece of text is."""

    AREA = "area"
    LESSON = "lesson"
    RULE = "rule"
    CODE = "code"
    PLACE = "place"
    QUIET = "quiet"
    GOOD = "good"
    BAD = "bad"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"


_STYLES: dict[Role, dict[str, bool | str]] = {
    Role.AREA: {"bold": True, "reverse": True},
    Role.LESSON: {"bold": True},
    Role.RULE: {"bold": True},
    Role.CODE: {"bold": True},
    Role.PLACE: {"fg": "cyan"},
    Role.QUIET: {"dim": True},
    Role.GOOD: {"fg": "green"},
    Role.BAD: {"fg": "red", "bold": True},
    Role.HIGH: {"fg": "red", "bold": True},
    Role.MEDIUM: {"fg": "yellow", "bold": True},
    Role.LOW: {"fg": "blue", "bold": True},
    Role.INFO: {"fg": "cyan"},
}


class Ink(msgspec.Struct, frozen=True):
    """Writes pieces of text: in colour or without, how far lines may go, which lines are drawn."""

    colour: bool = False
    unicode: bool = True
    width: int = 100

    def __call__(self, text: str, role: Role | None = None) -> str:
        """Return the text, harmless to a terminal, in the colour of its role."""
        safe = printable(text)
        if not self.colour or role is None or not safe:
            return safe
        return click.style(safe, **_STYLES[role])  # type: ignore[arg-type]  # one style a role

    def prose(self, text: str) -> str:
        """Return a sentence with the code in its backquotes made to stand out."""
        if not self.colour:
            return self(text)
        pieces = _CODE.split(text)
        return "".join(
            self(piece, Role.CODE if index % 2 else None) for index, piece in enumerate(pieces)
        )

    def severity(self, severity: Severity, text: str) -> str:
        """Return the text in the colour of a severity."""
        return self(text, Role(severity.value))

    @property
    def bar(self) -> str:
        """What parts line numbers from code."""
        return "│" if self.unicode else "|"

    @property
    def rule(self) -> str:
        """What a line across is made of."""
        return "─" if self.unicode else "-"

    @property
    def dot(self) -> str:
        """What parts short facts on one line."""
        return "·" if self.unicode else "-"
