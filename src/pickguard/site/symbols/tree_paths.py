"""Paths that settings make of `__file__`: where they lead below the scanned root.

BASE_DIR = Path(__file__).resolve().parent.parent
TEMPLATES = [{"DIRS": [BASE_DIR / "templates"]}]
"""

from __future__ import annotations

import posixpath
from typing import Any

from msgspec import Struct

_SAME = frozenset({"resolve", "absolute", "expanduser", "as_posix"})
_KEEPING = frozenset(
    {"Path", "PurePath", "PosixPath", "abspath", "realpath", "normpath", "str", "fspath"}
)


class TreePath(Struct, frozen=True):
    """A file or folder below the scanned root; the root itself is an empty text."""

    path: str

    def __str__(self) -> str:
        return self.path or "."

    def parent(self) -> TreePath | None:
        """Return the folder around it; None above the root."""
        return TreePath(posixpath.dirname(self.path)) if self.path else None

    def joined(self, *parts: Any) -> TreePath | None:
        """Return what stands below it; None where that is not told, or leads out of the tree."""
        if not all(isinstance(part, str) and not part.startswith("/") for part in parts):
            return None
        path = posixpath.normpath(posixpath.join(self.path or ".", *parts))
        return None if path.startswith("..") else TreePath("" if path == "." else path)


def called(name: str, arguments: list[Any]) -> TreePath | None:
    """Return what a function makes of a path: `os.path.join(BASE_DIR, "templates")`."""
    first = arguments[0] if arguments else None
    if not isinstance(first, TreePath):
        return None
    if name == "dirname" and len(arguments) == 1:
        return first.parent()
    if name in _KEEPING and len(arguments) == 1:
        return first
    return first.joined(*arguments[1:]) if name in {"join", "Path"} else None


def method(receiver: Any, name: str, arguments: list[Any]) -> TreePath | None:
    """Return what a method of a path returns."""
    if not isinstance(receiver, TreePath):
        return None
    if name in _SAME or (name == "replace" and arguments == ["\\", "/"]):
        return receiver
    return receiver.joined(*arguments) if name == "joinpath" else None


def above(path: Any, levels: int) -> TreePath | None:
    """Return the folder some levels above: `path.parents[1]` is two."""
    found = path if isinstance(path, TreePath) else None
    for _ in range(min(levels, 40)):
        found = found.parent() if found is not None else None
    return found
