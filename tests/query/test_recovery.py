"""Every mistake in the form of a query is told at once, and none that is not there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.query.world import expressions

from pickguard.query import Limits, QueryError, parse

ROOM = Limits(text=10**6, terms=10**4, depth=99)


def told(text):
    """Return the code of each problem and the text from its place to the end of the word."""
    with pytest.raises(QueryError) as error:
        parse(text, ROOM)
    return [(each.code, text[each.start : each.end]) for each in error.value.errors]


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("priority > and name = ", [("syntax", "and"), ("unfinished", "")]),
        ("a = 1 and and b = 2 or", [("syntax", "and"), ("unfinished", "")]),
        ("a = 1) and b =", [("syntax", ")"), ("unfinished", "")]),
        ("(a = 1 and b = ", [("unfinished", "")]),
        (
            'name "x" and prio > or (note ~)',
            [("syntax", '"x"'), ("syntax", "or"), ("syntax", ")")],
        ),
        ("a in (1, and b = 2", [("syntax", "and")]),
        ("(a in (1, b c) and x = 1)", [("syntax", "c")]),
        ("g[a = and b = 1] or x", [("syntax", "and"), ("alone", "x")]),
        ("count(g[a =]) > 1 and b", [("syntax", "]"), ("alone", "b")]),
        ("a > > 1 limit 5 order by", [("syntax", ">"), ("syntax", "order by"), ("unfinished", "")]),
        ("not", [("unfinished", "")]),
    ],
)
def test_each_mistake_is_told_once(text, problems):
    """What stands behind a mistake, or around it, is not taken for one."""
    assert told(text) == problems


@given(expressions(), expressions())
def test_right_conditions_between_wrong_ones_are_not_blamed(one, other):
    """Two mistakes among two conditions of any shape: two problems, in their places."""
    text = f"({one}) and priority > and ({other}) and name ="
    assert told(text) == [("syntax", "and"), ("unfinished", "")]


@given(st.text("a1\"'()[], =<~.-notandrily", max_size=60))
def test_the_first_problem_is_where_reading_stops(text):
    """Nothing before the first problem is wrong: what stands there begins some query."""
    try:
        parse(text, ROOM)
    except QueryError as error:
        first = error.errors[0]
        if first.code != "syntax":
            return
        with pytest.raises(QueryError) as shorter:
            parse(text[: first.end], ROOM)
        again = shorter.value.errors[0]
        assert (again.code, again.span) == ("syntax", first.span)


@pytest.mark.parametrize(
    ("text", "code", "mended"),
    [
        ("printer", "alone", '"printer"'),
        ("printer and a = 1", "alone", '"printer" and a = 1'),
        ("a = 1 and (printer)", "alone", 'a = 1 and ("printer")'),
        ('title like "x"', "foreign", 'title ~ "x"'),
        ('title startswith "x"', "foreign", 'title ^= "x"'),
        ("a => 2", "foreign", "a >= 2"),
        ("a = 1 & b = 2", "foreign", "a = 1  and  b = 2"),
        ("a = 1||b = 2", "foreign", "a = 1 or b = 2"),
    ],
)
def test_what_other_languages_write_has_a_mend(text, code, mended):
    """Words, signs, and a text without its quotes: the fix makes a query of it."""
    with pytest.raises(QueryError) as error:
        parse(text, ROOM)
    (problem,) = error.value.errors
    assert problem.code == code
    assert problem.fixes[0].apply(text) == mended
    parse(mended, ROOM)
