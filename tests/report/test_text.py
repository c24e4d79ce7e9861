"""The terminal report is worth reading, whatever the findings and the terminal."""

import re

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inline_snapshot import snapshot
from tests.findings.examples import DEBUG, REFLECTED, RESULT, SQL, finding

from pickguard.base.screen import width
from pickguard.findings import Area, Place, Severity, Status, Step
from pickguard.findings.fingerprint import fingerprint
from pickguard.findings.result import FaultInfo, FileCounts, ScanResult
from pickguard.report import View, render

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def _text(*findings, view=View(width=92), **changes):  # noqa: B008 - a View is frozen
    result = ScanResult(root="/srv/site", findings=tuple(findings), lessons=RESULT.lessons)
    return render("text", msgspec.structs.replace(result, **changes), view)


def test_a_whole_report():
    assert render("text", RESULT, View(width=92, stats=True)) == snapshot("""\
INTEGRITY
xss · injected HTML and JavaScript

  high  xss.unescaped-output                                                 confidence high
  `query` goes into the page as it came
  notes/templates/notes/search.html:14:24
    14 │ <p>You searched for {{ query|safe }}</p>
       │                        ^^^^^^^^^^ goes out as HTML text, escaping switched off
  path   notes/views.py:31   request.GET["q"]   from the browser
         notes/views.py:34   {"query": q}       into the template as `query`
  so     whoever follows a crafted link to /search/ runs the attacker's script in their
         session
  mend   drop `|safe`; Django then escapes the value

CONFIDENTIALITY
sql · SQL injection

  high  sql.formatted-query                                                confidence medium
  text is formatted into the query that `cursor.execute` runs
  notes/views.py:52:9 · in notes.views.report
    52 │ > cursor.execute(
    53 │ >     f"SELECT title FROM notes_note "
    54 │ >     f"WHERE owner_id = {request.user.pk} "
    55 │ >     f"AND title LIKE '%{term}%'"
    56 │ > )
       │   the query is put together here
  see    notes/urls.py:9   path("report/", report),   reached from here
  so     whoever reaches /report/ reads and changes every table
  mend   pass the values as the second argument of `execute`

AVAILABILITY
deployment · settings, and a site that stays up

  low  deployment.debug                                                      confidence high
  `DEBUG` is on in production
  site/settings/production.py:3:1 · in DEBUG
     3 │ DEBUG = True
       │ ^^^^^^^^^^^^
  so     an error page shows settings and local variables to everybody
  mend   set `DEBUG = False` in `site.settings.production`

────────────────────────────────────────────────────────────────────────────────────────────
in all           2 high, 1 low   (one may harm several areas)
integrity        2 high
confidentiality  1 high
availability     1 low, nothing graver
50 files, 2,114 lines, 0.31 s · 1 suppressed, 1 in the baseline
pickguard explain RULE tells more of each · --format html for a page
could not read notes/old.py: no valid Python: line 3
3 findings of less confidence not shown · see more with --min-confidence low
7 modules of tests left unread · --include tests reads them
4 findings in tests left out · see more with --include tests
1 finding of the baseline gone: taken out of it
skipped node_modules (packages of npm), .venv (virtual environment)
read                     0.21 s
routes                     17
""")


def test_nothing_found():
    assert _text(files=FileCounts(1, 0, 1)) == snapshot("""\
────────────────────────────────────────────────────────────────────────────────────────────
integrity        nothing found
confidentiality  nothing found
availability     nothing found
1 file, 1 line, 0.00 s
""")


def test_colour_adds_nothing_but_colour():
    plain = render("text", RESULT, View(width=92))
    coloured = render("text", RESULT, View(width=92, colour=True))
    assert "\x1b[" in coloured
    assert _COLOUR.sub("", coloured).replace("`", "") == plain.replace("`", "")


def test_a_terminal_without_line_drawing_gets_ascii():
    assert render("text", RESULT, View(width=92, unicode=False)).isascii()


def test_two_hundred_findings_stay_readable():
    """The first of each rule in full, the others by file; everything is named or counted."""
    many = [
        finding(place_path=f"app{number % 4}/page.html", place_line=number)
        for number in range(1, 201)
    ]
    text = _text(*fingerprint(many))
    assert len(text.splitlines()) < 30
    assert "199 more of xss.unescaped-output" in text
    assert "app0/page.html   8, 12, 16" in text
    assert len(_text(*fingerprint(many), view=View(fold=False)).splitlines()) > 800


def test_what_alike_findings_share_is_said_once():
    text = _text(finding(), finding(place_line=20, place_end_line=20))
    assert text.count("mend   ") == 1
    assert text.count("notes/search.html:") == 2


def test_other_places_are_told_by_their_lines_and_many_are_counted():
    """Two on one line are one line, in the order of the places; what is left out is counted."""
    first = REFLECTED.places[0]
    lines = [31, 30, 31, 31]
    at = [
        msgspec.structs.replace(first, line=line, end_line=line, column=column, label="and here")
        for column, line in enumerate(lines, start=5)
    ]
    text = _text(msgspec.structs.replace(REFLECTED, places=(first, *at)))
    assert re.findall(r":(\d+) .*and here", text) == ["31", "30"]
    many = tuple(msgspec.structs.replace(at[0], line=n, end_line=n) for n in range(40, 60))
    text = _text(msgspec.structs.replace(REFLECTED, places=(first, *many)))
    assert re.findall(r":(\d+) .*and here", text) == [str(n) for n in range(40, 47)]
    assert "and 13 more places, all of them with --format json" in text


def test_a_long_path_leaves_the_notes_whole():
    """They stand behind their own place, or below it, instead of being cut to a few letters."""
    long = "shop/templates/shop/back_office/orders/table_of_all_orders.html"
    steps = (
        Step("shop/forms.py", 206, 1, "from the browser", ""),
        Step("shop/forms.py", 219, 1, "written to `Order.address_of_the_web`", ""),
        Step(long, 256, 1, "`Order.address_of_the_web`, from storage", ""),
    )
    text = _text(msgspec.structs.replace(REFLECTED, flow=steps))
    assert "shop/forms.py:219   written to `Order.address_of_the_web`\n" in text
    assert f"{long}:256\n           `Order.address_of_the_web`, from storage\n" in text


def test_the_worst_comes_first_within_an_area():
    low = msgspec.structs.replace(DEBUG, areas=(Area.INTEGRITY,))
    text = _text(low, REFLECTED)
    assert text.index("xss.unescaped-output") < text.index("deployment.debug")


def test_a_finding_counts_for_every_area_it_harms():
    lines = _text(SQL, REFLECTED).splitlines()
    assert "integrity        2 high" in lines
    assert "confidentiality  1 high" in lines
    assert "in all           2 high   (one may harm several areas)" in lines


def test_what_is_folded_says_how_much_it_weighs():
    """Behind the first ones, which weigh most, the others stand by their severity."""
    weights = [Severity.HIGH, Severity.MEDIUM, *[Severity.LOW] * 18]
    many = [
        finding(place_line=number, severity=severity)
        for number, severity in enumerate(weights, start=1)
    ]
    lines = _text(*fingerprint(many)).splitlines()
    assert "  low  17 more of xss.unescaped-output" in lines


def test_of_many_findings_the_gravest_are_named_at_the_end():
    """One of each rule, with where it stands."""
    many = [finding(place_line=number, severity=Severity.LOW) for number in range(1, 13)]
    lines = _text(*fingerprint([*many, SQL, REFLECTED])).splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("begin with"))
    assert lines[start : start + 2] == [
        "begin with       xss.unescaped-output   notes/templates/notes/search.html:14",
        "                 sql.formatted-query    notes/views.py:52",
    ]


def test_of_those_as_grave_the_one_that_strangers_data_gets_to_is_named_first():
    """Though another rule stands in a file that comes before it."""
    many = [finding(place_line=number, severity=Severity.LOW) for number in range(1, 13)]
    plain = msgspec.structs.replace(
        DEBUG,
        severity=REFLECTED.severity,
        confidence=REFLECTED.confidence,
        places=(msgspec.structs.replace(DEBUG.places[0], path="a.py"),),
    )
    lines = _text(*fingerprint([*many, plain, REFLECTED])).splitlines()
    (first,) = [line for line in lines if line.startswith("begin with")]
    assert "xss.unescaped-output" in first


def test_of_a_long_way_the_beginning_and_the_end_are_shown():
    steps = tuple(Step("a.py", line, 1, f"step {line}", "x") for line in range(1, 21))
    text = _text(msgspec.structs.replace(REFLECTED, flow=steps))
    assert re.findall(r"step (\d+)", text) == ["1", "2", "3", "18", "19", "20"]
    assert "and 14 more steps" in text


def test_a_folder_without_django_is_told():
    """Nothing found there says nothing."""
    assert "no module here imports Django" in _text(uses_django=False)
    assert "no module here" not in _text()


def test_an_old_result_says_that_it_is_one():
    assert "as nothing that counts has changed since the last scan" in _text(kept=True)


def test_known_and_suppressed_findings_are_counted_only():
    known = [finding(status=Status.BASELINE), finding(status=Status.SUPPRESSED)]
    text = _text(*known)
    assert "1 suppressed, 1 in the baseline" in text
    assert "xss.unescaped-output" not in text


def test_a_fault_is_told_at_the_end():
    assert _text(faults=(FaultInfo("rule xss.x", "list index"),)).endswith(
        "Pickguard failed at rule xss.x: list index\n"
    )


@pytest.mark.parametrize(
    ("count", "named"),
    [(1, "notes.views.v0"), (7, "notes.views.v4 and 2 more")],
)
def test_what_could_not_be_followed_is_named(count, named):
    text = " ".join(_text(unfollowed=tuple(f"notes.views.v{n}" for n in range(count))).split())
    assert "data was not followed to its end in notes.views.v0" in text
    assert text.endswith(named)


def _code(code, column, end_column, **changes):
    place = Place("a.py", 3, column, 3, end_column, changes.get("label", "here"), code)
    lines = _text(finding(places=(place,))).splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("  a.py:3"))
    return "\n".join(lines[start + 1 : start + 3])


def test_tabs_do_not_shift_the_carets():
    assert _code("\tx\t= eval(y)", 6, 13) == snapshot("""\
     3 │ x   = eval(y)
       │       ^^^^^^^ here\
""")


def test_wide_characters_do_not_shift_the_carets():
    assert _code('x = "日本" + eval(y)', 12, 19) == snapshot("""\
     3 │ x = "日本" + eval(y)
       │              ^^^^^^^ here\
""")


def test_a_very_long_line_is_cut_around_what_is_guilty():
    code = "x = [" + "1, " * 400 + "eval(y), " + "2, " * 400 + "]"
    start = code.index("eval") + 1
    assert _code(code, start, start + 7) == snapshot("""\
     3 │ …1, 1, 1, 1, eval(y), 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, …
       │              ^^^^^^^ here\
""")


def test_a_label_without_room_stands_below():
    assert "here it goes" in _text(
        finding(places=(Place("a.py", 3, 1, 3, 85, "here it goes " * 3, "x" * 85),))
    )


def test_a_tall_excerpt_leaves_out_its_rest():
    code = "f(\n" + "\n".join(f"    a{number}," for number in range(20)) + "\n)"
    text = _text(finding(places=(Place("a.py", 10, 1, 31, 2, "", code),)))
    assert text[text.index("  a.py:10") : text.index("  so ")] == snapshot("""\
  a.py:10:1
    10 │ > f(
    11 │ >     a0,
    12 │ >     a1,
    13 │ >     a2,
    14 │ >     a3,
       │   ...
""")


_wild = st.text(
    st.sampled_from("a b`\x00\x1b\x9b\x07\r\n\t\u202e\u2028\ud800\udcff日\u0301é{}"), max_size=30
)
_places = st.builds(
    Place,
    path=_wild,
    line=st.integers(0, 10**9),
    column=st.integers(0, 10**9),
    end_line=st.integers(0, 10**9),
    end_column=st.integers(0, 10**9),
    label=_wild,
    code=_wild,
)
_findings = st.builds(
    finding,
    rule=_wild,
    lesson=_wild,
    message=_wild,
    gain=_wild,
    mend=_wild,
    symbol=_wild,
    severity=st.sampled_from(Severity),
    areas=st.lists(st.sampled_from(Area), max_size=3).map(tuple),
    places=st.lists(_places, max_size=3).map(tuple),
    flow=st.lists(
        st.builds(
            Step, path=_wild, line=st.integers(0, 99), column=st.just(1), note=_wild, code=_wild
        ),
        max_size=3,
    ).map(tuple),
)


@settings(deadline=None)
@given(st.lists(_findings, max_size=4), st.booleans(), st.integers(40, 200))
def test_hostile_text_never_steers_the_terminal(findings, colour, columns):
    """Escape sequences, overrides and line ends from scanned files come out spelt."""
    text = _text(*fingerprint(findings), view=View(width=columns, colour=colour))
    bare = _COLOUR.sub("", text)
    assert all(line.isprintable() for line in bare.split("\n"))


@pytest.mark.parametrize("columns", [72, 80, 120])
def test_lines_fit_the_terminal(columns):
    text = render("text", RESULT, View(width=columns))
    assert max(map(width, text.splitlines())) <= columns
