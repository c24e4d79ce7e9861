"""From Python's own tree to the small one: statements, functions and classes."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from pickguard.source.python import nodes as n
from pickguard.source.python.bodies import DEFINITION, encoded
from pickguard.source.python.held_values import bound_by, may_be_held, put_back
from pickguard.source.python.lower_expressions import (
    OPERATORS,
    Around,
    Words,
    expression,
    expressions,
    keywords,
    maybe,
    params,
    span_of,
)
from pickguard.source.python.own_names import under_own_names, with_request
from pickguard.source.python.plain_getters import with_attributes
from pickguard.source.python.run_in_order import ENDS, in_order, let_run
from pickguard.source.python.short_definitions import as_definition, with_fields
from pickguard.source.python.walk import own
from pickguard.source.python.wrapped_later import decorated


class _Outside(Words):
    """The words of a module or class: those of the functions in it are not counted among them."""


class _Within(Words):
    """The words of a class that stands in a function."""


class Lowered(NamedTuple):
    """A module: its statements, the words of those outside functions, what it imports beside."""

    block: tuple[n.Stmt, ...]
    words: tuple[str, ...]
    imports: tuple[n.Import, ...]


def lower(statements: Iterable[ast.stmt]) -> Lowered:
    """Return the small tree of a module's statements.

    Raises:
        RecursionError: the source is nested deeper than Python's own limit.
    """
    top = decorated(statements)
    own_names = under_own_names(top)
    words = _Outside(Around(_constants(top)))
    block = _block(top, words)
    of_functions = _for_all(words.around.imports, block)
    imports = (*of_functions, *(one for each in own_names for one in _imports(each, words)))
    return Lowered(block, tuple(sorted(words)), imports)


def _constants(statements: Iterable[ast.stmt]) -> dict[str, str]:
    """Return the texts that a module gives names in capitals, each once."""
    found: dict[str, str] = {}
    named: Counter[str] = Counter()
    for statement in statements:
        match statement:
            case ast.Assign([ast.Name(name)], value) | ast.AnnAssign(ast.Name(name), _, value):
                named[name] += 1
                if (
                    name.isupper()
                    and isinstance(value, ast.Constant)
                    and isinstance(value.value, str)
                ):
                    found[name] = value.value
    return {name: said for name, said in found.items() if named[name] == 1}


def _for_all(imports: Iterable[n.Import], block: Iterable[n.Stmt]) -> Iterator[n.Import]:
    """Yield what functions import by names that mean one thing alone in the module."""
    meant: dict[str, set[tuple[str, str | None, int]]] = {}
    for one in imports:
        meant.setdefault(one.name, set()).add((one.module, one.attribute, one.level))
    bound = {name for statement in own(block) for name in bound_by(statement)} if meant else set()
    for one in imports:
        if one.name not in bound and len(meant[one.name]) == 1:
            bound.add(one.name)
            yield one


def _block(statements: Iterable[ast.stmt], words: Words) -> tuple[n.Stmt, ...]:
    is_inside = type(words) is Words
    found: list[n.Stmt] = []
    for statement in (in_order if is_inside else let_run)(statements):
        make = _STATEMENTS.get(type(statement))
        if make is _do and _is_text(statement):
            continue
        if make is not None:
            made = make(statement, words)
            if is_inside and not words.may_hold:
                words.may_hold = may_be_held(made, found[-1] if found else None)
            found.append(made)
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            found.extend(_imports(statement, words))
        elif isinstance(statement, ast.Global | ast.Nonlocal):
            words.sets_others = True
        if isinstance(statement, ENDS):
            break
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
    if type(words) is Words:
        words.around.imports += (one for one in found if one.name != "*")
    return found


def _assign(node: ast.Assign, words: Words) -> n.Stmt:
    if isinstance(node.value, ast.Lambda | ast.Call):
        written_out = as_definition(node)
        if written_out is not None:
            return _STATEMENTS[type(written_out)](written_out, words)
    return n.Assign(span_of(node), expressions(node.targets, words), expression(node.value, words))


def _augment(node: ast.AugAssign, words: Words) -> n.Stmt:
    target, value = expression(node.target, words), expression(node.value, words)
    return n.Augment(span_of(node), target, OPERATORS[type(node.op)], value)


def _annotate(node: ast.AnnAssign, words: Words) -> n.Stmt:
    """Return what it says of a class's or a module's name; in a function it is an assignment like any other."""
    target, annotation = expression(node.target, words), expression(node.annotation, words)
    if node.value is not None and type(words) is Words:
        return n.Assign(span_of(node), (target,), expression(node.value, words))
    return n.Annotate(span_of(node), target, annotation, maybe(node.value, words))


def _do(node: ast.Expr, words: Words) -> n.Stmt:
    func = node.value.func if type(node.value) is ast.Call else None
    set_to = _set_by_name(node) if type(func) is ast.Name and func.id == "setattr" else None
    if set_to is not None:
        return _assign(set_to, words)
    return n.Do(span_of(node), expression(node.value, words))


def _set_by_name(node: ast.Expr) -> ast.Assign | None:
    """Return `row.name = value` of `setattr(row, "name", value)`, or None."""
    match node.value:
        case ast.Call(_, [holder, ast.Constant(str() as name), value], []) if name.isidentifier():
            target = ast.copy_location(ast.Attribute(holder, name, ast.Store()), node.value)
            return ast.copy_location(ast.Assign([target], value), node)
    return None


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
    with_request(node)
    inner = Words(words.around)
    block, named = _block(node.body, inner), params(node.args, words)
    if inner.may_hold and not inner.sets_others:
        block, gone = put_back(named, block)
        inner -= gone
    words.add(node.name)
    if type(words) is not _Outside:
        words |= inner
        words.add(DEFINITION)
    return n.Function(
        span_of(node),
        node.name,
        named,
        expressions(node.decorator_list, words),
        maybe(node.returns, words),
        isinstance(node, ast.AsyncFunctionDef),
        tuple(sorted(inner)),
        encoded(block),
    )


def _class(node: ast.ClassDef, words: Words) -> n.Stmt:
    words.add(node.name)
    inner = (_Outside if type(words) is _Outside else _Within)(words.around)
    node = with_fields(node)
    block = _block(with_attributes(decorated(node.body)), inner)
    if type(words) is not _Outside:
        words |= inner
        words.add(DEFINITION)
    return n.Class(
        span_of(node),
        node.name,
        expressions(node.bases, words),
        keywords(node.keywords, words),
        expressions(node.decorator_list, words),
        block,
        tuple(sorted(inner)),
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
