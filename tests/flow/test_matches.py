"""What a regular expression finds in a text is the text's, unless the expression says there is no harm in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.flow.asked import body_of, given_to_sink
from tests.site.linked import site_of

from pickguard.flow.expressions.matches import groups
from pickguard.flow.values.origin import TYPED, UNKNOWN

MODULE = r"""
import re
WORD = r"[a-z]+"
PLACE = re.compile(rf"(?P<word>{WORD})-(?P<rest>[^|]*)[|]?")
LINE = re.compile("(" + WORD + ")=(.*)")
KINDS = "|".join(known())
FILE = re.compile(r"([a-f0-9]{8}\.(?:" + KINDS + r"))/(.*)")
class Reader:
    PLACE = re.compile(r"(\w+):(.+)")
    def v(self, request):
        x = request.GET["x"]
        __LINES__
"""


def sunk(lines: str, *clears: str):
    text = MODULE.replace("__LINES__", lines)
    site = site_of({"app/__init__.py": "", "app/views.py": text})
    return given_to_sink(body_of(site, "app.views.Reader.v"), *clears)


@pytest.mark.parametrize(
    "lines",
    [
        "sink(re.search(r'name=(.*)', x).group(1))",
        "m = re.match(r'(?P<word>\\w+)/(?P<rest>.+)', x); sink(m.group('rest'))",
        "m = re.match(r'(?P<word>\\w+)/(?P<rest>.+)', x); sink(m['rest'])",
        "m = re.match(r'(?P<word>\\w+)/(?P<rest>.+)', x); sink(m.group(0))",
        "m = re.match(r'(?P<word>\\w+)/(?P<rest>.+)', x); sink(m.groupdict())",
        "m = PLACE.match(x); sink(m.group('rest'))",
        "m = PLACE.match(x); sink(m.group(2))",
        "m = PLACE.match(x); word, rest = m.groups(); sink(rest)",
        "m = LINE.search(x); sink(m.groups()[1])",
        "m = self.PLACE.search(x); sink(m.group(2))",
        "m = re.search(r'^/(?P<rest>.*)$', x); sink(m['rest'])",
        "m = FILE.match(x); sink(m.group(2))",
        "sink([m.group() for m in PLACE.finditer(x)])",
    ],
)
def test_what_is_found_is_what_was_searched(lines):
    assert sunk(lines, "escape").is_browser


def test_what_is_joined_or_escaped_in_a_pattern_stands_for_a_word():
    assert not sunk("m = FILE.match(x); sink(m.group(1))", "escape").is_browser


@pytest.mark.parametrize(
    "lines",
    [
        "m = re.match(r'(?P<word>\\w+)/(?P<rest>.+)', x); sink(m.group('word'))",
        "m = re.match(r'(?P<word>\\w+)/(?P<rest>.+)', x); sink(m[1])",
        "m = PLACE.match(x); sink(m['word'])",
        "m = PLACE.match(x); word, rest = m.groups(); sink(word)",
        "m = LINE.search(x); sink(m.groups()[0])",
        "m = self.PLACE.search(x); sink(m.group(1))",
        "sink(re.match(r'\\d+', x).group())",
        "sink(re.fullmatch(r'[a-z]+/[a-z.]+', x).group())",
    ],
)
def test_letters_and_digits_do_no_harm(lines):
    assert sunk(lines, "escape") == TYPED
    assert sunk(lines).is_browser  # they choose all the same


def test_a_name_without_slashes_leads_to_no_other_folder():
    lines = "m = re.match(r'/files/([^/]+)/(.*)', x); sink(m.group({}))"
    assert sunk(lines.format(1), "basename") == TYPED
    assert sunk(lines.format(1), "escape").is_browser
    assert sunk(lines.format(2), "basename").is_browser


def test_what_some_other_characters_do_is_not_told():
    assert sunk("sink(re.search(r'at ([a-z/]+)', x).group(1))", "escape") == UNKNOWN


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"a(b)(?:c)(?P<d>[)(]+)", [(1, "", "b"), (2, "d", "[)(]+")]),
        (r"((a)|\(b\))", [(2, "", "a"), (1, "", r"(a)|\(b\)")]),
        (r"([]a)]+)(?=x)(?P=d)", [(1, "", "[]a)]+")]),
        ("(((", []),
    ],
)
def test_groups_are_counted_as_python_counts_them(pattern, expected):
    assert list(groups(pattern)) == expected


@given(st.text("()[]\\^?P<:>a|*", max_size=40))
def test_any_text_is_read_to_its_end(pattern):
    assert len(list(groups(pattern))) <= pattern.count("(")
