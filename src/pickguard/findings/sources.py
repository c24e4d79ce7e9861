"""The text of scanned files, read again only where something is shown of them."""

from __future__ import annotations

from pathlib import Path

from pickguard.base.spans import unpack
from pickguard.findings.model import Place, Step

_LINES_SHOWN = 12
_LINE_LIMIT = 2_000


class Sources:
    """The lines of a tree's files."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lines: dict[str, list[bytes]] = {}

    def lines(self, path: str) -> list[bytes]:
        """Return a file's lines; none where it has vanished meanwhile."""
        if path not in self._lines:
            try:
                data = (self._root / path).read_bytes()
            except OSError:
                data = b""
            self._lines[path] = data.splitlines()
        return self._lines[path]

    def place(self, path: str, packed: int, label: str = "") -> Place:
        """Return the place of a span, columns in characters, with its code.

        Args:
            path: of the file, relative to the root.
            packed: the span; its columns count bytes in a Python file, else characters.
            label: what stands there.
        """
        span = unpack(packed)
        lines = self.lines(path)
        line = max(span.line, 1)
        end_line = max(span.end_line, line)
        column, end_column = max(span.column, 1), max(span.end_column, 1)
        if path.endswith(".py"):
            column = _characters(lines, line, column)
            end_column = _characters(lines, end_line, end_column)
        shown = lines[line - 1 : min(end_line, line + _LINES_SHOWN - 1)]
        code = "\n".join(part[:_LINE_LIMIT].decode("utf-8", "replace") for part in shown)
        return Place(path, line, column, end_line, end_column, label, code)

    def step(self, path: str, packed: int, note: str) -> Step:
        """Return the step at a span; the arguments are those of `place`."""
        place = self.place(path, packed)
        code = place.code.splitlines()[0].strip() if place.code else ""
        return Step(path, place.line, place.column, note, code)


def _characters(lines: list[bytes], line: int, column: int) -> int:
    if line > len(lines):
        return column
    return len(lines[line - 1][: column - 1].decode("utf-8", "ignore")) + 1
