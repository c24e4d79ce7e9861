"""Workers that are sessions of a server, each with a thread that waits for it.

All see the same snapshot; a server works for each session on a processor of its own.
"""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from queue import Empty, Queue
from threading import Event, Thread

from django.db import Error

from pickguard.backups.digest.ahead import Range
from pickguard.backups.digest.shapes import Chunk, Reader, Shape
from pickguard.backups.errors import BackupError

COUNT = min(2, os.cpu_count() or 1)  # the site goes on beside
_AHEAD = 64  # chunks that may wait
_PATIENCE_S = 0.05


class Session:
    """One session, opened by the thread that uses it; it may end at any time."""

    def __init__(
        self,
        opened: Callable[[], AbstractContextManager[Reader]],
        table: Shape,
        ranges: list[Range],
    ) -> None:
        self._opened, self._table, self._ranges = opened, table, ranges
        self._answers: Queue[Chunk | None] = Queue(_AHEAD)
        self._is_over, self._stop = False, Event()
        self._thread = Thread(target=self._work, name="pickguard-session", daemon=True)
        self._thread.start()

    def next(self) -> Chunk | None:
        """Return the next chunk, None where there is no answer."""
        found = None if self._is_over else self._answers.get()
        self._is_over = found is None
        return found

    def close(self) -> None:
        """End the session."""
        self._stop.set()
        while self._thread.is_alive():
            try:
                self._answers.get(timeout=_PATIENCE_S)
            except Empty:
                continue
        self._thread.join()

    def _work(self) -> None:
        try:
            with self._opened() as reader:
                for after, upto in self._ranges:
                    if self._stop.is_set():
                        break
                    self._answers.put(reader.chunk(self._table, after, upto))
        except (BackupError, Error):
            pass  # whoever asked digests the rest, and is told
        finally:
            self._answers.put(None)
