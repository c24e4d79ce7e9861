"""SARIF 2.1.0, for GitHub code scanning and other viewers; suppressed findings are left out.

Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

import json
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from pickguard import __version__
from pickguard.base.scales import Confidence, Severity
from pickguard.findings.model import Finding, Fix, Place, Status
from pickguard.findings.result import RuleInfo, ScanResult, Unreadable
from pickguard.report import View

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_HOME = "https://pickguard.readthedocs.io/"
_ROOT = "SRCROOT"
_LEVELS = {
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}
# GitHub: over 9.0 is critical, 7.0 high, 4.0 medium
_SCORES = {Severity.HIGH: "8.0", Severity.MEDIUM: "5.0", Severity.LOW: "3.0", Severity.INFO: "0.5"}
_RANKS = {Confidence.PROVED: 100, Confidence.HIGH: 80, Confidence.MEDIUM: 50, Confidence.LOW: 20}
_STATES = {Status.NEW: "new", Status.BASELINE: "unchanged"}


def render(result: ScanResult, view: View) -> str:  # noqa: ARG001 - every format takes both
    """Return the log, one run with the findings that are new or in the baseline."""
    findings = [f for f in result.findings if f.status is not Status.SUPPRESSED]
    rules = _rules(findings, result)
    positions = {rule["id"]: index for index, rule in enumerate(rules)}
    run = {
        "tool": {
            "driver": {
                "name": "Pickguard",
                "version": __version__,
                "semanticVersion": __version__,
                "informationUri": _HOME,
                "rules": rules,
            }
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(result)],
        "results": [_result(finding, positions[finding.rule]) for finding in findings],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rules(findings: list[Finding], result: ScanResult) -> list[dict[str, Any]]:
    """Describe each rule that found something, in the order of their names."""
    known = {rule.id: rule for rule in result.rules}
    first: dict[str, Finding] = {}
    for finding in findings:
        first.setdefault(finding.rule, finding)
    return [_rule(known.get(rule) or _unknown(first[rule]), first[rule]) for rule in sorted(first)]


def _unknown(finding: Finding) -> RuleInfo:
    return RuleInfo(finding.rule, finding.lesson, finding.rule, finding.severity, finding.cwe)


def _rule(rule: RuleInfo, finding: Finding) -> dict[str, Any]:
    described = rule.help or finding.mend or rule.title
    tags = ["security", rule.lesson, *finding.areas]
    tags += [f"external/cwe/cwe-{number:03d}" for number in rule.cwe]
    return {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.id.replace(".", "-").split("-")),
        "shortDescription": {"text": rule.title or rule.id},
        "fullDescription": {"text": rule.title or rule.id},
        "help": {"text": described, "markdown": described},
        "helpUri": f"{_HOME}en/latest/lessons/{quote(rule.lesson)}.html",
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"tags": tags, "security-severity": _SCORES[rule.severity]},
    }


def _result(finding: Finding, rule: int) -> dict[str, Any]:
    parts = [finding.message, finding.gain and f"{finding.gain}.", finding.mend]
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": _plain("\n".join(part for part in parts if part))},
        "locations": [_location(place) for place in finding.places[:1]],
        "partialFingerprints": {"pickguard/v1": finding.fingerprint},
        "baselineState": _STATES[finding.status],
        "rank": _RANKS[finding.confidence],
        "properties": {
            "confidence": finding.confidence,
            "severity": finding.severity,
            "areas": list(finding.areas),
        },
    }
    if len(finding.places) > 1:
        result["relatedLocations"] = [
            {"id": number, **_location(place)} for number, place in enumerate(finding.places[1:])
        ]
    if finding.flow:
        result["codeFlows"] = [{"threadFlows": [{"locations": _steps(finding)}]}]
    if finding.fix:
        result["fixes"] = [_fix(finding.fix)]
    return result


def _steps(finding: Finding) -> list[dict[str, Any]]:
    return [
        {
            "location": {
                "physicalLocation": {
                    "artifactLocation": _artifact(step.path),
                    "region": {"startLine": max(step.line, 1), "startColumn": max(step.column, 1)},
                },
                "message": {"text": _plain(step.note or "the data passes here")},
            }
        }
        for step in finding.flow
    ]


def _location(place: Place) -> dict[str, Any]:
    region: dict[str, Any] = _region(place)
    if place.code:
        region["snippet"] = {"text": place.code}
    location: dict[str, Any] = {
        "physicalLocation": {"artifactLocation": _artifact(place.path), "region": region}
    }
    if place.label:
        location["message"] = {"text": _plain(place.label)}
    return location


def _region(place: Place) -> dict[str, Any]:
    line = max(place.line, 1)
    return {
        "startLine": line,
        "startColumn": max(place.column, 1),
        "endLine": max(place.end_line, line),
        "endColumn": max(place.end_column, 1),
    }


def _fix(fix: Fix) -> dict[str, Any]:
    replacement = {
        "deletedRegion": _region(fix.place),
        "insertedContent": {"text": fix.replacement},
    }
    change = {
        "artifactLocation": _artifact(fix.place.path),
        "replacements": [replacement],
    }
    return {"description": {"text": _plain(fix.title)}, "artifactChanges": [change]}


def _artifact(path: str) -> dict[str, str]:
    uri = quote(PurePosixPath(path).as_posix(), errors="surrogateescape")
    return {"uri": uri, "uriBaseId": _ROOT}


def _invocation(result: ScanResult) -> dict[str, Any]:
    notes = [
        {
            "level": "warning",
            "message": {"text": _plain(f"could not be read: {file.reason}")},
            "locations": [{"physicalLocation": _unread(file)}],
        }
        for file in result.files.unreadable
    ]
    notes += [
        {"level": "error", "message": {"text": _plain(f"failed at {fault.where}: {fault.message}")}}
        for fault in result.faults
    ]
    return {"executionSuccessful": not result.faults, "toolExecutionNotifications": notes}


def _unread(file: Unreadable) -> dict[str, Any]:
    found: dict[str, Any] = {"artifactLocation": _artifact(file.path)}
    return {**found, "region": {"startLine": file.line}} if file.line else found


def _plain(text: str) -> str:
    """Keep brackets from being read as links (section 3.11.6 of the standard)."""
    return text.replace("](", "]\\(")
