"""A template with unclosed tags is read as far as it goes, and every report says so."""

import json

import pytest

TEMPLATE = "<p>{{ name }}</p>\n{% if user %}\n<b>{% endfor %}</b>\n"


@pytest.fixture
def scan(run, tmp_path):
    """Return a function that scans a folder with one broken template."""
    (tmp_path / "page.html").write_text(TEMPLATE)

    def call(form):
        ended = run("scan", "--format", form, "--no-cache", real=True)
        assert ended.code == 0
        return ended.out

    return call


def test_json_names_the_first_line_and_counts_the_rest(scan):
    """Programs see a `line` only where a part of the file was not read."""
    assert json.loads(scan("json"))["files"]["unreadable"] == [
        {"path": "page.html", "reason": "`if` is never closed, and 1 more", "line": 2}
    ]


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("text", "read only in part page.html:2: `if` is never closed, and 1 more"),
        ("github", "::warning file=page.html,line=2::"),
        ("sarif", '"startLine": 2'),
        ("html", "page.html:2"),
    ],
)
def test_other_reports_say_where(scan, form, said):
    """Whoever reads the report finds the line."""
    assert said in scan(form)
