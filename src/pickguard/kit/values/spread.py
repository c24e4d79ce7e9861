"""How far the parts of a value spread inside one body of code.

Where an `Origin` tells what a value may be, this follows one value that is known to be bad, such as
the name of an archive's member, from the names that hold it to the names made from them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pickguard.kit.code import Code
from pickguard.source.python import nodes as n
from pickguard.source.python.formats import is_formatted_number
from pickguard.source.python.walk import inside, parts

_ROUND_LIMIT = 8


def loops(code: Code) -> Iterable[tuple[n.Expr, n.Expr]]:
    """Yield target and source of every loop, those of comprehensions among them."""
    for statement in code.statements:
        if isinstance(statement, n.For):
            yield statement.target, statement.source
    for node in code.expressions:
        if isinstance(node, n.Comprehension):
            yield from ((loop.target, loop.source) for loop in node.loops)


def names_of(target: n.Expr) -> set[str]:
    """Return the plain names in the target of a loop or an assignment."""
    return {node.id for node in inside(target) if isinstance(node, n.Name)}


def spread(code: Code, names: Iterable[str], clears: Callable[[n.Call], bool]) -> frozenset[str]:
    """Return the names that hold a value or something made from it.

    Args:
        code: the body of code.
        names: what holds the value to begin with.
        clears: tells of a call whether its result is harmless whatever goes in.
    """
    held = set(names)
    for _round in range(_ROUND_LIMIT):
        before = len(held)
        for name, values in code.body.assigned.items():
            if name not in held and any(carries(value, held, clears) for value, _span in values):
                held.add(name)
        if len(held) == before:
            break
    return frozenset(held)


def carries(node: n.Expr, names: Iterable[str], clears: Callable[[n.Call], bool]) -> bool:
    """Whether one of the names stands in an expression, outside of what makes it harmless."""
    wanted = frozenset(names)
    stack = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, n.Formatted) and is_formatted_number(current):
            continue
        if isinstance(current, n.Name) and current.id in wanted:
            return True
        if isinstance(current, n.Compare | n.Unary) or _is_difference(current):
            continue
        if isinstance(current, n.Call) and clears(current):
            continue
        if isinstance(current, n.Comprehension):
            if _made_of(current, wanted, clears):
                return True
            continue
        if isinstance(current, n.Choice):
            stack.extend((current.then, current.other))
        else:
            stack.extend(parts(current))
    return False


def _is_difference(node: n.Expr) -> bool:
    """Whether an expression is a number or a span of time: no text can be taken away from another."""
    return isinstance(node, n.Binary) and node.op == "-"


def _made_of(
    node: n.Comprehension, names: frozenset[str], clears: Callable[[n.Call], bool]
) -> bool:
    """Whether what a comprehension holds is made of one of the names, not only as many."""
    inner = set(names)
    for loop in node.loops:
        if carries(loop.source, inner, clears):
            inner |= names_of(loop.target)
    made = (node.value, node.key) if node.key is not None else (node.value,)
    return any(carries(part, inner, clears) for part in made)
