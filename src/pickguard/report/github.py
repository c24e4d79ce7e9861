"""Annotations for GitHub Actions: one workflow command a finding, shown beside the changed line.

GitHub shows ten errors and ten warnings a step; the worst come first.
Source: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from pickguard.base.scales import Severity
from pickguard.findings.model import Finding, Status
from pickguard.findings.result import ScanResult, Unreadable, order
from pickguard.report import View

_COMMANDS = {
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "notice",
    Severity.INFO: "notice",
}
_DATA = (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"))
_PROPERTY = (*_DATA, (":", "%3A"), (",", "%2C"))


def render(result: ScanResult, view: View) -> str:  # noqa: ARG001 - every format takes both
    """Return the new findings as workflow commands, and what could not be read as warnings."""
    new = sorted(result.with_status(Status.NEW), key=lambda f: (f.severity.rank, order(f)))
    lines = [_annotation(finding) for finding in new]
    lines += [
        _command("warning", _where(file), f"could not be read: {file.reason}")
        for file in result.files.unreadable
    ]
    lines += [
        _command("error", {}, f"Pickguard failed at {fault.where}: {fault.message}")
        for fault in result.faults
    ]
    return "".join(f"{line}\n" for line in lines)


def _annotation(finding: Finding) -> str:
    properties: dict[str, str] = {}
    if finding.places:
        place = finding.places[0]
        properties = {"file": place.path, "line": str(place.line), "endLine": str(place.end_line)}
        if place.line == place.end_line:  # GitHub takes columns on one line only
            properties |= {"col": str(place.column), "endColumn": str(place.end_column)}
    properties["title"] = f"{finding.rule} ({finding.severity})"
    parts = [finding.message, finding.gain, f"Mend: {finding.mend}" if finding.mend else ""]
    message = "\n".join(part for part in parts if part)
    return _command(_COMMANDS[finding.severity], properties, message)


def _where(file: Unreadable) -> dict[str, str]:
    return {"file": file.path} | ({"line": str(file.line)} if file.line else {})


def _command(name: str, properties: dict[str, str], message: str) -> str:
    listed = ",".join(f"{key}={_escape(value, _PROPERTY)}" for key, value in properties.items())
    head = f"::{name} {listed}" if listed else f"::{name}"
    return f"{head}::{_escape(message, _DATA)}"


def _escape(text: str, table: tuple[tuple[str, str], ...]) -> str:
    for character, code in table:
        text = text.replace(character, code)
    return text
