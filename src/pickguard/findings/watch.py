"""Times the stages of a scan and passes them on to whoever shows progress."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from pickguard.base.progress import Progress
from pickguard.findings.result import Stat


class Watch:
    """The stages so far.

    Attributes:
        progress: who is told of each stage.
        stats: the seconds of each, and counts.
    """

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.stats: list[Stat] = []
        self._start = time.perf_counter()

    @contextmanager
    def stage(self, name: str, total: int = 0) -> Iterator[None]:
        """Time one stage."""
        self.progress.stage(name, total)
        start = time.perf_counter()
        try:
            yield
        finally:
            self.stats.append(Stat(name, round(time.perf_counter() - start, 3)))

    def count(self, name: str, number: int) -> None:
        """Note a figure that is no time."""
        self.stats.append(Stat(name, number, ""))

    def seconds(self) -> float:
        """Return the time since the start."""
        return round(time.perf_counter() - self._start, 3)
