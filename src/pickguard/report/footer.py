"""The end of the terminal report: a line for each area, and what was read, hidden, left out."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from pickguard.base.scales import Severity
from pickguard.base.screen import many, pad, printable, width, wrap
from pickguard.findings.model import Finding, Status
from pickguard.findings.result import ScanResult
from pickguard.report import View
from pickguard.report.groups import Verdict, to_begin_with, verdicts
from pickguard.report.ink import Ink, Role

_NAME = 17
_FEW = 5
_SEVERAL = 2
_FLOOR = Severity.MEDIUM


def footer(result: ScanResult, ink: Ink, view: View) -> Iterator[str]:
    """Yield the lines below the findings."""
    yield ink(ink.rule * view.width, Role.QUIET)
    new = result.with_status(Status.NEW)
    yield from _in_all(new, ink)
    for verdict in verdicts(result):
        yield pad(verdict.area, _NAME) + _verdict(verdict, ink)
    yield from _begin_with(new, ink)
    notes = [_counts(result), *_notes(result), *(_stats(result) if view.stats else ())]
    for note in notes:
        lines = wrap(note.replace("·", ink.dot), view.width)
        yield from (ink(line, Role.QUIET) for line in lines)
    for fault in result.faults:
        yield ink(f"Pickguard failed at {fault.where}: {fault.message}", Role.BAD)


def _verdict(verdict: Verdict, ink: Ink) -> str:
    found = {severity: count for severity, count in verdict.counts.items() if count}
    if not found:
        return ink("nothing found", Role.GOOD)
    text = _by_severity(found, ink)
    if any(severity.at_least(_FLOOR) for severity in found):
        return text
    return f"{text}, " + ink("nothing graver", Role.GOOD)


def _by_severity(counts: Mapping[Severity, int], ink: Ink) -> str:
    found = ((severity, counts.get(severity, 0)) for severity in Severity)
    return ", ".join(ink.severity(severity, f"{n} {severity}") for severity, n in found if n)


def _in_all(findings: Sequence[Finding], ink: Ink) -> Iterator[str]:
    """Yield how many findings there are."""
    if len(findings) < _SEVERAL:
        return
    counts = _by_severity(Counter(finding.severity for finding in findings), ink)
    often = any(len(finding.areas) > 1 for finding in findings)
    note = ink("   (one may harm several areas)", Role.QUIET) if often else ""
    yield pad("in all", _NAME) + counts + note


def _begin_with(findings: Sequence[Finding], ink: Ink) -> Iterator[str]:
    """Yield the gravest of many findings, with where each stands."""
    first = to_begin_with(findings)
    rules = max((width(printable(finding.rule)) for finding in first), default=0)
    for number, finding in enumerate(first):
        label = "" if number else "begin with"
        place = finding.places[0]
        where = ink(f"{place.path}:{place.line}", Role.PLACE)
        yield (
            pad(label, _NAME) + ink(pad(printable(finding.rule), rules), Role.RULE) + f"   {where}"
        )


def _counts(result: ScanResult) -> str:
    files = result.files
    read = files.python + files.template + files.script
    facts = [f"{many(read, 'file')}, {many(files.lines, 'line')}, {result.duration_s:.2f} s"]
    if result.kept:
        facts[0] += ", as nothing that counts has changed since the last scan"
    known = [
        f"{len(result.with_status(status))} {words}"
        for status, words in (
            (Status.SUPPRESSED, "suppressed"),
            (Status.BASELINE, "in the baseline"),
        )
        if result.with_status(status)
    ]
    if known:
        facts.append(", ".join(known))
    return " · ".join(facts)


def _notes(result: ScanResult) -> Iterator[str]:
    if result.findings:
        yield "pickguard explain RULE tells more of each · --format html for a page"
    if not result.uses_django:
        yield "no module here imports Django: is this the folder of the project?"
    if result.production:
        yield f"settings of production: {result.production} · name others with --settings"
    unreadable = result.files.unreadable
    for file in unreadable[:_FEW]:
        yield file.sentence
    if len(unreadable) > _FEW:
        others = many(len(unreadable) - _FEW, "more file")
        yield f"could not read {others} · --format json names them"
    if result.hidden:
        hidden = many(result.hidden, "finding")
        yield f"{hidden} of less confidence not shown · see more with --min-confidence low"
    if result.files.tests:
        yield f"{many(result.files.tests, 'module')} of tests left unread · --include tests reads them"
    for kind, count in sorted(result.left_out.items()):
        yield f"{many(count, 'finding')} in {kind} left out · see more with --include {kind}"
    if result.mended:
        yield f"{many(result.mended, 'finding')} of the baseline gone: taken out of it"
    if result.unfollowed:
        more = len(result.unfollowed) - _FEW
        named = ", ".join(result.unfollowed[:_FEW]) + (f" and {more} more" if more > 0 else "")
        yield f"data was not followed to its end in {named}"
    if result.skipped:
        named = ", ".join(f"{folder.path} ({folder.reason})" for folder in result.skipped[:_FEW])
        more = len(result.skipped) - _FEW
        yield f"skipped {named}" + (f" and {many(more, 'more folder')}" if more > 0 else "")


def _stats(result: ScanResult) -> Iterator[str]:
    for stat in result.stats:
        value = f"{stat.value:,.2f}" if stat.unit == "s" else f"{stat.value:,.0f}"
        yield f"{pad(stat.name, _NAME)}{value:>12} {stat.unit}"
