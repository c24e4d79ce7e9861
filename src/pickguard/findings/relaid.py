"""What rules said of a tree, told anew where files changed in nothing but their layout.

Comments, blank lines and line breaks move what a finding speaks of; they alter nothing that a rule
sees. Where a position cannot be told for sure, nothing is told: then the rules run again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec
from msgspec.structs import replace

from pickguard.base.spans import Span, pack, unpack
from pickguard.findings.model import Finding
from pickguard.findings.outcome import Outcome
from pickguard.findings.sources import Sources

Point = tuple[int, int]
"""A line and a column."""


class Moves(msgspec.Struct, frozen=True):
    """Where the things of a file went.

    Attributes:
        spans: from where a thing stood to where it stands now.
        starts: the same of where things began, for what reaches from one thing to another.
        ends: the same of where they ended.
        lines: how many more lines the file has.
    """

    spans: Mapping[int, int]
    starts: Mapping[Point, Point]
    ends: Mapping[Point, Point]
    lines: int = 0

    def span(self, packed: int) -> int | None:
        """Return where a span went; None where that is not known."""
        if packed == 0:
            return 0  # the file as a whole
        if packed in self.spans:
            return self.spans[packed]
        span = unpack(packed)
        start = self.starts.get((span.line, span.column))
        end = self.ends.get((span.end_line, span.end_column))
        return pack(Span(*start, *end)) if start and end else None


def relaid(outcome: Outcome, files: Mapping[str, Moves], sources: Sources) -> Outcome | None:
    """Return an outcome with all that stands in some files where it stands now.

    Args:
        outcome: what the rules said of the files before.
        files: by path, what moved.
        sources: the text of the files as they are.

    Returns:
        None where it is not known for sure where something went.
    """
    findings: list[Finding] = []
    spans: list[tuple[int, ...]] = []
    for finding, before in zip(outcome.findings, outcome.spans, strict=True):
        after = tuple(_moved(finding, before, files))
        if None in after:
            return None
        known = tuple(span for span in after if span is not None)
        findings.append(_told(finding, known, files, sources))
        spans.append(known)
    more = sum(moves.lines for moves in files.values())
    counts = replace(outcome.files, lines=outcome.files.lines + more)
    return replace(outcome, findings=tuple(findings), spans=tuple(spans), files=counts)


def _moved(
    finding: Finding, spans: tuple[int, ...], files: Mapping[str, Moves]
) -> Iterator[int | None]:
    paths = (*(place.path for place in finding.places), *(step.path for step in finding.flow))
    for path, span in zip(paths, spans, strict=True):
        moves = files.get(path)
        yield moves.span(span) if moves else span


def _told(
    finding: Finding, spans: tuple[int, ...], files: Mapping[str, Moves], sources: Sources
) -> Finding:
    """Return a finding with what stands in some files shown anew."""
    places = tuple(
        sources.place(place.path, span, place.label) if place.path in files else place
        for place, span in zip(finding.places, spans, strict=False)
    )
    flow = tuple(
        sources.step(step.path, span, step.note) if step.path in files else step
        for step, span in zip(finding.flow, spans[len(places) :], strict=True)
    )
    return replace(finding, places=places, flow=flow)
