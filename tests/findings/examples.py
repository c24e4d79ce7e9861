"""Findings made by hand for the tests of everything that treats findings."""

from typing import Any

import msgspec

from pickguard.findings import Area, Confidence, Finding, Place, Severity, Status, Step
from pickguard.findings.fingerprint import fingerprint
from pickguard.findings.result import (
    FileCounts,
    LessonInfo,
    RuleInfo,
    ScanResult,
    Skipped,
    Stat,
    Unreadable,
)

FINDING = Finding(
    rule="xss.unescaped-output",
    lesson="xss",
    areas=(Area.INTEGRITY,),
    cwe=(79,),
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    message="`query` goes out unescaped",
    gain="whoever follows a crafted link runs the attacker's script in their own session",
    mend="drop `|safe`",
    places=(Place("notes/search.html", 14, 25, 14, 35, code="<p>{{ query|safe }}</p>"),),
)


def finding(**changes: Any) -> Finding:
    """Return the example with changes; those of the first place are named `place_...`."""
    place = {name[6:]: changes.pop(name) for name in list(changes) if name.startswith("place_")}
    if place:
        changes["places"] = (msgspec.structs.replace(FINDING.places[0], **place),)
    return msgspec.structs.replace(FINDING, **changes)


REFLECTED = finding(
    message="`query` goes into the page as it came",
    gain="whoever follows a crafted link to /search/ runs the attacker's script in their session",
    mend="drop `|safe`; Django then escapes the value",
    symbol="",
    places=(
        Place(
            "notes/templates/notes/search.html",
            14,
            24,
            14,
            34,
            "goes out as HTML text, escaping switched off",
            "<p>You searched for {{ query|safe }}</p>",
        ),
    ),
    flow=(
        Step("notes/views.py", 31, 13, "from the browser", 'request.GET["q"]'),
        Step("notes/views.py", 34, 5, "into the template as `query`", '{"query": q}'),
    ),
)
SQL = finding(
    rule="sql.formatted-query",
    lesson="sql",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(89,),
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    message="text is formatted into the query that `cursor.execute` runs",
    gain="whoever reaches /report/ reads and changes every table",
    mend="pass the values as the second argument of `execute`",
    symbol="notes.views.report",
    places=(
        Place(
            "notes/views.py",
            52,
            9,
            56,
            10,
            "the query is put together here",
            "        cursor.execute(\n"
            '            f"SELECT title FROM notes_note "\n'
            '            f"WHERE owner_id = {request.user.pk} "\n'
            "            f\"AND title LIKE '%{term}%'\"\n"
            "        )",
        ),
        Place("notes/urls.py", 9, 5, 9, 40, "reached from here", '    path("report/", report),'),
    ),
)
DEBUG = finding(
    rule="deployment.debug",
    lesson="deployment",
    areas=(Area.AVAILABILITY,),
    cwe=(489,),
    severity=Severity.LOW,
    message="`DEBUG` is on in production",
    gain="an error page shows settings and local variables to everybody",
    mend="set `DEBUG = False` in `site.settings.production`",
    places=(Place("site/settings/production.py", 3, 1, 3, 13, "", "DEBUG = True"),),
    symbol="DEBUG",
)
RESULT = ScanResult(
    root="/srv/site",
    duration_s=0.314,
    files=FileCounts(38, 12, 2114, (Unreadable("notes/old.py", "no valid Python: line 3"),), 7),
    skipped=(Skipped("node_modules", "packages of npm"), Skipped(".venv", "virtual environment")),
    findings=fingerprint(
        (
            REFLECTED,
            SQL,
            DEBUG,
            msgspec.structs.replace(DEBUG, status=Status.BASELINE, rule="deployment.hosts"),
            msgspec.structs.replace(SQL, status=Status.SUPPRESSED, reason="term is a constant"),
        )
    ),
    lessons=(
        LessonInfo("xss", "injected HTML and JavaScript", (Area.INTEGRITY,)),
        LessonInfo("sql", "SQL injection", (Area.CONFIDENTIALITY, Area.INTEGRITY)),
        LessonInfo("deployment", "settings, and a site that stays up", (Area.AVAILABILITY,)),
    ),
    rules=(
        RuleInfo(
            "xss.unescaped-output",
            "xss",
            "output that is not escaped",
            Severity.HIGH,
            (79,),
            "Drop `|safe`.",
        ),
        RuleInfo("sql.formatted-query", "sql", "a query made by formatting", Severity.HIGH, (89,)),
        RuleInfo("deployment.debug", "deployment", "debug mode in production", Severity.LOW),
        RuleInfo("deployment.hosts", "deployment", "any host is served", Severity.LOW),
    ),
    hidden=3,
    left_out={"tests": 4},
    mended=1,
    stats=(Stat("read", 0.21), Stat("routes", 17, "")),
)
