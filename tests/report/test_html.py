"""The page shows everything, asks nobody for anything, and no text from a project becomes markup."""

import re
import shutil
import subprocess
from html.parser import HTMLParser

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests import settings as site
from tests.findings.examples import RESULT, finding

from pickguard.findings import Place, Step
from pickguard.findings.fingerprint import fingerprint
from pickguard.findings.result import LessonInfo, ScanResult, Skipped, Unreadable
from pickguard.report import View, render

CHROMIUM = shutil.which("chromium")
ATTACK = "\"'><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"


class _Tags(HTMLParser):
    """Collects the elements and their attributes, and the text outside of scripts and styles."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.text = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes.extend(attrs)

    def handle_data(self, data):
        self.text.append(data)


def _page(result=RESULT):
    return render("html", result, View())


def _hostile(text):
    place = Place(text, 1, 1, 1, 9, text, text)
    bad = finding(
        rule=text,
        lesson=text,
        message=text,
        gain=text,
        mend=text,
        symbol=text,
        places=(place, place),
        flow=(Step(text, 1, 1, text, text),),
    )
    return ScanResult(
        root=text,
        findings=fingerprint([bad]),
        lessons=(LessonInfo(text, text),),
        files=msgspec.structs.replace(RESULT.files, unreadable=(Unreadable(text, text),)),
        skipped=(Skipped(text, text),),
        left_out={text: 1},
    )


def test_every_finding_is_there_whatever_its_status():
    page = _page()
    for one in RESULT.findings:
        assert f'id="f-{one.fingerprint}"' in page
        assert one.rule in page
    assert "suppressed: term is a constant" in page
    assert "notes/old.py" in page


def test_nothing_is_asked_of_anybody():
    """No address is loaded: the only ones are links to the weakness catalogue."""
    page = _page()
    loading = {"src", "srcset", "data", "action", "background", "poster"}
    assert not [name for name, _ in _Tags(page).attributes if name in loading]
    assert "link" not in _Tags(page).tags
    assert "url(" not in page
    assert "@import" not in page


def test_the_policy_allows_only_the_two_parts_of_the_page():
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', _page())
    assert re.fullmatch(
        r"default-src 'none'; style-src 'sha256-[^']+'; script-src 'sha256-[^']+'; "
        r"base-uri 'none'; form-action 'none'",
        policy,
    )


def test_marks_stand_on_the_guilty_code():
    place = Place("a.py", 3, 12, 3, 19, "", 'x = "日本" + eval(y)')
    result = msgspec.structs.replace(RESULT, findings=(finding(places=(place,)),))
    assert "+ <mark>eval(y)</mark>" in _page(result)


def test_many_findings_of_a_rule_are_folded_and_the_gravest_linked():
    many = fingerprint(finding(place_line=number) for number in range(1, 21))
    page = _page(msgspec.structs.replace(RESULT, findings=many))
    assert "<summary>17 more of xss.unescaped-output</summary>" in page
    (target,) = re.findall(r'<a href="#(f-\w+)">xss.unescaped-output</a>', page)
    assert f'<article id="{target}"' in page
    assert "<details>" not in _page()


_wild = st.text(st.sampled_from("<>&\"'=`/!-{}%#ascript \n\x00\x1b\u202e"), max_size=40)


@settings(deadline=None)
@given(_wild)
def test_no_text_becomes_markup(text):
    """Whatever the project says, the page has the elements that it has for harmless text."""
    harmless, hostile = _Tags(_page(_hostile("x"))), _Tags(_page(_hostile(f"x{text}")))
    extra = [tag for tag in hostile.tags if tag not in {"code", "span", "pre", "mark"}]
    usual = [tag for tag in harmless.tags if tag not in {"code", "span", "pre", "mark"}]
    assert extra == usual
    assert {name for name, _ in hostile.attributes} <= {n for n, _ in harmless.attributes}
    assert "\x1b" not in "".join(hostile.text)


@pytest.mark.skipif(
    CHROMIUM is None and not site.REQUIRE_SERVERS, reason="chromium is not installed"
)
def test_a_browser_runs_the_filter_and_nothing_else(tmp_path):
    page = tmp_path / "page.html"
    page.write_text(_page(_hostile(ATTACK)), encoding="utf-8")
    assert CHROMIUM is not None
    dom = subprocess.run(
        [
            CHROMIUM,
            *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
            *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
            f"--user-data-dir={tmp_path / 'profile'}",
            "--dump-dom",
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    assert "1 of 1 findings shown" in dom
    assert "<title>owned" not in dom
