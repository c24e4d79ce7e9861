"""The smallest questions to a node."""

from __future__ import annotations

import ast

import pytest

from pickguard.source.python import accessors
from pickguard.source.python import nodes as n
from pickguard.source.python.lower import lower


def expression(source: str) -> n.Expr:
    """Return the node of one expression."""
    statement = lower(ast.parse(source).body)[0][0]
    assert isinstance(statement, n.Do)
    return statement.value


def call(source: str) -> n.Call:
    """Return the node of one call."""
    found = expression(source)
    assert isinstance(found, n.Call)
    return found


@pytest.mark.parametrize(
    ("source", "tail"), [("a", "a"), ("a.b.c", "c"), ("f().g", "g"), ("f()", ""), ("1", "")]
)
def test_tail_is_the_last_name_of_a_chain(source: str, tail: str) -> None:
    """A chain ends in its last attribute, whatever it begins with; a call has no name."""
    assert accessors.tail(expression(source)) == tail


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("a", "a"),
        ("a.b", "a.b"),
        ('a["key"].b', "a['key'].b"),
        ("a[0]", "a[0]"),
        ("a[i].b", ""),
        ("f().b", ""),
    ],
)
def test_access_path_names_what_always_means_the_same_place(source: str, path: str) -> None:
    """Only names and constant keys make a path: `a[i]` may be another place the next time."""
    assert accessors.access_path(expression(source)) == path


def test_argument_is_found_by_keyword_or_position() -> None:
    """A call may give the same argument by either, and a keyword by one of several names."""
    assert accessors.text(accessors.argument(call('f("x")'), 0, "to")) == "x"
    assert accessors.text(accessors.argument(call('f(1, to="x")'), 1, "to")) == "x"
    assert accessors.text(accessors.argument(call('f(into="x")'), 0, "to", "into")) == "x"
    assert accessors.argument(call("f(1)"), 1, "to") is None
    assert accessors.argument(call("f(1)"), -1, "to") is None


def test_keywords_leave_out_what_is_unpacked() -> None:
    """`**more` has no name that could be asked for."""
    assert list(accessors.keywords(call("f(1, a=2, **more)"))) == ["a"]


def test_constants_are_told_from_what_only_looks_like_them() -> None:
    """`1` is not `True`, a number is no text, and texts of a list come without the rest."""
    assert accessors.is_true(expression("True"))
    assert not accessors.is_true(expression("1"))
    assert accessors.is_false(expression("False"))
    assert not accessors.is_false(expression("0"))
    assert not accessors.is_false(expression("None"))
    assert accessors.text(expression("1")) is None
    assert accessors.texts(expression('["a", 1, b, "c"]')) == ("a", "c")
    assert accessors.texts(expression("a")) == ()
