"""Scripts of the site's own are read; those of others, and what tools make, are not."""

import pytest

from pickguard.source.scripts import ScriptRecord, is_static_script, read_script
from pickguard.source.tree import discover


@pytest.mark.parametrize(
    ("path", "is_own"),
    [
        ("notes/static/notes/list.js", True),
        ("static/js/list.mjs", True),
        ("notes/static/notes/list.min.js", False),
        ("notes/static/vendor/list.js", False),
        ("notes/static/notes/list.4f5a6b7c.js", False),
        ("notes/static/notes/list.spec.js", False),
        ("notes/static/notes/jquery-ui.js", False),
        ("notes/static/notes/list.css", False),
        ("frontend/src/list.js", False),
    ],
)
def test_a_script_of_the_sites_own_is_told_by_its_path(path, is_own):
    assert is_static_script(path) is is_own


def test_a_script_has_its_text():
    assert read_script(b"let a = 1;\n\xff\n") == ScriptRecord("let a = 1;\n\ufffd\n", 3)


def test_what_a_tool_made_is_empty():
    assert read_script(b"let a = 1;" * 1_000).text == ""
    assert read_script(b"let a = 1;\n" * 100_000).text == ""


def test_a_template_that_makes_a_script_stays_a_template(tmp_path):
    for path in ("notes/static/notes/list.js", "notes/templates/notes/list.js"):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text("let a = {{ a }};")
    assert {file.path: file.kind for file in discover(tmp_path).files} == {
        "notes/static/notes/list.js": "script",
        "notes/templates/notes/list.js": "template",
    }
