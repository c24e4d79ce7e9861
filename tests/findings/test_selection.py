"""Rules are chosen by name; the nearer name wins, and wrong names are told together."""

import pytest
from tests.findings.examples import finding

from pickguard.base.config import Config
from pickguard.base.errors import ConfigurationError
from pickguard.base.scales import Confidence, Severity
from pickguard.findings import Status
from pickguard.findings.selection import Selection, selection

RULES = {"xss.unescaped-output": "xss", "csrf.exempt": "csrf"}


@pytest.mark.parametrize(
    ("select", "ignore", "wanted"),
    [
        ((), (), True),
        (("xss",), (), True),
        (("csrf",), (), False),
        ((), ("xss",), False),
        (("xss",), ("xss.unescaped-output",), False),
        (("xss.unescaped-output",), ("xss",), True),
        (("xss",), ("xss",), False),
    ],
)
def test_the_nearer_name_wins(select, ignore, wanted):
    chosen = selection(Config(select=select, ignore=ignore), RULES)
    assert chosen.wants("xss.unescaped-output", "xss") is wanted


def test_wrong_names_are_told_together():
    with pytest.raises(ConfigurationError) as caught:
        selection(Config(select=("xs",), ignore=("csrf.exmept",)), RULES)
    assert len(caught.value.problems) == 2
    assert "Did you mean `csrf.exempt`?" in str(caught.value)


def test_low_confidence_is_hidden_unless_asked_for():
    low = finding(confidence=Confidence.LOW)
    assert not Selection().shows(low)
    assert Selection(min_confidence=Confidence.LOW).shows(low)


@pytest.mark.parametrize(
    ("severity", "status", "fail_on", "fails"),
    [
        (Severity.HIGH, Status.NEW, Severity.MEDIUM, True),
        (Severity.MEDIUM, Status.NEW, Severity.MEDIUM, True),
        (Severity.LOW, Status.NEW, Severity.MEDIUM, False),
        (Severity.HIGH, Status.BASELINE, Severity.MEDIUM, False),
        (Severity.HIGH, Status.SUPPRESSED, Severity.MEDIUM, False),
        (Severity.HIGH, Status.NEW, None, False),
    ],
)
def test_new_findings_at_the_threshold_fail_a_scan(severity, status, fail_on, fails):
    one = finding(severity=severity, status=status)
    assert Selection(fail_on=fail_on).fails([one]) is fails
