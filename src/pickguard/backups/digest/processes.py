"""Workers that are processes: much of SQLite's digest is Python, which uses one processor only."""

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from pickguard.backups.digest.ahead import Range
from pickguard.backups.digest.shapes import Chunk, Shape

COUNT = min(4, os.cpu_count() or 1)
_WORKER = [sys.executable, "-P", "-m", "pickguard.backups.digest.worker"]


class Process:
    """One process that reads a SQLite file which nobody writes to; it may end at any time."""

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
