"""The baseline keeps what a team knows of, readably, and lets go of what is mended."""

import pytest
from inline_snapshot import snapshot
from tests.findings.examples import finding

from pickguard.base.errors import ConfigurationError
from pickguard.findings import Status, baseline
from pickguard.findings.baseline import Baseline
from pickguard.findings.fingerprint import fingerprint


def _two():
    return fingerprint([finding(), finding(rule="csrf.exempt", place_path="notes/views.py")])


def test_the_file_is_sorted_with_one_finding_a_line():
    assert baseline.render(baseline.make(_two())) == snapshot("""\
{
  "schema": 1,
  "findings": [
    {"path": "notes/search.html", "rule": "xss.unescaped-output", "fingerprint": "5d586ff4784f279f5722", "symbol": "", "message": "`query` goes out unescaped"},
    {"path": "notes/views.py", "rule": "csrf.exempt", "fingerprint": "9c08838423b417337e8d", "symbol": "", "message": "`query` goes out unescaped"}
  ]
}
""")


def test_what_is_written_is_read(tmp_path):
    path = tmp_path / baseline.FILE_NAME
    known = baseline.make(_two())
    path.write_text(baseline.render(known), encoding="utf-8")
    assert baseline.read(path) == known


def test_an_empty_baseline_is_a_file_too(tmp_path):
    path = tmp_path / baseline.FILE_NAME
    path.write_text(baseline.render(Baseline()), encoding="utf-8")
    assert baseline.read(path) == Baseline()


def test_no_file_is_no_baseline(tmp_path):
    assert baseline.read(tmp_path / "absent.json") is None


def test_known_findings_are_marked_and_new_ones_are_not():
    known, new = _two()
    applied = baseline.apply([known, new], baseline.make([known]), lambda _entry: True)
    assert [f.status for f in applied.findings] == [Status.BASELINE, Status.NEW]
    assert applied.gone == ()


def test_a_finding_that_is_gone_leaves_the_baseline():
    kept, mended = _two()
    applied = baseline.apply([kept], baseline.make([kept, mended]), lambda _entry: True)
    assert applied.baseline == baseline.make([kept])
    assert [entry.rule for entry in applied.gone] == [mended.rule]


def test_what_the_scan_did_not_look_at_stays():
    """Scanning one file, or one rule, must not forget the rest."""
    known = baseline.make(_two())
    applied = baseline.apply([], known, lambda entry: entry.path == "notes/views.py")
    assert [entry.path for entry in applied.baseline.findings] == ["notes/search.html"]


def test_suppressed_findings_do_not_enter():
    assert baseline.make([finding(status=Status.SUPPRESSED)]) == Baseline()


def test_a_suppressed_finding_stays_suppressed():
    (one,) = fingerprint([finding(status=Status.SUPPRESSED)])
    known = baseline.make(fingerprint([finding()]))
    applied = baseline.apply([one], known, lambda _entry: True)
    assert applied.findings[0].status is Status.SUPPRESSED


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "is damaged"),
        ("<<<<<<< HEAD", "is damaged"),
        ('{"schema": 9, "findings": []}', "has schema 9"),
        ('{"schema": 1, "findings": [{"path": 3}]}', "is damaged"),
        ("[" * 100_000, "is damaged"),
    ],
)
def test_a_damaged_file_says_what_to_do(tmp_path, content, said):
    path = tmp_path / baseline.FILE_NAME
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=said) as caught:
        baseline.read(path)
    assert "--write-baseline" in str(caught.value)
