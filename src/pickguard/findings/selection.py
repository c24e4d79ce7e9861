"""Which rules are wanted, which findings are shown, and which make a scan fail."""

from collections.abc import Iterable, Mapping

import msgspec

from pickguard.base.config import Config
from pickguard.base.errors import ConfigurationError, Problem, did_you_mean
from pickguard.base.scales import Confidence, Severity
from pickguard.findings.model import Finding, Status


class Selection(msgspec.Struct, frozen=True):
    """Names of rules and lessons that are wanted or not, and the floors of what is shown."""

    select: frozenset[str] = frozenset()
    ignore: frozenset[str] = frozenset()
    min_confidence: Confidence = Confidence.MEDIUM
    fail_on: Severity | None = Severity.MEDIUM

    def wants(self, rule: str, lesson: str) -> bool:
        """Tell whether a rule is to be run.

        A rule's own name beats its lesson's; between equals, `ignore` wins.
        """
        for name in (rule, lesson):
            if name in self.ignore:
                return False
            if name in self.select:
                return True
        return not self.select

    def shows(self, finding: Finding) -> bool:
        """Tell whether a finding is sure enough to be shown."""
        return finding.confidence.at_least(self.min_confidence)

    def fails(self, findings: Iterable[Finding]) -> bool:
        """Tell whether the scan fails: a new finding weighs as much as the threshold or more."""
        floor = self.fail_on
        return floor is not None and any(
            finding.status is Status.NEW and finding.severity.at_least(floor)
            for finding in findings
        )


def selection(config: Config, rules: Mapping[str, str]) -> Selection:
    """Return the selection that the configuration asks for.

    Args:
        config: what was asked for.
        rules: the lesson of each rule there is.

    Raises:
        ConfigurationError: where a name is neither a rule nor a lesson; names all of them.
    """
    known = sorted({*rules, *rules.values()})
    problems = [
        Problem(f"`{name}` in {key} is neither a rule nor a lesson", way_out=_nearest(name, known))
        for key, names in (("select", config.select), ("ignore", config.ignore))
        for name in names
        if name not in known
    ]
    if problems:
        raise ConfigurationError(problems)
    return Selection(
        select=frozenset(config.select),
        ignore=frozenset(config.ignore),
        min_confidence=config.min_confidence,
        fail_on=config.fail_on,
    )


def _nearest(name: str, known: list[str]) -> str:
    hint = did_you_mean(name, known)
    return hint if hint.startswith("Did") else "`pickguard explain` lists all of them."
