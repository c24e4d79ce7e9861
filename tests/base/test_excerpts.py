"""Excerpts show the guilty stretch, whatever the code looks like."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pickguard.base.excerpts import excerpt
from pickguard.base.screen import width
from pickguard.base.spans import Span


def _guilty(code, *span, columns=60):
    return [row.pieces[1] for row in excerpt(code, Span(*span), columns)]


@pytest.mark.parametrize(
    ("code", "span", "guilty"),
    [
        ("x = eval(y)", (1, 5, 1, 12), ["eval(y)"]),
        ("\t\tx = eval(y)", (1, 7, 1, 14), ["eval(y)"]),
        ("日 = eval(y)", (1, 5, 1, 12), ["eval(y)"]),
        ("x = eval(\x1b)", (1, 5, 1, 12), ["eval(\\x1b)"]),
        ("    f(\n        a,\n    )", (3, 5, 5, 6), ["f(", "a,", ")"]),
        ("x", (1, 1, 1, 1), [""]),
        ("x\r\n", (1, 1, 1, 2), ["x"]),
        ("x", (1, 50, 1, 99), [""]),
    ],
)
def test_the_guilty_stretch_is_marked(code, span, guilty):
    assert _guilty(code, *span) == guilty


def test_a_long_line_is_cut_around_the_stretch():
    code = "a" * 5000 + "GUILTY" + "b" * 5000
    assert _guilty(code, 1, 5001, 1, 5007) == ["GUILTY"]


def test_a_line_of_ten_megabytes_is_no_burden():
    row = excerpt("a" * 10_000_000, Span(1, 9_000_000, 1, 9_000_009), 60)[0]
    assert width(row.text) <= 60


def test_shared_indentation_goes_and_the_rest_stays():
    rows = excerpt("        if a:\n            b()", Span(1, 9, 2, 16), 60)
    assert [row.text for row in rows] == ["if a:", "    b()"]


def test_the_rest_of_a_tall_stretch_is_left_out():
    rows = excerpt("\n".join("abcdefghijkl"), Span(1, 1, 12, 2), 60)
    assert [row.number for row in rows] == [1, 2, 3, 4, 5, 0]


_numbers = st.integers(0, 40)


@given(
    st.text(st.sampled_from("ab \t\n日\x1b\u0301"), max_size=60),
    st.builds(Span, _numbers, _numbers, _numbers, _numbers),
    st.integers(20, 80),
)
def test_any_code_and_any_span_give_rows_that_fit(code, span, columns):
    for row in excerpt(code, span, columns):
        assert width(row.text) <= columns
        assert row.text.isprintable()
        assert 0 <= row.start <= row.end
        assert "".join(row.pieces) == row.text
