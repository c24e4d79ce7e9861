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


_SEVERAL = frozenset({ast.IfExp, ast.BoolOp, ast.Tuple, ast.List})


def let_run(statements: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a block; of an `if True:` or an `if False:` those alone that it lets run."""
    for statement in statements:
        if isinstance(statement, ast.If) and isinstance(statement.test, ast.Constant):
            yield from let_run(statement.body if statement.test.value else statement.orelse)
        else:
            yield statement


def in_order(statements: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield what `let_run` does of a function's block, in the one form."""
    waiting = [*let_run(statements)][::-1]
    while waiting:
        statement = waiting.pop()
        instead = None
        if isinstance(statement, ast.Try):
            instead = _taken_or_missing(statement)
        elif (
            isinstance(statement, ast.Assign)
            and waiting
            and type(waiting[-1]) is ast.If
            and (taken := _first_or_missing(statement, waiting[-1]))
        ):
            waiting.pop()
            instead = taken
        elif isinstance(statement, ast.If):
            now, later = _taken_apart(statement)
            yield from now
            instead = [*let_run(later)]
        elif isinstance(statement, ast.Assign | ast.Return) and type(statement.value) in _SEVERAL:
            instead = _chosen(statement)
        if instead is None:
            yield statement
        else:
            waiting += instead[::-1]


def _taken_or_missing(statement: ast.Try) -> list[ast.stmt] | None:
    """Return `note = Note.objects.get(pk=pk)` alone where the page is missing without it; None for any other."""
    match statement:
        case ast.Try(
            [ast.Assign([ast.Name()], ast.Call(ast.Attribute(attr="get")))] as taken,
            [ast.ExceptHandler(ast.Attribute(attr="DoesNotExist"), None, [missing])],
            other,
            [],
        ) if _is_missing(missing):
            return [*taken, *other]
    return None


def _first_or_missing(statement: ast.stmt, following: ast.stmt) -> list[ast.stmt] | None:
    """Return `note = Note.objects.get(pk=pk)` for the first row, where the page is missing without one.

    That is `note = Note.objects.filter(pk=pk).first()` and `if note is None: raise Http404`.
    """
    match statement, following:
        case (
            ast.Assign(
                [ast.Name(name)] as targets,
                ast.Call(
                    ast.Attribute(ast.Call(ast.Attribute(rows, "filter"), args, keywords), "first"),
                    [],
                    [],
                ) as value,
            ),
            ast.If(
                ast.Compare(ast.Name(asked), [ast.Is()], [ast.Constant(None)])
                | ast.UnaryOp(ast.Not(), ast.Name(asked)),
                [missing],
                other,
            ),
        ) if name == asked and _is_missing(missing):
            get = ast.copy_location(ast.Attribute(rows, "get", ast.Load()), value)
            row = ast.copy_location(ast.Call(get, args, keywords), value)
            return [ast.copy_location(ast.Assign(targets, row), statement), *other]
    return None


def _is_missing(statement: ast.stmt) -> bool:
    match statement:
        case ast.Raise(ast.Name("Http404" | "NotFound") | ast.Call(ast.Name("Http404"))):
            return True
    return False


def _taken_apart(statement: ast.If) -> tuple[list[ast.stmt], list[ast.stmt]]:
    """Return what an `if` is, with what stands before it, and what of it goes on behind."""
    test, body, other = statement.test, statement.body, statement.orelse
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


def _chosen(statement: ast.Assign | ast.Return) -> list[ast.stmt] | None:
    """Return the statements that say the same as one with a choice, or with several values; None for any other."""
    match statement:
        case ast.Assign(targets, ast.IfExp(test, then, other)):
            first = ast.copy_location(ast.Assign(targets, then), then)
            second = ast.copy_location(ast.Assign(targets, other), other)
            return [ast.copy_location(ast.If(test, [first], [second]), statement)]
        case ast.Return(ast.IfExp(test, then, other)):
            answer = ast.copy_location(ast.Return(then), then)
            asked = ast.copy_location(ast.If(test, [answer], []), statement)
            return [asked, ast.copy_location(ast.Return(other), other)]
        case ast.Assign(
            [ast.Name(name)] as targets,
            ast.BoolOp(ast.Or(), [ast.Call() | ast.Subscript() as value, *others]),
        ):
            found: list[ast.stmt] = [ast.copy_location(ast.Assign(targets, value), statement)]
            found += (_unless_set(name, targets, each) for each in others)
            return found
        case ast.Assign():
            return _one_by_one(statement)
    return None


def _unless_set(name: str, targets: list[ast.expr], value: ast.expr) -> ast.If:
    """Return `if not name: name = value`."""
    test = ast.UnaryOp(ast.Not(), ast.copy_location(ast.Name(name, ast.Load()), value))
    made = ast.copy_location(ast.Assign(targets, value), value)
    whole = ast.If(ast.copy_location(test, value), [made], [])
    ast.copy_location(whole, value).col_offset -= 1
    return whole


def _one_by_one(statement: ast.Assign) -> list[ast.stmt] | None:
    """Return `first = a` and `second = b` for `first, second = a, b`, where none of them is read in between."""
    match statement:
        case ast.Assign(
            [ast.Tuple(targets) | ast.List(targets)], ast.Tuple(values) | ast.List(values)
        ):
            if len(targets) == len(values) and _is_apart(targets, values):
                return [
                    ast.copy_location(ast.Assign([target], value), value)
                    for target, value in zip(targets, values, strict=True)
                ]
    return None


def _is_apart(targets: list[ast.expr], values: list[ast.expr]) -> bool:
    names = {target.id for target in targets if isinstance(target, ast.Name)}
    if len(names) != len(targets):
        return False
    read = (part for value in values for part in ast.walk(value))
    return not any(
        isinstance(part, ast.Starred) or (isinstance(part, ast.Name) and part.id in names)
        for part in read
    )
