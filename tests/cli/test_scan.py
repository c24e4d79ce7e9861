"""`pickguard scan` passes on what it is asked, writes whole reports, and ends with the right code."""

import json
import os

import msgspec
import pytest
from tests.findings.examples import DEBUG, RESULT, finding

from pickguard.base.config import Config
from pickguard.base.errors import FaultError
from pickguard.base.scales import Confidence, Severity
from pickguard.findings import baseline
from pickguard.findings.baseline import Baseline
from pickguard.findings.fingerprint import fingerprint
from pickguard.findings.result import FaultInfo, FileCounts, ScanResult


def test_the_report_goes_to_standard_output(run):
    ended = run("scan")
    assert ended.code == 1
    assert "xss.unescaped-output" in ended.out
    assert ended.err == ""


@pytest.mark.parametrize("name", ["text", "json", "sarif", "github"])
def test_every_format_can_be_had(run, name):
    assert run("scan", "--format", name).out


def test_the_current_folder_is_scanned_with_the_defaults(run, conductor):
    run("scan")
    assert str(conductor.asked["root"]) == "."
    assert conductor.asked["config"] == Config()
    assert (conductor.asked["jobs"], conductor.asked["cache"]) == (os.cpu_count(), True)


def test_options_lie_over_the_configuration(run, conductor, tmp_path):
    text = '[tool.pickguard]\nselect = ["sql"]\nignore = ["tls"]\njobs = 3\n'
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    (tmp_path / "known.json").write_text('{"schema": 1, "findings": []}', encoding="utf-8")
    run(
        *("scan", "--select", "xss,csrf.exempt", "--select", "forms", "--fail-on", "high"),
        *("--min-confidence", "low", "--include", "tests", "--settings", "site.prod"),
        *("--exclude", "old/**", "--baseline", "known.json", "--no-cache"),
    )
    config = conductor.asked["config"]
    assert config.select == ("xss", "csrf.exempt", "forms")
    assert config.ignore == ("tls",)
    assert (config.fail_on, config.min_confidence) == (Severity.HIGH, Confidence.LOW)
    assert (config.include, config.exclude) == (("tests",), ("old/**",))
    assert config.settings == ("site.prod",)
    assert config.baseline == str(tmp_path / "known.json")
    assert (conductor.asked["jobs"], conductor.asked["cache"]) == (3, False)


def test_never_on_the_command_line_beats_the_file(run, tmp_path):
    (tmp_path / "pyproject.toml").write_text('[tool.pickguard]\nfail-on = "low"\n', "utf-8")
    assert run("scan", "--fail-on", "never").code == 0


def test_another_configuration_can_be_named(run, conductor, tmp_path):
    (tmp_path / "ci.toml").write_text("[tool.pickguard]\njobs = 7\n", encoding="utf-8")
    run("scan", "--config", "ci.toml")
    assert conductor.asked["jobs"] == 7


@pytest.mark.parametrize(
    ("result", "code"),
    [
        (msgspec.structs.replace(RESULT, findings=()), 0),
        (msgspec.structs.replace(RESULT, findings=(DEBUG,)), 0),
        (RESULT, 1),
        (msgspec.structs.replace(RESULT, faults=(FaultInfo("rule x", "broke"),)), 4),
    ],
)
def test_exit_codes(run, conductor, result, code):
    conductor.result = result
    assert run("scan").code == code


def test_a_fault_still_prints_what_could_be_done(run, conductor):
    conductor.result = msgspec.structs.replace(RESULT, faults=(FaultInfo("rule x", "broke"),))
    ended = run("scan")
    assert "xss.unescaped-output" in ended.out
    assert "Pickguard failed at rule x: broke" in ended.out


def test_mistakes_of_the_configuration_are_told_together(run, tmp_path):
    text = '[tool.pickguard]\njobs = -1\nfail-no = "high"\n'
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    ended = run("scan")
    assert ended.code == 2
    assert ended.err.count("Error: ") == 2
    assert "Did you mean `fail-on`?" in ended.err


def test_a_wrong_kind_of_file_is_a_mistake_of_usage(run):
    ended = run("scan", "--include", "test")
    assert ended.code == 2
    assert "Did you mean `tests`?" in ended.err


@pytest.mark.parametrize("words", [["scan", "--formt"], ["scan", "absent"], ["sacn"], ["--what"]])
def test_wrong_usage(run, words):
    ended = run(*words)
    assert ended.code == 2
    assert ended.out == ""


def test_a_verb_that_was_probably_meant_is_named(run):
    assert "Did you mean `scan`?" in run("sacn").err


def test_nothing_to_read(run, tmp_path):
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "a.py").write_text("x = 1\n", encoding="utf-8")
    ended = run("scan", real=True)
    assert (ended.code, ended.out) == (3, "")
    assert "neither Python nor a template" in ended.err
    assert "Skipped: node_modules." in ended.err


def test_a_baseline_that_is_named_and_not_there_is_a_mistake_of_usage(run):
    ended = run("scan", "--baseline", "typo.json")
    assert (ended.code, ended.out) == (2, "")
    assert "no such file" in ended.err


def test_a_crash_is_a_message_and_no_traceback(run, conductor):
    conductor.result = ZeroDivisionError("division by \x1b[31mzero")
    ended = run("scan")
    assert (ended.code, ended.out) == (4, "")
    assert "Pickguard failed: ZeroDivisionError" in ended.err
    assert "Traceback" not in ended.err
    assert "\x1b" not in ended.err


def test_an_error_that_pickguard_raises_keeps_its_code(run, conductor):
    conductor.result = FaultError("the cache is lost")
    assert run("scan").code == 4


def test_a_report_goes_to_a_file_whole(run, tmp_path):
    ended = run("scan", "--format", "json", "--output", "report.json")
    assert (ended.code, ended.out) == (1, "")
    assert json.loads((tmp_path / "report.json").read_text("utf-8"))["schema"] == 1
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


def test_a_report_that_cannot_be_written_leaves_nothing_behind(run, tmp_path):
    (tmp_path / "taken").mkdir()
    ended = run("scan", "--output", "absent/report.txt")
    assert ended.code == 2
    assert "cannot be written" in ended.err
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_the_baseline_lies_in_the_root_and_shrinks(run, conductor, tmp_path):
    kept, gone = fingerprint([finding(), finding(place_path="gone.html")])[::-1]
    root = str(tmp_path)
    path = tmp_path / baseline.FILE_NAME
    conductor.result = ScanResult(root, files=FileCounts(python=1), findings=(kept, gone))
    run("scan", "--write-baseline")
    assert baseline.read(path) == baseline.make([kept, gone])
    conductor.result = ScanResult(
        root,
        files=FileCounts(python=1),
        baseline=Baseline(baseline.make([kept]).findings),
        mended=1,
    )
    assert run("scan").code == 0
    assert baseline.read(path) == baseline.make([kept])
