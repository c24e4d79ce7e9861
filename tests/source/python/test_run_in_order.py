"""Statements that say the same by nesting, by pairs or on the way stand in a row, each behind the one before."""

import ast

import pytest

from pickguard.source.python.run_in_order import in_order


def _in_a_row(source: str) -> str:
    (function,) = ast.parse(source).body
    assert isinstance(function, ast.FunctionDef)
    block = [*in_order(function.body)]
    starts = [(one.lineno, one.col_offset) for one in block]
    assert starts == sorted(set(starts))
    return ast.unparse(ast.Module(block, []))


def _lines(text: str) -> str:
    return "".join(f"    {line}\n" for line in text.splitlines())


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("if a:\n    return 1\nelse:\n    go()\nend()", "if a:\n    return 1\ngo()\nend()"),
        (
            "if a:\n    return 1\nelif b:\n    raise E\nelse:\n    go()",
            "if a:\n    return 1\nif b:\n    raise E\ngo()",
        ),
        ("a, b = x, y", "a = x\nb = y"),
        ("[a, b] = (x.y, 1)", "a = x.y\nb = 1"),
        ("a = x if b else y", "if b:\n    a = x\nelse:\n    a = y"),
        ("return x if b else y", "if b:\n    return x\nreturn y"),
        ("a = x() or y", "a = x()\nif not a:\n    a = y"),
        ("if (a := f()):\n    go(a)", "a = f()\nif a:\n    go(a)"),
        ("if not (a := f()):\n    go()", "a = f()\nif not a:\n    go()"),
        ("if (a := f()) == 1 and b:\n    go()", "a = f()\nif a == 1 and b:\n    go()"),
        ("if True:\n    go()\nelse:\n    stay()", "go()"),
        (
            "try:\n    a = M.objects.get(pk=b)\nexcept M.DoesNotExist:\n    raise Http404",
            "a = M.objects.get(pk=b)",
        ),
        (
            "a = M.objects.filter(pk=b).first()\nif a is None:\n    raise Http404('no a')\ngo()",
            "a = M.objects.get(pk=b)\ngo()",
        ),
        (
            "a = M.objects.filter(pk=b).first()\nif a is None:\n    raise Http404\nelse:\n    go()",
            "a = M.objects.get(pk=b)\ngo()",
        ),
        ("a = rows.filter(b).first()\nif not a:\n    raise NotFound", "a = rows.get(b)"),
    ],
)
def test_it_stands_in_a_row(source, expected):
    assert _in_a_row(f"def f():\n{_lines(source)}") == expected


@pytest.mark.parametrize(
    "source",
    [
        "a = M.objects.filter(pk=b).first()\nif a is None:\n    return None",
        "a = M.objects.filter(pk=b).first()\nif b is None:\n    raise Http404",
        "a = M.objects.first()\nif a is None:\n    raise Http404",
        "try:\n    a = M.objects.get(pk=b)\nexcept M.DoesNotExist:\n    raise Refused",
        "try:\n    a = M.objects.get(pk=b)\n    go()\nexcept M.DoesNotExist:\n    raise Http404",
        "if a:\n    go()\nelse:\n    return 1",
        "a, b = b, a",
        "a, b = x, a",
        "a, b = (*x, y)",
        "a, b.c = x, y",
        "a, b = f()",
        "if b and (a := f()):\n    go()",
        "while (a := f()):\n    go()",
    ],
)
def test_what_says_something_else_stays(source):
    assert _in_a_row(f"def f():\n{_lines(source)}") == ast.unparse(ast.parse(source))


def test_ten_thousand_branches_are_no_deeper_than_one():
    source = "if a0:\n    return 0\n" + "".join(
        f"elif a{number}:\n    return {number}\n" for number in range(1, 300)
    )
    assert _in_a_row(f"def f():\n{_lines(source)}").count("\nif ") == 299
