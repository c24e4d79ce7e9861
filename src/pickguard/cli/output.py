"""Where reports go, and what the terminal can show."""

import os
import shutil
import sys
from pathlib import Path
from typing import TextIO

from pickguard.base.files import write_whole
from pickguard.report import View

_NARROW, _USUAL, _WIDE = 72, 100, 120
_DRAWN = "│─·…"


def view(output: Path | None, *, fold: bool = True, stats: bool = False) -> View:
    """Return what the reader of the report can see."""
    stream = None if output else sys.stdout
    return View(
        width=_width(stream),
        colour=_colour(stream),
        unicode=stream is None or _draws(stream),
        fold=fold,
        stats=stats,
    )


def emit(text: str, output: Path | None) -> None:
    """Write a report to the file, whole or not at all, or to standard output.

    Raises:
        UsageError: where the file can't be written.
    """
    if output:
        write_whole(output, text)
        return
    try:
        sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
        sys.stdout.flush()
    except BrokenPipeError:  # `| head` has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def is_terminal() -> bool:
    """Tell whether standard output is a terminal."""
    return sys.stdout.isatty()


def _width(stream: TextIO | None) -> int:
    if stream is None or not (stream.isatty() or os.environ.get("COLUMNS")):
        return _USUAL
    return min(max(shutil.get_terminal_size((_USUAL, 24)).columns, _NARROW), _WIDE)


def _colour(stream: TextIO | None) -> bool:
    """Follow https://no-color.org and https://force-color.org; without them, ask the stream."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream is not None and stream.isatty() and os.environ.get("TERM") != "dumb"


def _draws(stream: TextIO) -> bool:
    try:
        _DRAWN.encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
