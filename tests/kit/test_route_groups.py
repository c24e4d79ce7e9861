"""What a route's group lets through decides whether its value can do harm."""

import pytest

from pickguard.kit.captures import named

BLUNT = [r"\d+", r"[0-9]{4}", r"[\w-]+", r"[\w\.-]+", r"[\w.@+-]+", r"[a-z]{2}", r"\w+", r"[-\w]*"]
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
    assert [origin.is_browser for _name, origin in named(f"^x/(?P<name>{pattern})/$")] == [False]


@pytest.mark.parametrize("pattern", SHARP)
def test_what_lets_more_through_is_the_browsers(pattern):
    assert [origin.is_browser for _name, origin in named(f"^x/(?P<name>{pattern})/$")] == [True]
