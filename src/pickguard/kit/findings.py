"""Hits become findings: spans become places, with the code that stands there."""

from __future__ import annotations

from pathlib import Path

from pickguard.base.scales import Confidence
from pickguard.base.spans import unpack
from pickguard.findings.model import Finding, Place, Step
from pickguard.kit.rule import Hit, Rule, Spot

_LINES_SHOWN = 12
_LINE_LIMIT = 2_000
_LONGEST_SURE_WAY = 20


class Sources:
    """The text of scanned files, read again only where something is shown of them."""

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

    def place(self, spot: Spot) -> Place:
        """Return the place of a spot, columns in characters, with its code."""
        span = unpack(spot.span)
        lines = self.lines(spot.path)
        line = max(span.line, 1)
        end_line = max(span.end_line, line)
        column, end_column = max(span.column, 1), max(span.end_column, 1)
        if spot.bytes:
            column = _characters(lines, line, column)
            end_column = _characters(lines, end_line, end_column)
        shown = lines[line - 1 : min(end_line, line + _LINES_SHOWN - 1)]
        code = "\n".join(part[:_LINE_LIMIT].decode("utf-8", "replace") for part in shown)
        return Place(spot.path, line, column, end_line, end_column, spot.label, code)

    def step(self, spot: Spot) -> Step:
        """Return the step of a spot; its label is the note."""
        place = self.place(spot)
        code = place.code.splitlines()[0].strip() if place.code else ""
        return Step(place.path, place.line, place.column, spot.label, code)


def _characters(lines: list[bytes], line: int, column: int) -> int:
    if line > len(lines):
        return column
    return len(lines[line - 1][: column - 1].decode("utf-8", "ignore")) + 1


def _confidence(hit: Hit) -> Confidence:
    """Tell how sure a hit is: so long a way may have crossed from one object to another of its class."""
    if hit.confidence is Confidence.HIGH and len(hit.flow) > _LONGEST_SURE_WAY:
        return Confidence.MEDIUM
    return hit.confidence


def finding(rule: Rule, hit: Hit, sources: Sources) -> Finding:
    """Return the finding of a hit."""
    return Finding(
        rule=rule.id,
        lesson=rule.lesson,
        areas=rule.areas,
        cwe=rule.cwe,
        severity=hit.severity or rule.severity,
        confidence=_confidence(hit),
        message=hit.message,
        gain=hit.gain or rule.gain,
        mend=hit.mend or rule.mend,
        places=tuple(sources.place(spot) for spot in hit.spots),
        flow=tuple(sources.step(spot) for spot in hit.flow),
        symbol=hit.symbol,
    )
