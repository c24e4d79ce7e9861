"""Patterns that take exponential time are told by their form, and the clock agrees."""

import subprocess
import sys

import pytest

from pickguard.lessons.deployment.patterns.slow_patterns import is_slow

# with a text that almost matches
SLOW = [
    (r"^(a+)+$", "a" * 40 + "!"),
    (r"^(a*)*$", "a" * 40 + "!"),
    (r"^(\w+\s?)*$", "a" * 40 + "!"),
    (r"^([^,]+,?)+;$", "a" * 40),
    (r"^(.|\s)*;$", " " * 40),
    (r"^(?:x?(?:[a-z]+-?)*)@", "a" * 40),
    (r"(?P<name>([.]?\w+)*)@", "a" * 40),
    (r"\[(?P<name>\w+)(?P<more>\s\w+\:.+)*\]", "[a" + " a:b" * 40),
    (r"^(-[a-z-]+)*$", "-a" * 40 + "!"),
    (r"^(.*,)*;", "," * 40),
    (r"^((ab|x).+)*;", "abc" * 30),
]
QUICK = [
    r"^a+$",
    r"^(a+b)+$",
    r"^(\w+\s)*$",
    r"^(ab|cd)*$",
    r"^(a|b)*$",
    r"^(\w|\d)*$",  # Python makes one set of it
    r"^(.|\n)*;$",
    r"^[\w.-]+@([\w-]+\.)+[\w-]{2,4}$",
    r"^(?:\d{1,3}\.){3}\d{1,3}$",
    r"^(\d+)(,\d+)*$",
    r"(a+)+",
    r"^(a{1,3})+$",
    r"^([a-z]+[0-9])*$",
    r"^(/[^/]+)*$",
    r"^(\s+\w+\:([^\:\]\s]+|'[^']+'))+$",
    r"^((ab|\d)[a-z]{1,9})*;",
    r"^(\.[a-z]+)*$",
    r"^([a-z]+, )*$",
    r"(",
    r"^(?P<slug>[-\w]+)/(?P<pk>\d+)/$",
]


@pytest.mark.parametrize(("pattern", "text"), SLOW)
def test_a_slow_pattern_is_told(pattern, text):
    """By its form; and a text that almost matches keeps a process busy for long."""
    assert is_slow(pattern)
    code = "import re, sys; re.search(sys.argv[1], sys.argv[2])"
    with pytest.raises(subprocess.TimeoutExpired):
        subprocess.run([sys.executable, "-c", code, pattern, text], timeout=0.8, check=False)


@pytest.mark.parametrize("pattern", QUICK)
def test_a_quick_pattern_is_left_alone(pattern):
    """Rounds that end with something of their own, choices apart, and nothing behind that can fail."""
    assert not is_slow(pattern)


def test_a_pattern_that_has_to_match_to_the_end_can_fail_there():
    """`fullmatch` puts an end behind every pattern."""
    assert is_slow(r"(a+)+", to_the_end=True)


def test_no_pattern_breaks_it():
    """Whatever stands in a project: deep, long, and with all of the syntax."""
    for pattern in (
        "(" * 200 + "a" + ")" * 200,
        "(a+)+" * 1000,
        r"(?<=a)(?=b)(?!c)(?(1)a|b)+$",
        "(?i:a+)+$",
    ):
        assert is_slow(pattern) in (True, False)
