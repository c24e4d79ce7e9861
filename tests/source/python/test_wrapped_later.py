"""What wraps a function behind its definition is a decorator of it."""

import ast

import pytest

from pickguard.source.python.wrapped_later import decorated


def _written(source: str) -> str:
    return ast.unparse(ast.Module(decorated(ast.parse(source).body), []))


@pytest.mark.parametrize(
    ("behind", "above"),
    [
        ("def v(r): pass\nv = a(v)", "@a\ndef v(r): pass"),
        ("def v(r): pass\nv = a(v)\nv = b.c(1)(v)", "@b.c(1)\n@a\ndef v(r): pass"),
        ("@a\nasync def v(r): pass\nv = b(v)\nx = 1", "@b\n@a\nasync def v(r): pass\nx = 1"),
    ],
)
def test_it_stands_above(behind, above):
    assert _written(behind) == ast.unparse(ast.parse(above))


@pytest.mark.parametrize(
    "source",
    [
        "def v(r): pass\nw = a(v)",
        "def v(r): pass\nv = a(w)",
        "def v(r): pass\nv = a(v, 1)",
        "def v(r): pass\nv = a(v, b=1)",
        "def v(r): pass\nx = 1\nv = a(v)",
        "class v: pass\nv = a(v)",
    ],
)
def test_what_is_something_else_stays(source):
    assert _written(source) == ast.unparse(ast.parse(source))
