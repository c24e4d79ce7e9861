"""Findings grouped as people read them: by area, then lesson, then rule, the worst first."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby

import msgspec

from pickguard.base.scales import Area, Severity
from pickguard.findings.model import Finding, Status
from pickguard.findings.result import LessonInfo, ScanResult, order

_MANY = 12
_FIRST = 3


class RuleGroup(msgspec.Struct, frozen=True):
    """The findings of one rule."""

    rule: str
    findings: tuple[Finding, ...]


class LessonGroup(msgspec.Struct, frozen=True):
    """The rules of one lesson that found something."""

    lesson: LessonInfo
    rules: tuple[RuleGroup, ...]


class AreaGroup(msgspec.Struct, frozen=True):
    """The lessons whose findings are listed under one area."""

    area: Area
    lessons: tuple[LessonGroup, ...]


class Verdict(msgspec.Struct, frozen=True):
    """How one area stands.

    Attributes:
        counts: findings that harm the area, by severity, none left out.
    """

    area: Area
    counts: dict[Severity, int]


def grouped(
    result: ScanResult, statuses: Sequence[Status] = (Status.NEW,)
) -> tuple[AreaGroup, ...]:
    """Return the findings of these statuses in their groups, without empty ones."""
    titles = {lesson.id: lesson for lesson in result.lessons}
    findings = [finding for finding in result.findings if finding.status in statuses]
    groups = []
    for area in Area:
        listed = [finding for finding in findings if home(finding) is area]
        if listed:
            groups.append(AreaGroup(area, _lessons(listed, titles)))
    return tuple(groups)


def verdicts(result: ScanResult) -> tuple[Verdict, ...]:
    """Return how each area stands; a finding counts for every area that it harms."""
    return tuple(_verdict(area, result.with_status(Status.NEW)) for area in Area)


def to_begin_with(findings: Sequence[Finding]) -> list[Finding]:
    """Return the gravest of many findings, each of another rule and with a place; of few, none.

    Of those as grave as each other, first come those with a way on which a stranger's data gets there.
    """
    if len(findings) <= _MANY:
        return []
    found: dict[str, Finding] = {}
    for finding in sorted(findings, key=_urgency):
        if finding.places:
            found.setdefault(finding.rule, finding)
    return list(found.values())[:_FIRST]


def home(finding: Finding) -> Area:
    """Return the area under which a finding is listed."""
    return finding.areas[0] if finding.areas else Area.INTEGRITY


def _verdict(area: Area, new: Sequence[Finding]) -> Verdict:
    harming = [finding for finding in new if area in (finding.areas or (home(finding),))]
    counts = Counter(finding.severity for finding in harming)
    return Verdict(area, {severity: counts[severity] for severity in Severity})


def _lessons(findings: list[Finding], titles: dict[str, LessonInfo]) -> tuple[LessonGroup, ...]:
    groups = [
        LessonGroup(titles.get(lesson, LessonInfo(lesson, "")), _rules(members))
        for lesson, members in _by(findings, "lesson")
    ]
    return tuple(sorted(groups, key=lambda group: (_weight(group.rules[0]), group.lesson.id)))


def _rules(findings: Iterable[Finding]) -> tuple[RuleGroup, ...]:
    groups = [
        RuleGroup(rule, tuple(sorted(members, key=_importance)))
        for rule, members in _by(findings, "rule")
    ]
    return tuple(sorted(groups, key=lambda group: (_weight(group), group.rule)))


def _by(findings: Iterable[Finding], name: str) -> list[tuple[str, list[Finding]]]:
    def key(finding: Finding) -> str:
        return str(getattr(finding, name))

    return [(value, list(members)) for value, members in groupby(sorted(findings, key=key), key)]


def _weight(group: RuleGroup) -> tuple[int, int]:
    first = group.findings[0]
    return (first.severity.rank, first.confidence.rank)


def _urgency(finding: Finding) -> tuple[int, int, bool, int, tuple[str, int, int, str, str]]:
    severity, confidence, place = _importance(finding)
    return (severity, confidence, not finding.flow, -len(finding.areas), place)


def _importance(finding: Finding) -> tuple[int, int, tuple[str, int, int, str, str]]:
    return (finding.severity.rank, finding.confidence.rank, order(finding))
