"""The report for a terminal: what is wrong, where, why it matters and how it is mended.

INTEGRITY
xss · injected HTML and JavaScript

  high  xss.unescaped-output                                        confidence high
  `query` goes into the page as it came
  notes/templates/notes/search.html:14:25
     14 │ <p>You searched for {{ query|safe }}</p>
        │                        ^^^^^^^^^^ goes out as HTML text, escaping switched off
  path   notes/views.py:31   request.GET["q"]     from the browser
         notes/views.py:34   {"query": q}         into the template as `query`
  so     whoever follows a crafted link runs the attacker's script in their own session
  mend   drop `|safe`; Django then escapes the value
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import attrgetter

from pickguard.base.screen import crop, many, pad, printable, width, wrap
from pickguard.findings.model import Finding
from pickguard.findings.result import ScanResult
from pickguard.report import View
from pickguard.report.footer import footer
from pickguard.report.groups import LessonGroup, RuleGroup, grouped
from pickguard.report.ink import Ink, Role
from pickguard.report.places import flow, others, shown_code

_FEW = 12
_MANY = 60
_LISTED = 10
_LABEL = 7
_MARGIN = "  "


def render(result: ScanResult, view: View) -> str:
    """Return the whole report."""
    ink = Ink(colour=view.colour, unicode=view.unicode, width=view.width)
    lines: list[str] = []
    for area in grouped(result):
        lines.append(ink(f"{area.area.upper()}", Role.AREA))
        for lesson in area.lessons:
            lines.extend(_lesson(lesson, ink, _full(result, view)))
            lines.append("")
    lines.extend(footer(result, ink, view))
    text = "\n".join(line.rstrip() for line in lines) + "\n"
    return text if view.unicode else text.encode("ascii", "replace").decode("ascii")


def _full(result: ScanResult, view: View) -> int:
    """Return how many findings of a rule are shown in full."""
    total = len(result.findings)
    if not view.fold or total <= _FEW:
        return total
    return 3 if total <= _MANY else 1


def _lesson(group: LessonGroup, ink: Ink, full: int) -> Iterator[str]:
    title = f" {ink.dot} {group.lesson.title}" if group.lesson.title else ""
    yield ink(group.lesson.id, Role.LESSON) + ink(title)
    for rule in group.rules:
        shown, rest = rule.findings[:full], rule.findings[full:]
        if len(rest) == 1:  # a list of one line says less than the finding itself
            shown, rest = rule.findings, ()
        for _, alike in groupby(shown, _shared):
            yield ""
            yield from _block(tuple(alike), ink)
        for _, alike in groupby(rest, attrgetter("severity")):
            yield ""
            yield from _rest(RuleGroup(rule.rule, tuple(alike)), ink)


def _shared(finding: Finding) -> tuple[str, str]:
    """Return what neighbouring findings of a rule say only once."""
    return (finding.gain, finding.mend)


def _block(findings: Sequence[Finding], ink: Ink) -> Iterator[str]:
    """Yield findings with the same consequence: a heading where the weight changes."""
    heading, message = None, ""
    for finding in findings:
        if heading is not None:
            yield ""
        weight = (finding.severity, finding.confidence)
        if weight != heading:
            heading, message = weight, ""
            yield _heading(finding, ink)
        yield from _finding(finding, ink, is_repeated=finding.message == message)
        message = finding.message
    last = findings[-1]
    yield from _labelled("so", last.gain, ink)
    yield from _labelled("mend", last.mend, ink)


def _heading(finding: Finding, ink: Ink) -> str:
    confidence = f"confidence {finding.confidence}"
    taken = width(f"{_MARGIN}{finding.severity}  {printable(finding.rule)}")
    gap = max(ink.width - taken - len(confidence), 2)
    severity = ink.severity(finding.severity, finding.severity)
    right = ink(confidence, Role.QUIET)
    return f"{_MARGIN}{severity}  {ink(finding.rule, Role.RULE)}{' ' * gap}{right}"


def _finding(finding: Finding, ink: Ink, *, is_repeated: bool) -> Iterator[str]:
    if not is_repeated:
        for line in wrap(finding.message, ink.width - len(_MARGIN)):
            yield _MARGIN + ink.prose(line)
    yield from shown_code(finding, ink)
    yield from _under("see", others(finding, ink), ink)
    yield from _under("path", flow(finding, ink), ink)
    if finding.fix:
        yield from _labelled("fix", f"{finding.fix.title}   (pickguard fix)", ink)


def _under(label: str, lines: Sequence[str], ink: Ink) -> Iterator[str]:
    for index, line in enumerate(lines):
        head = ink(pad(label if index == 0 else "", _LABEL), Role.QUIET)
        yield f"{_MARGIN}{head}{line}"


def _labelled(label: str, text: str, ink: Ink) -> Iterator[str]:
    """Yield the text behind its label."""
    if text:
        lines = wrap(text, ink.width - len(_MARGIN) - _LABEL)
        yield from _under(label, [ink.prose(line) for line in lines], ink)


def _rest(group: RuleGroup, ink: Ink) -> Iterator[str]:
    """Yield findings of one severity that are not shown in full: a line each, or a line a file."""
    count, severity = len(group.findings), group.findings[0].severity
    heading = ink(f"{count} more of {group.rule}", Role.RULE)
    yield f"{_MARGIN}{ink.severity(severity, severity)}  {heading}"
    lines = _one_a_line(group) if count <= _LISTED else _one_a_file(group)
    for line in lines[:_LISTED]:
        yield _MARGIN * 2 + ink(crop(printable(line), ink.width - 4))
    if len(lines) > _LISTED:
        left = len(lines) - _LISTED
        said = f"and {many(left, 'more file')} (--no-fold shows everything)"
        yield _MARGIN * 2 + ink(said, Role.QUIET)


def _one_a_line(group: RuleGroup) -> list[str]:
    places = [finding.places[0] for finding in group.findings if finding.places]
    heads = [printable(f"{place.path}:{place.line}:{place.column}") for place in places]
    widest = max(map(width, heads), default=0)
    return [
        f"{pad(head, widest)}   {' '.join(place.code.split())}"
        for head, place in zip(heads, places, strict=True)
    ]


def _one_a_file(group: RuleGroup) -> list[str]:
    lines: dict[str, list[int]] = {}
    for finding in group.findings:
        for place in finding.places[:1]:
            lines.setdefault(place.path, []).append(place.line)
    heads = {path: printable(path) for path in sorted(lines)}
    widest = max(map(width, heads.values()), default=0)
    return [
        f"{pad(head, widest)}   {', '.join(map(str, sorted(lines[path])))}"
        for path, head in heads.items()
    ]
