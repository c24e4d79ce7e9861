"""The SARIF log is valid by the official schema and says what viewers need."""

import json
from pathlib import Path

import jsonschema
import msgspec
import pytest
from tests.findings.examples import REFLECTED, RESULT, finding

from pickguard.findings import Fix, Place, Severity, Status
from pickguard.findings.fingerprint import fingerprint
from pickguard.findings.result import FaultInfo
from pickguard.report import View, render

SCHEMA = json.loads(
    (Path(__file__).parent.parent / "data" / "sarif-schema-2.1.0.json").read_text("utf-8")
)


def _run(result=RESULT):
    log = json.loads(render("sarif", result, View()))
    jsonschema.Draft4Validator(SCHEMA).validate(log)
    (run,) = log["runs"]
    return run


def _with(*findings, **changes):
    return _run(msgspec.structs.replace(RESULT, findings=fingerprint(findings), **changes))


def test_a_whole_log_is_valid_and_leaves_out_what_is_suppressed():
    run = _run()
    states = {(result["ruleId"], result["baselineState"]) for result in run["results"]}
    assert states == {
        ("xss.unescaped-output", "new"),
        ("sql.formatted-query", "new"),
        ("deployment.debug", "new"),
        ("deployment.hosts", "unchanged"),
    }


def test_an_empty_log_is_valid():
    assert _with()["results"] == []


def test_a_rule_carries_help_and_weight():
    run = _run()
    rule = next(r for r in run["tool"]["driver"]["rules"] if r["id"] == "xss.unescaped-output")
    assert rule["help"]["markdown"] == "Drop `|safe`."
    assert rule["properties"]["security-severity"] == "8.0"
    assert "external/cwe/cwe-079" in rule["properties"]["tags"]
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]


@pytest.mark.parametrize(("severity", "level"), [(Severity.HIGH, "error"), (Severity.INFO, "note")])
def test_severity_becomes_a_level(severity, level):
    assert _with(finding(severity=severity))["results"][0]["level"] == level


def test_the_way_of_the_data_is_a_code_flow():
    result = _with(REFLECTED)["results"][0]
    steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [s["location"]["physicalLocation"]["region"]["startLine"] for s in steps] == [31, 34]
    assert result["partialFingerprints"]["pickguard/v1"]


def test_paths_are_uris():
    result = _with(finding(place_path="a b/ü#.py"))["results"][0]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "a%20b/%C3%BC%23.py"


def test_a_fix_is_a_replacement():
    fix = Fix("drop it", Place("a.html", 1, 2, 1, 7), "")
    change = _with(finding(fix=fix))["results"][0]["fixes"][0]["artifactChanges"][0]
    assert change["replacements"][0]["deletedRegion"]["endColumn"] == 7


def test_odd_findings_are_valid():
    """No place, a place without a line, brackets that look like a link, a rule nobody knows."""
    odd = [
        finding(places=()),
        finding(place_line=0, place_column=0, place_end_line=0, place_end_column=0),
        finding(rule="own.rule", message="a[i](x) \x00", mend="", gain=""),
    ]
    results = _with(*odd)["results"]
    assert len(results) == 3
    assert not any("](" in result["message"]["text"] for result in results)


def test_a_fault_is_no_success():
    invocation = _with(faults=(FaultInfo("rule x", "broke"),))["invocations"][0]
    assert invocation["executionSuccessful"] is False
    assert len(invocation["toolExecutionNotifications"]) == 2


def test_everything_but_suppressed_is_kept():
    statuses = [finding(status=status, place_line=line) for line, status in enumerate(Status, 1)]
    assert len(_with(*statuses)["results"]) == 2
