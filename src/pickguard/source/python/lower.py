"""From Python's own tree to the small one: statements, functions and classes."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import Any

from pickguard.source.python import nodes as n
from pickguard.source.python.bodies import DEFINITION, encoded
from pickguard.source.python.held_values import HELD, OUTSIDE, may_hold, put_back
from pickguard.source.python.lower_expressions import (
    OPERATORS,
    Words,
    expression,
    expressions,
    keywords,
    maybe,
    params,
    span_of,
)
from pickguard.source.python.run_in_order import ENDS, in_order, let_run


class _Outside(set[str]):
    """The words of a module or class: those of the functions in it are not counted among them."""


class _Within(set[str]):
    """The words of a class that stands in a function."""


def lower(statements: Iterable[ast.stmt]) -> tuple[tuple[n.Stmt, ...], tuple[str, ...]]:
    """Return the small tree of a module's statements, and the words of those outside functions.

    Raises:
        RecursionError: the source is nested deeper than Python's own limit.
    """
    words: Words = _Outside()
    block = _block(statements, words)
    return block, tuple(sorted(words))


def _block(statements: Iterable[ast.stmt], words: Words) -> tuple[n.Stmt, ...]:
    found: list[n.Stmt] = []
    for statement in (in_order if type(words) is set else let_run)(statements):
        make = _STATEMENTS.get(type(statement))
        if make is _do and _is_text(statement):
            continue
        if make is not None:
            found.append(make(statement, words))
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            found.extend(_imports(statement, words))
        elif isinstance(statement, ast.Global | ast.Nonlocal):
            words.add(OUTSIDE)
        if isinstance(statement, ENDS):
            break
    if len(found) > 1 and type(words) is set and isinstance(found[-1], n.Return):
        words.add(HELD)
    return tuple(found)


def _is_text(statement: ast.stmt) -> bool:
    """Whether a statement is a bare text: it documents, and does nothing."""
    value = getattr(statement, "value", None)
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def _imports(node: ast.Import | ast.ImportFrom, words: Words) -> list[n.Import]:
    span = span_of(node)
    found: list[n.Import] = []
    for alias in node.names:
        if isinstance(node, ast.ImportFrom):
            bound = alias.asname or alias.name
            found.append(n.Import(span, bound, node.module or "", alias.name, node.level))
        elif alias.asname:
            bound = alias.asname
            found.append(n.Import(span, bound, alias.name, None, 0))
        else:
            bound = alias.name.partition(".")[0]
            found.append(n.Import(span, bound, bound, None, 0))
        words.add(bound)
        if found[-1].level == 0:
            words.add(found[-1].module.partition(".")[0])
    return found


def _assign(node: ast.Assign, words: Words) -> n.Stmt:
    made = n.Assign(span_of(node), expressions(node.targets, words), expression(node.value, words))
    if type(words) is set and may_hold(made.targets[0], made.value):
        words.add(HELD)
    return made


def _augment(node: ast.AugAssign, words: Words) -> n.Stmt:
    target, value = expression(node.target, words), expression(node.value, words)
    return n.Augment(span_of(node), target, OPERATORS[type(node.op)], value)


def _annotate(node: ast.AnnAssign, words: Words) -> n.Stmt:
    """Return what it says of a class's or a module's name; in a function it is an assignment like any other."""
    target, annotation = expression(node.target, words), expression(node.annotation, words)
    if node.value is not None and type(words) is set:
        return n.Assign(span_of(node), (target,), expression(node.value, words))
    return n.Annotate(span_of(node), target, annotation, maybe(node.value, words))


def _do(node: ast.Expr, words: Words) -> n.Stmt:
    return n.Do(span_of(node), expression(node.value, words))


def _return(node: ast.Return, words: Words) -> n.Stmt:
    return n.Return(span_of(node), maybe(node.value, words))


def _if(node: ast.If, words: Words) -> n.Stmt:
    # NOTE: a long `elif` chain nests in `orelse`; walk it instead of recursing
    chain = [node]
    while len(chain[-1].orelse) == 1 and isinstance(chain[-1].orelse[0], ast.If):
        chain.append(chain[-1].orelse[0])
    other = _block(chain[-1].orelse, words)
    for link in reversed(chain):
        made = n.If(span_of(link), expression(link.test, words), _block(link.body, words), other)
        other = (made,)
    return made


def _for(node: ast.For | ast.AsyncFor, words: Words) -> n.Stmt:
    target, source = expression(node.target, words), expression(node.iter, words)
    body, other = _block(node.body, words), _block(node.orelse, words)
    return n.For(span_of(node), target, source, body, other)


def _while(node: ast.While, words: Words) -> n.Stmt:
    test = expression(node.test, words)
    return n.While(span_of(node), test, _block(node.body, words), _block(node.orelse, words))


def _with(node: ast.With | ast.AsyncWith, words: Words) -> n.Stmt:
    items = tuple(
        [
            n.WithItem(expression(item.context_expr, words), maybe(item.optional_vars, words))
            for item in node.items
        ]
    )
    return n.With(span_of(node), items, _block(node.body, words))


def _try(node: Any, words: Words) -> n.Stmt:
    handlers = tuple(
        [n.Handler(maybe(h.type, words), h.name, _block(h.body, words)) for h in node.handlers]
    )
    body, other = _block(node.body, words), _block(node.orelse, words)
    return n.Try(span_of(node), body, handlers, other, _block(node.finalbody, words))


def _raise(node: ast.Raise, words: Words) -> n.Stmt:
    return n.Raise(span_of(node), maybe(node.exc, words))


def _assert(node: ast.Assert, words: Words) -> n.Stmt:
    return n.Assert(span_of(node), expression(node.test, words))


def _delete(node: ast.Delete, words: Words) -> n.Stmt:
    return n.Delete(span_of(node), expressions(node.targets, words))


def _jump(kind: str) -> Callable[[Any, Words], n.Stmt]:
    def make(node: Any, _words: Words) -> n.Stmt:
        return n.Jump(span_of(node), kind)

    return make


def _match(node: ast.Match, words: Words) -> n.Stmt:
    cases = tuple([_case(case, words) for case in node.cases])
    return n.Match(span_of(node), expression(node.subject, words), cases)


def _case(case: ast.match_case, words: Words) -> n.Case:
    names: list[str] = []
    values: list[n.Expr] = []
    for part in ast.walk(case.pattern):
        if isinstance(part, ast.MatchAs | ast.MatchStar) and part.name:
            names.append(part.name)
        elif isinstance(part, ast.MatchValue):
            values.append(expression(part.value, words))
    guard = maybe(case.guard, words)
    return n.Case(tuple(names), tuple(values), guard, _block(case.body, words))


def _function(node: ast.FunctionDef | ast.AsyncFunctionDef, words: Words) -> n.Stmt:
    own: Words = set()
    block, named = _block(node.body, own), params(node.args, words)
    if HELD in own and OUTSIDE not in own:
        block = put_back(named, block)
    own -= {HELD, OUTSIDE}
    words.add(node.name)
    if type(words) is not _Outside:
        words |= own
        words.add(DEFINITION)
    return n.Function(
        span_of(node),
        node.name,
        named,
        expressions(node.decorator_list, words),
        maybe(node.returns, words),
        isinstance(node, ast.AsyncFunctionDef),
        tuple(sorted(own)),
        encoded(block),
    )


def _class(node: ast.ClassDef, words: Words) -> n.Stmt:
    words.add(node.name)
    own: Words = _Outside() if type(words) is _Outside else _Within()
    block = _block(node.body, own)
    if type(words) is not _Outside:
        words |= own
        words.add(DEFINITION)
    return n.Class(
        span_of(node),
        node.name,
        expressions(node.bases, words),
        keywords(node.keywords, words),
        expressions(node.decorator_list, words),
        block,
        tuple(sorted(own)),
    )


_STATEMENTS: dict[type[ast.AST], Callable[[Any, Words], n.Stmt]] = {
    ast.Assign: _assign,
    ast.AugAssign: _augment,
    ast.AnnAssign: _annotate,
    ast.Expr: _do,
    ast.Return: _return,
    ast.If: _if,
    ast.For: _for,
    ast.AsyncFor: _for,
    ast.While: _while,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.Try: _try,
    ast.TryStar: _try,
    ast.Raise: _raise,
    ast.Assert: _assert,
    ast.Delete: _delete,
    ast.Break: _jump("break"),
    ast.Continue: _jump("continue"),
    ast.Match: _match,
    ast.FunctionDef: _function,
    ast.AsyncFunctionDef: _function,
    ast.ClassDef: _class,
}
