"""What sessions and caches keep comes out where it is read under the same key."""

from __future__ import annotations

import pytest
from tests.flow.asked import body_of, given_to_sink
from tests.site.linked import site_of

HEAD = "from django.core.cache import cache, caches\n"


def read(write: str, expression: str):
    """Return the origin of an expression in one view, after another one has written."""
    files = {
        "app/__init__.py": "",
        "app/write.py": f"{HEAD}def w(request, form):\n    {write}\n",
        "app/read.py": f"{HEAD}def v(request):\n    sink({expression})\n",
    }
    return given_to_sink(body_of(site_of(files), "app.read.v"))


@pytest.mark.parametrize(
    ("write", "expression"),
    [
        ("request.session['q'] = request.GET['q']", "request.session['q']"),
        ("request.session['q'] = request.GET['q']", "request.session.get('q', '')"),
        ("request.session['q'] = request.GET['q']", "request.session.pop('q')"),
        ("request.session.setdefault('q', request.GET['q'])", "request.session['q']"),
        ("cache.set('q', request.GET['q'], 60)", "cache.get('q')"),
        ("caches['a'].set('q', request.GET['q'])", "cache.get('q')"),
        ("cache.get_or_set('q', request.GET['q'])", "'<b>' + cache.get('q')"),
    ],
)
def test_a_text_that_is_kept_comes_out_with_its_writer(write, expression):
    """The way leads from the request, through what keeps it, to the place of reading."""
    found = read(write, expression)
    assert found.is_stored
    assert found.writer == "`w`"
    assert [step.path for step in found.steps] == ["app/write.py", "app/write.py", "app/read.py"][
        -len(found.steps) :
    ]


@pytest.mark.parametrize(
    ("write", "expression"),
    [
        ("request.session['other'] = request.GET['q']", "request.session['q']"),
        ("request.session['q'] = int(request.GET['q'])", "request.session['q']"),
        ("request.session['q'] = 'fixed'", "request.session.get('q')"),
        ("other.set('q', request.GET['q'])", "cache.get('q')"),
        ("cache.set('q', request.GET['q'])", "request.session['q']"),
    ],
)
def test_another_key_and_a_clean_value_say_nothing(write, expression):
    """Nobody is seen who keeps the browser's text there."""
    assert not read(write, expression).writer
