"""Tokens are Django's own, with exact positions."""

from pathlib import Path

import django.contrib
import pytest
from django.template.base import DebugLexer
from hypothesis import given
from hypothesis import strategies as st

from pickguard.source.templates.django_lexer import Kind, fold_comments, tokenize

PIECES = [
    *("{", "}", "%", "#", "\n", " ", "\r\n", "é", "{{", "}}", "{%", "%}", "{#", "#}"),
    *("{{ a }}", "{% b %}", "{# c #}", "{% verbatim %}", "{% endverbatim %}", "verbatim x"),
    *("{% verbatim x %}", "{% endverbatim x %}", "{% comment %}", "{% endcomment %}", "<p>"),
]
SHIPPED = sorted(Path(django.contrib.__file__).parent.rglob("templates/**/*.html"))


def django_tokens(text):
    kinds = {0: Kind.TEXT, 1: Kind.VARIABLE, 2: Kind.BLOCK, 3: Kind.COMMENT}
    return [
        (kinds[token.token_type.value], *(token.position or ()))
        for token in DebugLexer(text).tokenize()
    ]


def merged(tokens):
    """Django makes a text of each tag in a verbatim block; here they are one."""
    found: list[tuple[Kind, int, int]] = []
    for kind, start, end in tokens:
        if found and kind is Kind.TEXT and found[-1][0] is Kind.TEXT:
            found[-1] = (kind, found[-1][1], end)
        else:
            found.append((kind, start, end))
    return found


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_tokens_are_those_of_django(text):
    """Whatever the text, Django's lexer and ours cut it at the same places."""
    assert [tuple(token) for token in tokenize(text)] == merged(django_tokens(text))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: "/".join(path.parts[-3:]))
def test_tokens_of_the_templates_that_django_ships(path):
    """The templates of Django's own contrib packages come out as Django's lexer has them."""
    text = path.read_text(encoding="utf-8")
    assert [tuple(token) for token in tokenize(text)] == merged(django_tokens(text))


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_tokens_are_the_whole_text(text):
    """Nothing is lost or counted twice, with comments folded or not."""
    tokens = tokenize(text)
    assert "".join(text[start:end] for _, start, end in tokens) == text
    folded = fold_comments(text, tokens)
    assert "".join(text[start:end] for _, start, end in folded) == text


def test_a_comment_block_is_one_token():
    """What stands in a comment block is no tag."""
    text = "a{% comment 'why' %}{{ x }}{% if %}{% endcomment %}b"
    kinds = [token.kind for token in fold_comments(text, tokenize(text))]
    assert kinds == [Kind.TEXT, Kind.COMMENT, Kind.TEXT]


def test_an_open_comment_block_hides_nothing():
    """A comment that is never closed does not swallow the rest of the file."""
    text = "{% comment %}{{ x }}"
    kinds = [token.kind for token in fold_comments(text, tokenize(text))]
    assert kinds == [Kind.BLOCK, Kind.VARIABLE]
