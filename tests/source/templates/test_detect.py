"""Which files are templates, and in which language."""

import pytest

from pickguard.source.templates import (
    Engine,
    guess_engine,
    is_script,
    looks_like_template,
    names_template,
)


@pytest.mark.parametrize(
    ("path", "head", "expected"),
    [
        ("app/templates/a.html", b"", True),
        ("app/templates/mail/subject.txt", b"", True),
        ("app/jinja2/a.html", b"", True),
        ("app/template/a.xml", b"", True),
        ("app/templates/logo.png", b"", False),
        ("app/templates/tags.py", b"", False),
        ("docs/page.html", b"<html>", False),
        ("theme/page.html", b"{% if x %}", True),
        ("static/app/view.html", b"{{ x }}", False),
        ("app/static/templates/row.html", b"{{ x }}", False),
        ("views/page.html.j2", b"", True),
        ("deploy/nginx.conf.j2", b"{{ x }}", False),
    ],
)
def test_what_is_a_template(path, head, expected):
    """The place decides, and the content where the place does not."""
    assert looks_like_template(path, head) is expected


@pytest.mark.parametrize(
    ("path", "text", "engine"),
    [
        ("a/jinja2/x.html", "{% load x %}", Engine.JINJA2),
        ("templates/x.j2", "", Engine.JINJA2),
        ("templates/x.html", "{{ a }}", Engine.DJANGO),
        ("templates/x.html", "{% set a = 1 %}", Engine.JINJA2),
        ("templates/x.html", "{%- if a -%}", Engine.JINJA2),
        ("templates/x.html", "{% from 'a' import b %}", Engine.JINJA2),
        ("templates/x.html", "{% url x %}{% trans %}Note{% endtrans %}", Engine.JINJA2),
        ("templates/x.html", "{% load i18n %}{% verbatim %}{% set a = 1 %}", Engine.DJANGO),
    ],
)
def test_which_language(path, text, engine):
    """The path decides, then constructs that only one language has."""
    assert guess_engine(path, text) is engine


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("app/templates/find.js", True),
        ("app/templates/find.mjs", True),
        ("app/jinja2/FIND.JS.J2", True),
        ("app/templates/find.json", False),
        ("app/templates/js/find.html", False),
    ],
)
def test_what_makes_a_script(path, expected):
    """The ending tells, whatever language the template is written in."""
    assert is_script(path) is expected


def test_what_names_a_template():
    """Any ending that templates have, in any case; a word is no name of one."""
    assert names_template("notes/find.js")
    assert names_template("notes/Mail.TXT")
    assert not names_template("notes.views")
