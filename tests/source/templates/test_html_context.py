"""Where in a page something stands: by the text before it."""

import html.parser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pickguard.source.templates.html_context import (
    TEXT,
    UNKNOWN,
    Context,
    State,
    advance,
    after_output,
    join,
    place,
)
from pickguard.source.templates.value_context import Part


@pytest.mark.parametrize(
    ("text", "state", "tag", "attribute", "part"),
    [
        ("a", State.TEXT, "", "", Part.NONE),
        ("<p>", State.TEXT, "", "", Part.NONE),
        ("a < b", State.TEXT, "", "", Part.NONE),
        ("1 <2 <", State.TAG_NAME, "", "", Part.NONE),
        ("<br/>a</p >", State.TEXT, "", "", Part.NONE),
        ("<h", State.TAG_NAME, "h", "", Part.NONE),
        ("<P CLASS='a' ", State.TAG, "p", "", Part.NONE),
        ("<p data-", State.ATTRIBUTE_NAME, "p", "data-", Part.NONE),
        ("<p a ", State.AFTER_NAME, "p", "a", Part.NONE),
        ("<p a = ", State.BEFORE_VALUE, "p", "a", Part.NONE),
        ('<p a="x', State.DOUBLE_QUOTED, "p", "a", Part.NONE),
        ("<p a='\"", State.SINGLE_QUOTED, "p", "a", Part.NONE),
        ("<p a=x", State.UNQUOTED, "p", "a", Part.NONE),
        ('<p a="1"b="', State.DOUBLE_QUOTED, "p", "b", Part.NONE),
        ('<a href="', State.DOUBLE_QUOTED, "a", "href", Part.URL_START),
        ('<a href="java', State.DOUBLE_QUOTED, "a", "href", Part.URL_START),
        ('<a href="item', State.DOUBLE_QUOTED, "a", "href", Part.PATH),
        ('<a href="https://', State.DOUBLE_QUOTED, "a", "href", Part.PATH),
        ('<a href="/a?b=', State.DOUBLE_QUOTED, "a", "href", Part.QUERY),
        ("<a href=\"javascript:f('", State.DOUBLE_QUOTED, "a", "href", Part.SINGLE_QUOTED),
        ('<a href="x">', State.TEXT, "", "", Part.NONE),
        ('<a onclick="f(', State.DOUBLE_QUOTED, "a", "onclick", Part.CODE),
        ('<p style="color:', State.DOUBLE_QUOTED, "p", "style", Part.CODE),
        ('<iframe srcdoc="', State.DOUBLE_QUOTED, "iframe", "srcdoc", Part.NONE),
        ('<iframe src="', State.DOUBLE_QUOTED, "iframe", "src", Part.URL_START),
        ("<!-- <p a='", State.COMMENT, "", "", Part.NONE),
        ("<!-- a --><p>", State.TEXT, "", "", Part.NONE),
        ("<!DOCTYPE ", State.DECLARATION, "", "", Part.NONE),
        ("<title><b>", State.RCDATA, "title", "", Part.NONE),
        ("<title>a</title><textarea rows=2>", State.RCDATA, "textarea", "", Part.NONE),
        ("<script>", State.SCRIPT, "script", "", Part.CODE),
        ("<script>a = '", State.SCRIPT, "script", "", Part.SINGLE_QUOTED),
        ("<script>a = '\\'", State.SCRIPT, "script", "", Part.SINGLE_QUOTED),
        ("<script>a = 'b';", State.SCRIPT, "script", "", Part.CODE),
        ('<script>a = "', State.SCRIPT, "script", "", Part.DOUBLE_QUOTED),
        ("<script>a = `b ", State.SCRIPT, "script", "", Part.TEMPLATE),
        ("<script>a = `b ${", State.SCRIPT, "script", "", Part.HOLE),
        ("<script>a = `b ${c} ", State.SCRIPT, "script", "", Part.TEMPLATE),
        ("<script>a = `b ${c} ` + '", State.SCRIPT, "script", "", Part.SINGLE_QUOTED),
        ("<script>// it's ", State.SCRIPT, "script", "", Part.LINE_COMMENT),
        ("<script>// it's\na", State.SCRIPT, "script", "", Part.CODE),
        ("<script>/* ' ", State.SCRIPT, "script", "", Part.BLOCK_COMMENT),
        ("<script>a = /['\"/]/; b = '", State.SCRIPT, "script", "", Part.SINGLE_QUOTED),
        ("<script>a = b / c; d = '", State.SCRIPT, "script", "", Part.SINGLE_QUOTED),
        ("<script>'</script>", State.TEXT, "", "", Part.NONE),
        ("<SCRIPT TYPE='module'>", State.SCRIPT, "script", "", Part.CODE),
        ("<script type=application/json>{", State.SCRIPT_DATA, "script:data", "", Part.NONE),
        ("<script type='text/template'></script><i>", State.TEXT, "", "", Part.NONE),
        ("<style>a { b: url('", State.STYLE, "style", "", Part.SINGLE_QUOTED),
    ],
)
def test_the_place_behind_a_text(text, state, tag, attribute, part):
    """Each construct of a page leads to its own place."""
    assert advance(TEXT, text) == Context(state, tag, attribute, part)


FRAGMENTS = st.sampled_from(
    [
        *("<p>", "</p>", "text", "<a href='/x'>", '<b title="q">', "<br/>", "<!-- c -->", "<", " "),
        *("<script>", "</script>", "'", '"', "`", "//", "\n", "=", "x", ">", "<style>", "</style>"),
        *("<title>", "</title>", "onclick=", "href=", "javascript:", "/*", "*/", "\\", "<textarea"),
    ]
)


@given(st.lists(FRAGMENTS, max_size=15))
def test_a_text_may_come_in_pieces(pieces):
    """Where a text is cut between markup makes no difference to quotes and elements."""
    text = "".join(pieces)
    whole = advance(TEXT, text)
    for cut in range(len(text)):
        if text[cut - 1 : cut + 1].strip("\n \"'>") == "" and "<script" not in text:
            assert advance(advance(TEXT, text[:cut]), text[cut:]).state == whole.state


class _Attributes(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.seen: list[tuple[str, str]] = []

    def handle_starttag(self, tag, attrs):
        self.seen += [(tag, name) for name, value in attrs if value and "MARK" in value]

    def handle_data(self, data):
        if "MARK" in data:
            self.seen.append(("", ""))


@pytest.mark.parametrize(
    "page",
    [
        "<p>MARK",
        '<p a="MARK">',
        "<p a='b' c=MARK d>",
        "<div><p class='x'>a</p>MARK</div>",
        '<a title="<b>" href="MARK">',
        '<i a="\'" b=\'"\' c="MARK">',
    ],
)
def test_python_s_own_html_parser_agrees(page):
    """The marker is where another parser finds it."""
    parser = _Attributes()
    parser.feed(page)
    context = place(advance(TEXT, page.partition("MARK")[0]))
    assert parser.seen == [(context.tag, context.attribute)]


@pytest.mark.parametrize(
    ("before", "behind"),
    [
        ("<p a=", Context(State.UNQUOTED, "p", "a")),
        ("<p a", Context(State.ATTRIBUTE_NAME, "p", "a*")),
        ("<p a ", Context(State.ATTRIBUTE_NAME, "p", "*")),
        ("<p ", Context(State.ATTRIBUTE_NAME, "p", "*")),
        ('<a href="', Context(State.DOUBLE_QUOTED, "a", "href", Part.URL_UNKNOWN)),
        ("<b>", TEXT),
    ],
)
def test_the_place_behind_an_output(before, behind):
    """What is printed may be anything but markup."""
    assert after_output(advance(TEXT, before)) == behind


def test_an_address_of_this_site_starts_an_address():
    """`{% url %}` leaves no room for a scheme."""
    start = advance(TEXT, '<a href="')
    assert after_output(start, address=True).part is Part.PATH


@pytest.mark.parametrize(
    ("one", "other", "met"),
    [
        ("<p>", "a", TEXT),
        ('<p a="', "", UNKNOWN),
        ('<p a="', "<p b='", UNKNOWN),
        ('<p a="', '<p b="', Context(State.DOUBLE_QUOTED, "p", "*")),
        ("<p", '<p a="b"', Context(State.TAG, "p")),
        ("<a", '<p a="b"', Context(State.TAG)),
        ("<p a='b' ", "<p c", Context(State.TAG, "p")),
        ("<p", "<p c", Context(State.TAG, "p")),
        ("<p", "<p a=b", Context(State.TAG, "p")),
        ("<p", "<q", Context(State.TAG_NAME)),
        ('<a href="', '<a href="/x', Context(State.DOUBLE_QUOTED, "a", "href", Part.URL_UNKNOWN)),
        ('<a href="/', '<a href="/?', Context(State.DOUBLE_QUOTED, "a", "href", Part.PATH)),
        ("<script>a", "<script>'", Context(State.SCRIPT, "script", "", Part.UNKNOWN)),
        ("<script>a", "<script>//", Context(State.SCRIPT, "script", "", Part.LINE_COMMENT)),
    ],
)
def test_where_two_ways_meet(one, other, met):
    """What both agree on stays, the rest is unknown; order does not matter."""
    first, second = advance(TEXT, one), advance(TEXT, other)
    assert join(first, second) == met
    assert join(second, first) == met
