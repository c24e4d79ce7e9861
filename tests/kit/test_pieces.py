"""Texts that are put together, taken apart again."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pickguard.kit.values.pieces import pieces
from pickguard.source.python import nodes as n
from pickguard.source.python.reader import read_python


def taken_apart(expression: str) -> list[str]:
    """Return the pieces of an expression; what is put between as `<name>`."""
    (statement,) = read_python(f"made = {expression}".encode()).body
    assert isinstance(statement, n.Assign)
    return [
        piece if isinstance(piece, str) else f"<{getattr(piece, 'id', '?')}>"
        for piece in pieces(statement.value)
    ]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("'a'", ["a"]),
        ("name", ["<name>"]),
        ("'a: ' + name + '!'", ["a: ", "<name>", "!"]),
        ("f'a: {name}!'", ["a: ", "<name>", "!"]),
        ("f'{name!r:>9}'", ["<name>"]),
        ("'a: %s!' % name", ["a: ", "<name>", "!"]),
        ("'%s at %5.1f%%' % (name, share)", ["<name>", " at ", "<share>", "%"]),
        ("'a: %(x)s' % {'x': name}", ["a: ", "<name>"]),
        ("'a: {}, {x}'.format(name, x=other)", ["a: ", "<name>", ", ", "<other>"]),
        ("'{1} {0} {{}}'.format(a, b)", ["<b>", " ", "<a>", " {}"]),
        ("'; '.join(['a', name, f'b{other}'])", ["a; ", "<name>", "; b", "<other>"]),
        ("'%s %s' % name", []),
        ("form % name", ["<?>"]),
        ("form.format(name)", ["<?>"]),
    ],
)
def test_pieces_come_in_their_order(expression, expected):
    assert taken_apart(expression) == expected


@given(st.lists(st.text(st.characters(codec="ascii"), max_size=9), min_size=1, max_size=9))
def test_the_pieces_of_a_constant_sum_are_its_text(parts):
    expression = " + ".join(map(repr, parts))
    assert "".join(taken_apart(expression)) == ast.literal_eval(
        "(" + " ".join(map(repr, parts)) + ")"
    )


def test_a_long_sum_is_taken_apart_as_far_as_its_depth_allows():
    assert taken_apart(" + ".join(["name"] * 300))[-1] == "<name>"
