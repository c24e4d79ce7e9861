"""What a route's group lets through decides whether its value can do harm."""

import pytest
from tests.flow.asked import body_of, given_to_sink
from tests.site.linked import site_of

from pickguard.flow.values.origin import TYPED
from pickguard.kit.captures import named

BLUNT = [r"\d+", r"[0-9]{4}", r"[a-z]{2}", "new|old"]
JOINED = [r"[\w-]+", r"[\w\.-]+", r"[\w.@+-]+", r"\w+", r"[-\w]*", "[a-z_]+"]
SHARP = [
    r".+",
    r"[^/]+",
    r"[\S]+",
    r"[+-~]+",
    r"[\w ]+",
    r"[\w/]+",
    r"[^\d]+",
    r"\S+",
    r"[\w<]+",
    r"[z-a]",
]


@pytest.mark.parametrize("pattern", BLUNT)
def test_names_and_numbers_hold_nothing_that_harms(pattern):
    assert [origin.is_browser for _name, origin in named(f"^x/(?P<name>{pattern})/$", {})] == [
        False
    ]


@pytest.mark.parametrize("pattern", JOINED)
def test_words_do_no_harm_and_choose_all_the_same(pattern):
    site = site_of({"app/__init__.py": "", "app/views.py": "def view(request, name): sink(name)\n"})
    url = dict(named(f"^x/(?P<name>{pattern})/$", {}))
    body = body_of(site, "app.views.view", url)
    assert given_to_sink(body, "escape") == TYPED
    assert given_to_sink(body).is_browser


@pytest.mark.parametrize("pattern", SHARP)
def test_what_lets_more_through_is_the_browsers(pattern):
    assert [origin.is_browser for _name, origin in named(f"^x/(?P<name>{pattern})/$", {})] == [True]
