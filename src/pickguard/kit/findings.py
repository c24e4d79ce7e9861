"""Hits become findings: spots become places, with the code that stands there."""

from __future__ import annotations

from pickguard.base.scales import Confidence
from pickguard.findings.model import Finding
from pickguard.findings.sources import Sources
from pickguard.kit.rule import Hit, Rule
from pickguard.source.templates.in_code import file_of

_LONGEST_SURE_WAY = 20


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
        places=tuple(sources.place(file_of(s.path), s.span, s.label) for s in hit.spots),
        flow=tuple(sources.step(file_of(s.path), s.span, s.label) for s in hit.flow),
        symbol=hit.symbol,
    )
