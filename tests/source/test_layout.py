"""Two records of a file are the same where its layout alone has changed; and each thing is found again."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pickguard.base.spans import Span, pack
from pickguard.source.layout import moves
from pickguard.source.python.reader import read_python
from pickguard.source.templates.reader import read_template

MODULE = '''
import os


class View(Base, kind="x"):
    """What it does."""

    limit: int = 1

    @route("/", methods=["GET"])
    def get(self, request, *, name=None):
        values = [f"{one!r}: {two:>4}" for one, two in request.GET.items() if one]
        if name and (values or not name):
            return {**self.known, "name": name}[name].get(values[0], b"")
        with open(name) as opened:
            return opened.read() or (lambda: -1.5)
'''
STATEMENT = MODULE.index("        values")


def _moves(before: str, after: str):
    return moves(read_python(before.encode()), read_python(after.encode()))


def test_the_same_file_stays_where_it_is():
    """Every known position leads to itself."""
    found = _moves(MODULE, MODULE)
    assert found.starts
    assert all(before == after for before, after in (found.starts | found.ends).items())
    assert found.lines == 0


def test_lines_and_columns_move():
    """What stands below a comment is lower by its lines; what stands behind blanks is further on."""
    found = _moves("x = f(1)\n", "# why\n\nx  =   f( 1 )\n")
    assert found.span(pack(Span(1, 5, 1, 9))) == pack(Span(3, 8, 3, 14))
    assert found.span(pack(Span(1, 7, 1, 8))) == pack(Span(3, 11, 3, 12))
    assert found.span(0) == 0
    assert found.lines == 2


def test_a_position_that_nothing_has_is_not_known():
    """Neither in the middle of something, nor where one stretch became two."""
    found = _moves("x = f(1)\nf(1)\n", "x = f(1)\n(f(1))\n")
    assert found.span(pack(Span(1, 2, 1, 9))) is None
    assert found.span(pack(Span(2, 1, 2, 5))) is None


def test_what_reaches_from_one_thing_to_another_is_known_by_its_ends():
    """A place may begin with one statement and end with the next."""
    found = _moves("x = 1\ny = 2\n", "x = 1\n\ny =  2\n")
    assert found.span(pack(Span(1, 1, 2, 6))) == pack(Span(1, 1, 3, 7))


def test_another_way_to_write_it_is_the_same():
    """Quotes, brackets and line breaks are layout; Python's own printer changes all of them."""
    assert _moves(MODULE, ast.unparse(ast.parse(MODULE))) is not None


def test_a_docstring_is_layout():
    """It documents, and does nothing."""
    assert _moves(MODULE, MODULE.replace("What it does.", "Shows a page.\n    ")) is not None
    assert _moves("def f():\n    return 1", 'def f():\n    """One."""\n    return 1') is not None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = 1", "x = True"),
        ("x = 1", "x = 1.0"),
        ("x = 'a'", "x = b'a'"),
        ("x = 'a'", "x = 'b'"),
        ("x = 'a'", "y = 'a'"),
        ("f(a)", "f(a, b)"),
        ("f(a)", "f(a=a)"),
        ("f(a)", "f(*a)"),
        ("x = 1", "x = 1\nx = 1"),
        ("def f():\n    return 1", "def f():\n    return 2"),
        ("def f(): pass", "async def f(): pass"),
        ("import a", "import b"),
        ("x = a + b", "x = a - b"),
        ("if a:\n  b()\nc()", "if a:\n  b()\n  c()"),
    ],
)
def test_whatever_is_said_otherwise_is_another_file(before, after):
    """Only what the record does not hold may change."""
    assert _moves(before, after) is None


PAGE = """{% load x %}<form method="post">{{ a.b|safe }}<input type="password"></form>
{% if a %}{% include "b.html" with c=1 %}{% endif %}"""


@pytest.mark.parametrize(
    ("after", "same"),
    [
        (PAGE.replace("{{ a.b|safe }}", "{{  a.b|safe  }}"), True),
        (PAGE.replace("{% load x %}", "{%   load x   %}"), True),
        (PAGE.replace("a.b|safe", "a.b"), False),
        (PAGE.replace("c=1", "c='1'"), False),
        (PAGE.replace("</form>", ""), False),
        (PAGE.replace("</form>", " </form>"), False),
        (PAGE.replace("include", "extends"), False),
    ],
)
def test_templates_are_compared_as_well(after, same):
    """The text of a page is no layout: it is what the page says."""
    before, now = (read_template(text.encode(), "a.html") for text in (PAGE, after))
    assert (moves(before, now) is not None) is same


@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from(["", "# x", "    # ü"])), max_size=8))
def test_lines_between_statements_move_all_below_them(added):
    """Wherever lines come in between, a position goes down by as many as stand above it."""
    lines = MODULE.splitlines()
    inside = {number for number, line in enumerate(lines) if '"""' in line}
    above = [0] * (len(lines) + 1)
    after: list[str] = []
    for number, line in enumerate(lines):
        new = [text for place, text in added if place == number and number not in inside]
        after += [*new, line]
        above[number + 1] = above[number] + len(new)
    found = _moves(MODULE, "\n".join(after) + "\n")
    assert found is not None
    for (line, column), (moved, same) in found.starts.items():
        assert (moved - line, same) == (above[line], column)
