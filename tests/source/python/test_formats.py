"""What a format says of the values in it, held against what Python does with a text there."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path
from pickguard.source.python.formats import is_number, numbers_of_format, numbers_of_percent
from pickguard.source.python.lower_expressions import expression


def _lowered(source: str) -> n.Expr:
    return expression(ast.parse(source, mode="eval").body, set())


def _of_format(source: str) -> list[str]:
    call = _lowered(source)
    assert isinstance(call, n.Call)
    assert isinstance(call.func, n.Attr)
    assert isinstance(call.func.value, n.Const)
    return [access_path(one) for one in numbers_of_format(str(call.func.value.value), call)]


def _of_percent(source: str) -> list[str]:
    node = _lowered(source)
    assert isinstance(node, n.Binary)
    assert isinstance(node.left, n.Const)
    return [access_path(one) for one in numbers_of_percent(str(node.left.value), node.right)]


@given(st.text(alphabet="0123456789.,_+- <>=^%sdfeEgGnxXobcYm", max_size=6))
def test_a_specification_of_numbers_takes_no_text(spec):
    """Where a text could be formatted by a specification, it is none of numbers."""
    try:
        format("<b>", spec)
    except ValueError:
        return
    assert not is_number(spec)


@pytest.mark.parametrize("spec", [".2f", "d", ",", ",.2f", "+d", "05d", "x", "_", ".0%", "n"])
def test_usual_specifications_of_numbers_are_known(spec):
    """Each of them formats a number."""
    format(12, spec) if spec != ".2f" else format(1.5, spec)
    assert is_number(spec)


@pytest.mark.parametrize(
    ("source", "numbers"),
    [
        ("'{:.2f}'.format(x)", ["x"]),
        ("'{} {:d}'.format(x, y)", ["y"]),
        ("'{1:d} {0}'.format(x, y)", ["y"]),
        ("'{a:,} {b}'.format(a=x, b=y)", ["x"]),
        ("'{a:d} {a}'.format(a=x)", []),
        ("'{:d}'.format(*x)", []),
        ("'{{:d}} {}'.format(x)", []),
        ("'{:%Y-%m-%d}'.format(x)", []),
        ("'{:{}}'.format(x, y)", []),
    ],
)
def test_numbers_of_format(source, numbers):
    """Positions, names and doubled braces are minded; what cannot be told is no number."""
    assert _of_format(source) == numbers


@pytest.mark.parametrize(
    ("source", "numbers"),
    [
        ("'%.1f' % x", ["x"]),
        ("'%d %s' % (x, y)", ["x"]),
        ("'%(a)d %(b)s' % {'a': x, 'b': y}", ["x"]),
        ("'%(a)d %(a)s' % {'a': x}", []),
        ("'100%% %s' % x", []),
        ("'%*d' % (x, y)", []),
        ("'%d %d' % x", []),
        ("'%c' % x", []),
    ],
)
def test_numbers_of_percent(source, numbers):
    """Keys and positions are minded; where the counts differ, nothing is told."""
    assert _of_percent(source) == numbers
