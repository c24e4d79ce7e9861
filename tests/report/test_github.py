"""Workflow commands annotate the line, and nothing in a scanned file can forge one."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot
from tests.findings.examples import RESULT, finding

from pickguard.report import View, render


def _lines(*findings):
    result = msgspec.structs.replace(RESULT, findings=findings)
    return render("github", result, View()).splitlines()


def test_a_whole_report():
    assert render("github", RESULT, View()) == snapshot("""\
::error file=notes/templates/notes/search.html,line=14,endLine=14,col=24,endColumn=34,title=xss.unescaped-output (high)::`query` goes into the page as it came%0Awhoever follows a crafted link to /search/ runs the attacker's script in their session%0AMend: drop `|safe`; Django then escapes the value
::error file=notes/views.py,line=52,endLine=56,title=sql.formatted-query (high)::text is formatted into the query that `cursor.execute` runs%0Awhoever reaches /report/ reads and changes every table%0AMend: pass the values as the second argument of `execute`
::notice file=site/settings/production.py,line=3,endLine=3,col=1,endColumn=13,title=deployment.debug (low)::`DEBUG` is on in production%0Aan error page shows settings and local variables to everybody%0AMend: set `DEBUG = False` in `site.settings.production`
::warning file=notes/old.py::could not be read: no valid Python: line 3
""")


def test_properties_are_escaped():
    line = _lines(finding(place_path="a,b:c%.py"))[0]
    assert line.startswith("::error file=a%2Cb%3Ac%25.py,line=14,")


@given(st.text())
def test_no_text_can_begin_another_command(text):
    result = msgspec.structs.replace(
        RESULT, findings=(finding(message=text, gain=text, place_path=text, rule=text),)
    )
    lines = render("github", result, View()).replace("\r", "\n").split("\n")
    assert [line.split(" ")[0] for line in lines] == ["::error", "::warning", ""]
