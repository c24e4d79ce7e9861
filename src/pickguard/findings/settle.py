"""From what rules found to what a report shows: named, silenced, known, weighed.

The order matters: a suppression bites whether or not its finding is sure enough to be shown, and
a suppressed finding is not in the baseline.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from pickguard.findings import suppression
from pickguard.findings.baseline import Baseline, Entry
from pickguard.findings.baseline import apply as apply_baseline
from pickguard.findings.fingerprint import fingerprint
from pickguard.findings.masking import masked
from pickguard.findings.model import Finding
from pickguard.findings.selection import Selection
from pickguard.findings.suppression import Ran, Suppression


class Scope(msgspec.Struct, frozen=True):
    """What a scan looked at.

    Attributes:
        root: the scanned folder.
        paths: of the files that were read, relative to the root.
        rules: the lesson of each rule there is.
        selection: which rules were run and what is shown.
        suppressions: the comments of each path, by `pickguard.findings.suppression.read`.
        baseline: the findings that the team knows of.
        prefix: the way from the baseline's folder to the root, "" where they are the same.
        secret: the rules that find secrets, which are not shown in full.
    """

    root: Path
    paths: frozenset[str]
    rules: Mapping[str, str]
    selection: Selection
    suppressions: Mapping[str, Sequence[Suppression]] = {}
    baseline: Baseline | None = None
    prefix: str = ""
    secret: frozenset[str] = frozenset()

    def looked_at(self, entry: Entry) -> bool:
        """Tell whether a finding of the baseline would have been found again."""
        lesson = self.rules.get(entry.rule)
        if lesson is not None and not self.selection.wants(entry.rule, lesson):
            return False
        below = f"{self.prefix}/" if self.prefix else ""
        if not entry.path.startswith(below):
            return False
        path = entry.path.removeprefix(below)
        return path in self.paths or not (self.root / path).exists()


class Settled(msgspec.Struct, frozen=True):
    """Findings ready to be reported.

    Attributes:
        findings: those to show, of every status, in order.
        hidden: how many are not sure enough.
        baseline: without the entries whose findings are gone; None where there was none.
        mended: how many entries are gone.
    """

    findings: tuple[Finding, ...]
    hidden: int
    baseline: Baseline | None
    mended: int


def settle(found: Iterable[Finding], scope: Scope) -> Settled:
    """Return the findings with fingerprint and status, and without what is not to be shown."""
    ran = Ran({**scope.rules, **_OWN}, scope.selection.wants)
    wanted = [finding for finding in found if scope.selection.wants(finding.rule, finding.lesson)]
    marked = suppression.apply(wanted, scope.suppressions, ran)
    named = fingerprint(marked, scope.prefix)
    known, mended = scope.baseline, 0
    if scope.baseline is not None:
        applied = apply_baseline(named, scope.baseline, scope.looked_at)
        named, known, mended = applied.findings, applied.baseline, len(applied.gone)
    shown = tuple(
        masked(finding) if finding.rule in scope.secret else finding
        for finding in named
        if scope.selection.shows(finding)
    )
    return Settled(shown, len(named) - len(shown), known, mended)


_OWN = {rule.id: rule.lesson for rule in suppression.RULES}
