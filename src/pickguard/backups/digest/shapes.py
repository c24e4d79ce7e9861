"""What a digest needs to know of a table, and what it says of one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

from pickguard.backups.digest.cells import Kind

CHUNK = 1000


class By(StrEnum):
    """What of a chunk is digested first: its columns, or its rows, as the first manifests have it."""

    COLUMNS = "columns"
    ROWS = "rows"


@dataclass(frozen=True, slots=True)
class Shape:
    """A table.

    Attributes:
        name: as the manifest and messages name it.
        quoted: as SQL names it.
        columns: kinds by name, of all columns.
        key: the primary key where it is one whole number.
        by: how chunks are digested where there is such a key.
    """

    name: str
    quoted: str
    columns: Mapping[str, Kind]
    key: str | None
    by: By = By.COLUMNS

    @property
    def names(self) -> list[str]:
        """Return the names of the columns in the order in which they are digested."""
        return sorted(self.columns)


class Chunk(NamedTuple):
    """Some rows that follow each other: the last key, how many, and their digest."""

    last: int | str | None
    rows: int
    digest: str


class Reader(Protocol):
    """Reads tables of one vendor through one connection."""

    def shapes(self) -> list[Shape]:
        """Return all tables that hold rows, in the order of their names."""

    def chunk(self, table: Shape, after: int | str | None, upto: int | str | None) -> Chunk | None:
        """Return the next rows by key after `after`: up to `upto`, or 1,000; None at the end."""

    def hashes(self, table: Shape) -> Iterator[str]:
        """Return the hexadecimal digests of all rows, in their own order."""
