"""Functions and classes that are written as values are read as what they stand for."""

from __future__ import annotations

import pytest

from pickguard.source.python import nodes as n
from pickguard.source.python.bodies import body
from pickguard.source.python.reader import read_python


def first(source):
    return read_python(source.encode()).body[0]


def test_a_lambda_with_a_name_is_a_function():
    made = first("double = lambda x, y=2: x * y")
    assert isinstance(made, n.Function)
    assert (made.name, [param.name for param in made.params]) == ("double", ["x", "y"])
    assert isinstance(body(made)[0], n.Return)


@pytest.mark.parametrize(
    "source",
    [
        "P = namedtuple('P', 'x y')",
        "P = collections.namedtuple('P', 'x, y')",
        "P = namedtuple('P', ['x', 'y'], defaults=[1])",
        "P = NamedTuple('P', [('x', int), ('y', str)])",
        "class P(namedtuple('P', ('x', 'y'))):\n    pass",
    ],
)
def test_a_named_tuple_is_a_class_with_fields(source):
    made = first(source)
    assert isinstance(made, n.Class)
    fields = [one.target for one in made.body if isinstance(one, n.Annotate)]
    assert [field.id for field in fields if isinstance(field, n.Name)] == ["x", "y"]


@pytest.mark.parametrize(
    "source", ["P = namedtuple('P', FIELDS)", "P = namedtuple('P', '')", "P = q = lambda: 1"]
)
def test_what_is_not_spelled_out_stays_what_it_is(source):
    assert isinstance(first(source), n.Assign)
