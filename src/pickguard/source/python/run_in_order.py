"""Statements in a row, in one form: what says the same by nesting, by pairs or on the way stands in a row too.

if bad:                 if bad:             first, second = a, b    first = a
    raise Http404           raise Http404                           second = b
else:                   answer()            if (name := read()):    name = read()
    answer()                                    write()             if name:
                                                                        write()
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

ENDS = (ast.Return, ast.Raise, ast.Continue, ast.Break)
"""Statements behind which nothing runs."""


def in_order(statements: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a block; of an `if True:` or an `if False:` those alone that it lets run."""
    waiting = [*statements][::-1]
    while waiting:
        statement = waiting.pop()
        if isinstance(statement, ast.If):
            now, later = _taken_apart(statement)
            yield from now
            waiting += later[::-1]
        elif isinstance(statement, ast.Assign):
            yield from _one_by_one(statement)
        else:
            yield statement


def _taken_apart(statement: ast.If) -> tuple[list[ast.stmt], list[ast.stmt]]:
    """Return what an `if` is, with what stands before it, and what of it goes on behind."""
    test, body, other = statement.test, statement.body, statement.orelse
    if isinstance(test, ast.Constant):
        return [], body if test.value else other
    # NOTE: statements stand in the order of their places, so the one before begins a column earlier
    before, test = _named_before(test) if statement.col_offset else ([], test)
    for made in before:
        ast.copy_location(made, statement).col_offset -= 1
    leaves = bool(other) and isinstance(body[-1], ENDS)
    if not before and not leaves:
        return [statement], []
    now = ast.copy_location(ast.If(test, body, [] if leaves else other), statement)
    return [*before, now], other if leaves else []


def _named_before(test: ast.expr) -> tuple[list[ast.stmt], ast.expr]:
    """Return the assignment that a test begins with, and the test without it."""
    match test:
        case ast.NamedExpr(ast.Name(name) as target, value):
            made = ast.copy_location(ast.Assign([target], value), test)
            return [made], ast.copy_location(ast.Name(name, ast.Load()), target)
        case ast.UnaryOp(ast.Not() as op, inner):
            before, rest = _named_before(inner)
            return before, ast.copy_location(ast.UnaryOp(op, rest), test) if before else test
        case ast.Compare(inner, ops, others):
            before, rest = _named_before(inner)
            return before, ast.copy_location(
                ast.Compare(rest, ops, others), test
            ) if before else test
        case ast.BoolOp(op, [inner, *others]):
            before, rest = _named_before(inner)
            whole = ast.BoolOp(op, [rest, *others])
            return before, ast.copy_location(whole, test) if before else test
    return [], test


def _one_by_one(statement: ast.Assign) -> Iterator[ast.Assign]:
    """Yield `first = a` and `second = b` for `first, second = a, b`, where none of them is read in between."""
    match statement:
        case ast.Assign(
            [ast.Tuple(targets) | ast.List(targets)], ast.Tuple(values) | ast.List(values)
        ):
            if len(targets) == len(values) and _is_apart(targets, values):
                for target, value in zip(targets, values, strict=True):
                    yield ast.copy_location(ast.Assign([target], value), value)
                return
    yield statement


def _is_apart(targets: list[ast.expr], values: list[ast.expr]) -> bool:
    names = {target.id for target in targets if isinstance(target, ast.Name)}
    if len(names) != len(targets):
        return False
    read = (part for value in values for part in ast.walk(value))
    return not any(
        isinstance(part, ast.Starred) or (isinstance(part, ast.Name) and part.id in names)
        for part in read
    )
