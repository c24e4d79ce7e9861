"""Progress on a terminal: one line on standard error, only when the work takes over a second."""

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TextIO

from pickguard.base.progress import Progress, Silent
from pickguard.base.screen import printable

_PATIENCE_S = 1.0
_EVERY_S = 0.1
_ERASE = "\r\x1b[K"


class Line:
    """A line that is written anew as the work goes on, and erased at its end."""

    def __init__(self, stream: TextIO, clock: Callable[[], float]) -> None:
        self._stream = stream
        self._clock = clock
        self._shown_at = clock() + _PATIENCE_S - _EVERY_S
        self._stage, self._total, self._done = "", 0, 0
        self._dirty = False

    def stage(self, name: str, total: int = 0) -> None:
        """Begin a stage."""
        self._stage, self._total, self._done = name, total, 0
        self._show()

    def advance(self, count: int = 1) -> None:
        """Count pieces that are done."""
        self._done += count
        self._show()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._dirty:
            self._stream.write(_ERASE)
            self._stream.flush()

    def _show(self) -> None:
        now = self._clock()
        if now - self._shown_at < _EVERY_S:
            return
        self._shown_at = now
        self._dirty = True
        count = f" {self._done:,} of {self._total:,}" if self._total else ""
        self._stream.write(f"{_ERASE}{printable(self._stage)}{count}")
        self._stream.flush()


class _Quiet(Silent):
    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return


def watched(stream: TextIO | None = None) -> "Line | _Quiet":
    """Return progress that is shown on the stream where it is a terminal."""
    stream = stream or sys.stderr
    return Line(stream, time.monotonic) if stream.isatty() else _Quiet()


__all__ = ["Line", "Progress", "watched"]
