"""A reader of a SQLite file that nobody writes to: large tables are digested by several processes.

Much of the work is in Python, which uses one processor only. Where a process cannot be had, or ends
early, its chunks are digested here.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from pickguard.backups.digest.shapes import Chunk, Shape
from pickguard.backups.digest.sqlite import SqliteReader

_WORKER = [sys.executable, "-P", "-m", "pickguard.backups.digest.worker"]
_WORKERS = min(4, os.cpu_count() or 1)
_LARGE = 30
_BLOCK = 16
Range = tuple[Any, Any]


class AheadReader:
    """Reads like `SqliteReader`, and works ahead where a table is read from its beginning."""

    def __init__(self, reader: SqliteReader, path: Path) -> None:
        self._reader, self._path = reader, path
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
            ranges = list(self._reader.ranges(table)) if _WORKERS > 1 else []
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
        workers = [
            _Worker(self._path, table, [r for block in blocks[n::_WORKERS] for r in block])
            for n in range(_WORKERS)
        ]
        try:
            for number, block in enumerate(blocks):
                worker = workers[number % _WORKERS]
                for after, upto in block:
                    yield worker.next() or self._reader.chunk(table, after, upto)
        finally:
            for worker in workers:
                worker.close()


class _Worker:
    """One process and its answers; it may end at any time."""

    def __init__(self, path: Path, table: Shape, ranges: list[Range]) -> None:
        self._process: subprocess.Popen[str] | None = None
        asked = {
            "path": str(path.absolute()),
            "name": table.name,
            "quoted": table.quoted,
            "columns": dict(table.columns),
            "key": table.key,
            "by": table.by,
            "ranges": ranges,
        }
        with suppress(OSError):
            self._process = subprocess.Popen(  # noqa: S603 - our own words
                _WORKER,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(asked))
            self._process.stdin.close()

    def next(self) -> Chunk | None:
        """Return the next chunk, None where there is no answer."""
        if self._process is None or self._process.stdout is None:
            return None
        line = self._process.stdout.readline()
        if line == "ready\n":
            line = self._process.stdout.readline()
        try:
            found = json.loads(line)
            return Chunk(*found) if found is not None else None
        except (ValueError, TypeError):
            self.close()
            return None

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process = None
