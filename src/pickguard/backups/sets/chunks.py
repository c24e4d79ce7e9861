"""The digests of all chunks of a database, one a line; stored encrypted, since keys can be names."""

from collections.abc import Iterator
from typing import IO

import msgspec

from pickguard.backups.digest.shapes import Chunk


class Line(msgspec.Struct, frozen=True, array_like=True):
    """One chunk."""

    table: str
    last: int | str | None
    rows: int
    digest: str


def write(file: IO[bytes], table: str, chunk: Chunk) -> None:
    """Append one chunk."""
    file.write(msgspec.json.encode(Line(table, *chunk)) + b"\n")


def read(file: IO[bytes]) -> Iterator[tuple[str, Chunk]]:
    """Return all chunks with their tables."""
    for data in file:
        line = msgspec.json.decode(data, type=Line)
        yield line.table, Chunk(line.last, line.rows, line.digest)
