"""Python of other versions becomes a record as well, line by line where it stood."""

import ast
import keyword
import warnings
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pickguard.base.spans import unpack
from pickguard.source.python import nodes as n
from pickguard.source.python.dialects import rewritten
from pickguard.source.python.dialects.tokens import scan, written
from pickguard.source.python.reader import read_python
from pickguard.source.unreadable import Unreadable

LATER = [
    ("class A[T: (int, str) = int](Base[T]):\n    x = 1\n", "class A(Base[T]):\n    x = 1\n"),
    ("def f[**P, *Q](x):\n    return x\n", "def f(x):\n    return x\n"),
    ("async def f[T](x: T):\n    return x\n", "async def f(x: T):\n    return x\n"),
    ("class A[\n    T: int | str,  # why\n]:\n    x = 1\n", "class A:\n    x = 1\n"),
    ("type X[T] = dict[str, T]\n", "X = dict[str, T]\n"),
    ("if a: type X = int; y = 1\n", "if a: X = int; y = 1\n"),
    ("try: x\nexcept A, B: y\n", "try: x\nexcept (A, B): y\n"),
    ("try: x\nexcept *A, B: y\n", "try: x\nexcept* (A, B): y\n"),
    ('x = f"{d["a"]}"\n', "x = f'{d[\"a\"]}'\n"),
    ("x = f'{d['a']:>{w['b']}}'\n", 'x = f\'{d["a"]:>{w["b"]}}\'\n'),
    ('x = f"{f"{y["b"]}"}"\n', 'x = f"""{f\'{y["b"]}\'}"""\n'),
    ('x = t"{a}"\n', 'x = f"{a}"\n'),
]
PYTHON2 = [
    ("print 'a', b\n", "print('a', b)\n"),
    ("print\nprint 1\n", "print()\nprint(1)\n"),
    ("print >>f, x,\n", "print(f, x)\n"),
    ("print ('%s') % x  # why\n", "print(('%s') % x)\n"),
    ("if x: print'y'; print z\n", "if x: print('y'); print(z)\n"),
    ("exec code in space\n", "exec(code, space)\n"),
    ("raise E, 'why'\n", "raise E('why')\n"),
    (
        "try: x\nexcept (A, B), e: print e\nelse: raise E, 'x'\n",
        "try: x\nexcept (A, B) as e: print(e)\nelse: raise E('x')\n",
    ),
    (
        "x = [0755, 10L, 0xFFl, ur'\\d', `a`, b <> c]\n",
        "x = [0o755, 10, 0xFF, r'\\d', (a), b != c]\n",
    ),
    ("f = lambda (k, v): k\n", "f = lambda k, v: k\n"),
    ("def f(a, (b, c), d=(1, 2)): print a\n", "def f(a, b, c, d=(1, 2)): print(a)\n"),
    ("f(async=True)\n", "f(async_=True)\n"),
    (
        "class A:\n\tdef f(self):\n\t    x\n        y = 1\n",
        "class A:\n    def f(self):\n        x\n    y = 1\n",
    ),
]


def _like(source):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.dump(ast.parse(source))


@pytest.mark.parametrize(("source", "plain"), LATER)
def test_syntax_of_later_versions_is_written_as_earlier_ones_have_it(source, plain):
    first, _second = rewritten(source)
    assert _like(first) == _like(plain)
    assert first.count("\n") == source.count("\n")


@pytest.mark.parametrize(("source", "plain"), PYTHON2)
def test_python_2_is_written_as_python_3(source, plain):
    _first, second = rewritten(source)
    assert _like(second) == _like(plain)
    assert second.count("\n") == source.count("\n")


def test_a_field_of_an_f_string_may_go_over_lines_and_hold_a_backslash():
    first, _second = rewritten("x = f\"{'\\n'.join(a)} {\n    b  # why\n}\"\ny = 1\n")
    assert [statement.lineno for statement in ast.parse(first).body] == [1, 4]


@pytest.mark.parametrize(
    "source",
    ["type = 3\nprint(type)\n", "x: type = int\n", "match = type\n", "type(x)\n", "type[x]\n"],
)
def test_what_is_a_name_stays_one(source):
    for made in rewritten(source):
        assert _like(made) == _like(source)


def test_a_module_of_another_version_is_read():
    record = read_python(b"class A[T]:\n    x: T = 1\nprint 'a'\n")
    assert [type(statement) for statement in record.body] == [n.Class, n.Do]
    assert unpack(record.body[1].span).line == 3


def test_an_encoding_that_a_module_names_holds_for_it_rewritten_too():
    record = read_python("# coding: latin-1\nprint 'ä'\n".encode("latin-1"))
    (statement,) = record.body
    assert statement.value.args[0].value == "ä"


@pytest.mark.parametrize(
    "source", [b"print 'a\n", b"{{ project }} = 1\n", b"# coding: nothing\nprint 1\n"]
)
def test_what_is_no_python_stays_unreadable(source):
    with pytest.raises(Unreadable):
        read_python(source)


def test_lines_of_files_from_windows_stay_where_they_are():
    record = read_python(b'print "a"\r\nprint "b"\r\nx = 1\r\n')
    assert [unpack(statement.span).line for statement in record.body] == [1, 2, 3]


_OTHERS = [
    "type",
    "print",
    "exec",
    "f'",
    't"',
    "f'''",
    "'",
    '"',
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    ":",
    ",",
    ";",
    "\\",
    "#",
    "x",
    "0777L",
    "`",
    "<>",
    ">>",
    "=",
    "*",
    "é",
]
_pieces = st.lists(
    st.sampled_from([*keyword.kwlist, *_OTHERS, '"""', "\n", " ", "\t", "\x00"]), max_size=40
).map("".join)
_HOSTILE = ["print (\n", "except (\n", "print x, ", "def f((", "f'{", "f\"{f'{", "f'{x:{", "[", "`"]


@given(_pieces | st.text(max_size=40))
def test_tokens_give_their_source_back(source):
    assert written(scan(source)) == source


@given(_pieces)
@example("f'''\n")
def test_nothing_written_anew_fails_or_loses_a_line(source):
    for made in rewritten(source):
        assert made.count("\n") == source.count("\n")


@pytest.mark.parametrize("piece", [*_HOSTILE, "type X[", "lambda (", "exec x in "])
def test_hostile_sources_are_given_up_or_read(piece):
    """Nothing of it is asked again and again: this would take minutes otherwise."""
    with suppress(Unreadable):
        read_python((piece * 20_000).encode())
