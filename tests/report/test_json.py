"""Other programs rely on the JSON report: it has the documented form and can be read back."""

import json

import msgspec
from tests.findings.examples import RESULT, finding

from pickguard import __version__
from pickguard.findings import Finding
from pickguard.report import View, render


def _document(result=RESULT, view=View()):  # noqa: B008 - a View is frozen
    return json.loads(render("json", result, view))


def test_the_documented_form():
    document = _document()
    assert document["schema"] == 1
    assert document["pickguard"] == __version__
    assert (document["root"], document["duration_s"]) == ("/srv/site", 0.314)
    assert document["files"] == {
        "python": 38,
        "template": 12,
        "lines": 2114,
        "unreadable": [{"path": "notes/old.py", "reason": "no valid Python: line 3"}],
        "tests": 7,
        "script": 0,
    }
    reflected = next(f for f in document["findings"] if f["rule"] == "xss.unescaped-output")
    assert reflected["areas"] == ["integrity"]
    assert reflected["cwe"] == [79]
    assert reflected["places"][0] == {
        "path": "notes/templates/notes/search.html",
        "line": 14,
        "column": 24,
        "end_line": 14,
        "end_column": 34,
        "label": "goes out as HTML text, escaping switched off",
        "code": "<p>You searched for {{ query|safe }}</p>",
    }
    assert reflected["flow"][0]["note"] == "from the browser"
    assert (reflected["status"], reflected["fix"]) == ("new", None)
    assert document["unfollowed"] == []


def test_findings_of_every_status_are_there():
    assert {f["status"] for f in _document()["findings"]} == {"new", "baseline", "suppressed"}


def test_findings_come_back_as_they_went():
    back = msgspec.convert(_document()["findings"], tuple[Finding, ...])
    assert back == RESULT.findings


def test_figures_are_there_when_asked_for():
    assert "stats" not in _document()
    assert _document(view=View(stats=True))["stats"][0]["name"] == "read"


def test_undecodable_names_are_still_json():
    result = msgspec.structs.replace(RESULT, findings=(finding(place_path="\udcff.py"),))
    assert _document(result)["findings"][0]["places"][0]["path"] == "\udcff.py"
