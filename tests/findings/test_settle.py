"""All that happens to findings between the rules and the report, together."""

import pytest
from tests.findings.examples import finding

from pickguard.base.config import Config
from pickguard.base.errors import ConfigurationError
from pickguard.base.scales import Confidence
from pickguard.findings import Status, baseline
from pickguard.findings.fingerprint import fingerprint
from pickguard.findings.selection import Selection
from pickguard.findings.settle import Scope, settle
from pickguard.findings.suppression import read

RULES = {"xss.unescaped-output": "xss", "csrf.exempt": "csrf"}


def _scope(tmp_path, **changes):
    changes.setdefault("paths", frozenset({"notes/search.html"}))
    changes.setdefault("selection", Selection())
    return Scope(root=tmp_path, rules=RULES, **changes)


def test_a_suppressed_finding_of_low_confidence_makes_its_comment_no_stale_one(tmp_path):
    text = "\n" * 13 + "<p>{{ query|safe }}</p> {# pickguard: ignore[xss] trusted #}"
    comments = {"notes/search.html": read(text, python=False)}
    low = finding(confidence=Confidence.LOW)
    settled = settle([low], _scope(tmp_path, suppressions=comments))
    assert settled.findings == ()
    assert settled.hidden == 1


def test_an_ignored_rule_makes_no_suppression_stale(tmp_path):
    comments = {"a.html": read("x {# pickguard: ignore[xss] trusted #}", python=False)}
    chosen = Selection(ignore=frozenset({"xss"}))
    settled = settle([finding()], _scope(tmp_path, suppressions=comments, selection=chosen))
    assert settled.findings == ()


def test_a_stale_suppression_can_be_suppressed_like_everything_else(tmp_path):
    """Rules about suppressions are rules too: their names are known."""
    text = "x {# pickguard: ignore[pickguard.stale-suppression] just a test #}"
    comments = {"a.html": read(text, python=False)}
    (said,) = settle([], _scope(tmp_path, suppressions=comments)).findings
    assert said.rule == "pickguard.stale-suppression"


def test_the_baseline_marks_and_shrinks(tmp_path):
    mended, known = fingerprint([finding(), finding(rule="csrf.exempt", place_path="gone.py")])
    before = baseline.make([known, mended])
    settled = settle([finding()], _scope(tmp_path, baseline=before))
    assert [f.status for f in settled.findings] == [Status.BASELINE]
    assert settled.baseline == baseline.make([known])
    assert settled.mended == 1


def test_a_file_that_was_not_read_keeps_its_entries(tmp_path):
    (tmp_path / "other.py").write_text("x = 1\n", encoding="utf-8")
    before = baseline.make(fingerprint([finding(place_path="other.py")]))
    assert settle([], _scope(tmp_path, baseline=before)).baseline == before


def test_a_rule_that_was_not_run_keeps_its_entries(tmp_path):
    before = baseline.make(fingerprint([finding()]))
    chosen = Selection(select=frozenset({"csrf"}))
    assert settle([], _scope(tmp_path, baseline=before, selection=chosen)).baseline == before


def test_the_scan_of_a_part_touches_its_part_of_the_baseline_only(tmp_path):
    whole = fingerprint([finding(place_path="part/a.html"), finding(place_path="b.html")])
    scope = _scope(
        tmp_path, baseline=baseline.make(whole), prefix="part", paths=frozenset({"a.html"})
    )
    settled = settle([finding(place_path="a.html")], scope)
    assert [f.status for f in settled.findings] == [Status.BASELINE]
    assert settled.baseline == baseline.make(whole)


@pytest.mark.parametrize(
    ("root", "prefix"), [("", ""), ("src", "src"), ("src/site", "src/site"), ("../other", "")]
)
def test_the_baseline_lies_beside_the_configuration(tmp_path, root, prefix):
    config = Config(origin=tmp_path / "pyproject.toml")
    path, found = baseline.location(config, tmp_path / root)
    assert path == tmp_path.resolve() / baseline.FILE_NAME
    assert found == prefix


def test_without_a_configuration_the_baseline_lies_in_the_root(tmp_path):
    assert baseline.location(Config(), tmp_path)[0].parent == tmp_path.resolve()


def test_a_link_out_of_the_project_is_no_baseline(tmp_path):
    outside = tmp_path / "precious.txt"
    project = tmp_path / "project"
    project.mkdir()
    (project / baseline.FILE_NAME).symlink_to(outside)
    with pytest.raises(ConfigurationError, match="leads out of"):
        baseline.location(Config(), project)
    assert baseline.location(Config(baseline=str(outside)), project)[0] == outside.resolve()
