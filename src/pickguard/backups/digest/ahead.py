"""A reader that has the chunks of large tables digested by several workers, ahead of being asked.

Where a worker cannot be had, or ends early, its chunks are digested here.
"""

from collections.abc import Callable, Iterator
from typing import Any, Protocol

from pickguard.backups.digest.shapes import Chunk, Reader, Shape

_LARGE = 30
_BLOCK = 16
Range = tuple[Any, Any]


class RangedReader(Reader, Protocol):
    """A reader that can tell beforehand where the chunks of a table lie."""

    def ranges(self, table: Shape) -> Iterator[Range]:
        """Return the ranges of keys of all chunks; none where a key is no whole number."""


class Worker(Protocol):
    """Digests ranges of one table, in their order."""

    def next(self) -> Chunk | None:
        """Return the chunk of the next range, None where there is no answer."""

    def close(self) -> None:
        """End the work."""


Hire = Callable[[Shape, list[Range]], Worker]


class AheadReader:
    """Reads like another reader, and works ahead where a table is read from its beginning.

    Args:
        reader: answers all else.
        hire: gives a worker for some ranges of a table.
        workers: how many are to work at once.
    """

    def __init__(self, reader: RangedReader, hire: Hire, workers: int) -> None:
        self._reader, self._hire, self._workers = reader, hire, workers
        self._running: Iterator[Chunk | None] = iter(())
        self._expected: tuple[str, Any] | None = None

    def shapes(self) -> list[Shape]:
        """Return the tables that hold rows."""
        return self._reader.shapes()

    def hashes(self, table: Shape) -> Iterator[str]:
        """Return the digests of all rows in their own order."""
        return self._reader.hashes(table)

    def chunk(self, table: Shape, after: int | str | None, upto: int | str | None) -> Chunk | None:
        """Return the next chunk."""
        if upto is not None:
            return self._reader.chunk(table, after, upto)
        if after is None:
            ranges = list(self._reader.ranges(table)) if self._workers > 1 else []
            self._running = self._ahead(table, ranges) if len(ranges) >= _LARGE else iter(())
            self._expected = (table.name, None)
        if self._expected != (table.name, after):
            return self._reader.chunk(table, after, None)
        try:
            found = next(self._running)
        except StopIteration:
            found = self._reader.chunk(table, after, None)
        self._expected = (table.name, found.last) if found is not None else None
        return found

    def _ahead(self, table: Shape, ranges: list[Range]) -> Iterator[Chunk | None]:
        """Return the chunks of all ranges in order; blocks of them go round the workers."""
        blocks = [ranges[n : n + _BLOCK] for n in range(0, len(ranges), _BLOCK)]
        count = self._workers
        workers = [
            self._hire(table, [r for block in blocks[n::count] for r in block])
            for n in range(count)
        ]
        try:
            for number, block in enumerate(blocks):
                worker = workers[number % count]
                for after, upto in block:
                    yield worker.next() or self._reader.chunk(table, after, upto)
        finally:
            for worker in workers:
                worker.close()
