"""Walks go through bodies in their order, however deep they nest."""

from pickguard.source.python import nodes as n
from pickguard.source.python.bodies import body
from pickguard.source.python.reader import read_python
from pickguard.source.python.walk import forks


def _forks(lines: str) -> list[tuple[str, int, int]]:
    (function,) = read_python(f"def f():\n{lines}".encode()).body
    assert isinstance(function, n.Function)
    return [(_asked(test), len(then), len(other)) for test, then, other in forks(body(function))]


def _asked(statement: n.If) -> str:
    return statement.test.id if isinstance(statement.test, n.Name) else "?"


def test_both_branches_are_told_also_where_the_second_is_what_follows():
    lines = """
    if a:
        if b:
            go()
        else:
            stay()
            wait()
    for x in y:
        if c:
            continue
        go()
        go()
    if d:
        return 1
    go()
    return 2
"""
    assert _forks(lines) == [("a", 1, 0), ("b", 1, 2), ("c", 1, 2), ("d", 1, 2)]


def test_a_long_chain_of_branches_is_walked():
    lines = "    if a0:\n        go()\n" + "".join(
        f"    elif a{number}:\n        go()\n" for number in range(1, 400)
    )
    assert [name for name, _then, _other in _forks(lines)] == [f"a{i}" for i in range(400)]
