"""What a check of the data finds; pure data."""

from enum import StrEnum
from typing import NamedTuple

import msgspec

KEPT = 100


class Check(StrEnum):
    """What is looked for; a finding is known by this, its model and its field."""

    ORPHAN = "orphan"
    GENERIC = "generic-key"
    NULL = "null"
    BLANK = "blank"
    CHOICES = "choices"
    VALIDATOR = "validator"
    SCHEMA = "json-schema"
    UNIQUE = "unique"
    CONSTRAINT = "constraint"
    SEQUENCE = "sequence"
    FILE = "missing-file"
    UNOWNED = "unowned-file"
    UNREADABLE = "unreadable"
    TYPE = "stored-type"
    TIME = "time-zone"
    ENCODING = "encoding"


# what a database or a file system should never let happen; the rest breaks rules of the project
DAMAGE = frozenset(
    [
        Check.ORPHAN,
        Check.NULL,
        Check.UNIQUE,
        Check.CONSTRAINT,
        Check.FILE,
        Check.UNREADABLE,
    ]
)


class Hit(NamedTuple):
    """One row, or a thing without a row, that breaks a rule.

    Attributes:
        row: its key as text, empty where it has none.
        said: what is wrong, as the end of a sentence.
        query: text of Pickguard's language that finds all such rows; empty: they are listed by key.
        model: where that is not plain: the model, or the storage, that it belongs to.
    """

    check: Check
    field: str
    row: str
    said: str
    query: str = ""
    model: str = ""


class Finding(msgspec.Struct):
    """All hits of one rule in one place; the first keys are kept, all are counted."""

    check: Check
    database: str
    model: str
    field: str
    said: str
    query: str
    count: int = 0
    rows: list[str] = []

    @property
    def identifier(self) -> str:
        """Return what `PICKGUARD_BACKUPS["accept"]` names it by."""
        return f"{self.check}:{self.model}.{self.field}".removesuffix(".")

    @property
    def damage(self) -> bool:
        """Tell whether data are lost or will be, rather than against a rule of the project."""
        return self.check in DAMAGE

    @property
    def message(self) -> str:
        """Return one line that names the database, the place and the first rows."""
        head = f"{self.database}: {self.identifier}: "
        if not self.rows:
            return f"{head}{self.said}"
        shown = ", ".join(self.rows[:5]) + (", …" if self.count > 5 else "")
        return f"{head}{self.count} row{'s' * (self.count != 1)} ({shown}): {self.said}"


class Findings:
    """Collects hits, in bounded memory however many there are."""

    def __init__(self, found: list[Finding]) -> None:
        self._by_place = {(f.database, f.check, f.model, f.field): f for f in found}

    def add(self, database: str, model: str, hit: Hit) -> None:
        """Count one hit."""
        place = (database, hit.check, model, hit.field)
        found = self._by_place.get(place)
        if found is None:
            found = Finding(hit.check, database, model, hit.field, hit.said, hit.query)
            self._by_place[place] = found
        found.count += 1
        if hit.row and len(found.rows) < KEPT:
            found.rows.append(hit.row)

    def all(self) -> list[Finding]:
        """Return them, damage first."""
        return sorted(
            self._by_place.values(), key=lambda f: (f.database, not f.damage, f.model, f.field)
        )
