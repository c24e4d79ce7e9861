"""Puts the digest of a table together from its chunks."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from pickguard.backups.digest.shapes import CHUNK, Chunk, Reader, Shape
from pickguard.base.progress import Progress


class Digest(NamedTuple):
    """How many rows a table has, and their digest."""

    rows: int
    digest: str


def digest(
    reader: Reader, table: Shape, progress: Progress, note: Callable[[Chunk], None] | None = None
) -> Digest:
    """Return the digest of a table; `note` is told of each chunk."""
    whole = hashlib.sha256((",".join(sorted(table.columns)) + "\n").encode())
    rows = 0
    for chunk in chunks(reader, table):
        whole.update(chunk.digest.encode())
        rows += chunk.rows
        progress.advance(chunk.rows)
        if note is not None:
            note(chunk)
    return Digest(rows, whole.hexdigest())


def chunks(reader: Reader, table: Shape) -> Iterator[Chunk]:
    """Return the chunks of a table in order."""
    if table.key is None:
        yield from _by_digest(reader.hashes(table))
        return
    after: int | str | None = None
    while (chunk := reader.chunk(table, after, None)) is not None:
        yield chunk
        after = chunk.last


def of_hashes(hashes: list[str]) -> str:
    """Return the digest of a chunk."""
    return hashlib.sha256("".join(hashes).encode()).hexdigest()


def of_columns(columns: Iterable[bytes]) -> str:
    """Return the digest of a chunk from the cells of each column."""
    digests = [hashlib.sha256(cells).hexdigest() for cells in columns]
    return hashlib.sha256("".join(digests).encode()).hexdigest()


def _by_digest(hashes: Iterator[str]) -> Iterator[Chunk]:
    while some := list(islice(hashes, CHUNK)):
        yield Chunk(None, len(some), of_hashes(some))


def differing(reader: Reader, table: Shape, noted: list[Chunk]) -> list[str]:
    """Return where a table differs from its noted chunks, as ranges of keys."""
    if table.key is None:
        return []
    found: list[str] = []
    after: int | str | None = None
    for chunk in noted:
        now = reader.chunk(table, after, chunk.last)
        if now is None or (now.rows, now.digest) != (chunk.rows, chunk.digest):
            begin = "the first" if after is None else f"after {after}"
            has = 0 if now is None else now.rows
            found.append(
                f"{table.key} {begin} up to {chunk.last} ({has} rows, {chunk.rows} were backed up)"
            )
        after = chunk.last
    more = reader.chunk(table, after, None)
    if more is not None:
        found.append(f"{table.key} after {after}: rows that were not backed up")
    return found
