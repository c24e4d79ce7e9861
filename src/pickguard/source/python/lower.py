"""From Python's own tree to the small one.

A table of functions by node class, no visitor: reading a large project spends its time here.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

import msgspec

from pickguard.source.python import nodes as n

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[n.Stmt, ...]).decode

_INT_LIMIT = 2**63
_KEY_LIMIT = 40

DEFINITION = "<definition>"
"""Stands among the words of a function that has functions or classes inside."""
_COLUMN_LIMIT = (1 << 14) - 1
_HEIGHT_LIMIT = (1 << 13) - 1

_OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.LShift: "<<",
    ast.RShift: ">>",
    ast.BitOr: "|",
    ast.BitAnd: "&",
    ast.BitXor: "^",
    ast.MatMult: "@",
    ast.Not: "not",
    ast.USub: "-",
    ast.UAdd: "+",
    ast.Invert: "~",
    ast.And: "and",
    ast.Or: "or",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}

Words: TypeAlias = set[str]


class _Outside(set[str]):
    """The words of a module or class: those of the functions in it are not counted among them."""


def body(function: n.Function) -> tuple[n.Stmt, ...]:
    """Return the statements of a function."""
    return _decode(function.code)


def lower(statements: Iterable[ast.stmt]) -> tuple[tuple[n.Stmt, ...], tuple[str, ...]]:
    """Return the small tree of a module's statements, and the words of those outside functions.

    Raises:
        RecursionError: the source is nested deeper than Python's own limit.
    """
    words: Words = _Outside()
    block = _block(statements, words)
    return block, tuple(sorted(words))


def _span(node: Any) -> int:
    line = node.lineno
    height = node.end_lineno - line
    column = node.col_offset + 1
    end = node.end_col_offset + 1
    column = min(column, _COLUMN_LIMIT)
    end = min(end, _COLUMN_LIMIT)
    height = min(height, _HEIGHT_LIMIT)
    return (line << 41) | (column << 27) | (height << 14) | end  # type: ignore[no-any-return]  # ast's positions are typed loosely


# Expressions


def _expr(node: ast.expr, words: Words) -> n.Expr:
    return _EXPRESSIONS[type(node)](node, words)


def _maybe(node: ast.expr | None, words: Words) -> n.Expr | None:
    return None if node is None else _EXPRESSIONS[type(node)](node, words)


def _exprs(items: Iterable[ast.expr], words: Words) -> tuple[n.Expr, ...]:
    return tuple([_EXPRESSIONS[type(item)](item, words) for item in items])


def _constant(node: ast.Constant, _words: Words) -> n.Expr:
    value = node.value
    kind = type(value)
    if kind is str:
        return n.Const(_span(node), _encodable(value))  # type: ignore[arg-type]  # narrowed by type()
    if value is None or kind is bool or kind is float:
        return n.Const(_span(node), value)  # type: ignore[arg-type]  # narrowed by type()
    if kind is int and -_INT_LIMIT <= value < _INT_LIMIT:  # type: ignore[operator]  # narrowed by type()
        return n.Const(_span(node), value)  # type: ignore[arg-type]  # narrowed by type()
    if kind is bytes:
        return n.Bytes(_span(node), value)  # type: ignore[arg-type]  # narrowed by type()
    return n.Opaque(_span(node))


def _encodable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


def _name(node: ast.Name, words: Words) -> n.Expr:
    words.add(node.id)
    return n.Name(_span(node), node.id)


def _attribute(node: ast.Attribute, words: Words) -> n.Expr:
    words.add(node.attr)
    return n.Attr(_span(node), _expr(node.value, words), node.attr)


def _keywords(keywords: Iterable[ast.keyword], words: Words) -> tuple[n.Keyword, ...]:
    found = []
    for keyword in keywords:
        if keyword.arg is not None:
            words.add(keyword.arg)
        found.append(n.Keyword(keyword.arg, _expr(keyword.value, words)))
    return tuple(found)


def _add_key(value: object, words: Words) -> None:
    """Count a constant key, of `x["key"]` or `x.get("key")`, among the words."""
    if type(value) is str and len(value) < _KEY_LIMIT and value.isascii():
        words.add(value)


def _call(node: ast.Call, words: Words) -> n.Expr:
    if node.args and isinstance(node.args[0], ast.Constant):
        _add_key(node.args[0].value, words)
    return n.Call(
        _span(node),
        _expr(node.func, words),
        _exprs(node.args, words) if node.args else (),
        _keywords(node.keywords, words) if node.keywords else (),
    )


def _subscript(node: ast.Subscript, words: Words) -> n.Expr:
    if isinstance(node.slice, ast.Constant):
        _add_key(node.slice.value, words)
    return n.Index(_span(node), _expr(node.value, words), _expr(node.slice, words))


def _binary(node: ast.BinOp, words: Words) -> n.Expr:
    # NOTE: a chain of a thousand `+` is common in generated code and nests to the left
    chain = [node]
    while isinstance(chain[-1].left, ast.BinOp):
        chain.append(chain[-1].left)
    left = _expr(chain[-1].left, words)
    for link in reversed(chain):
        left = n.Binary(_span(link), _OPERATORS[type(link.op)], left, _expr(link.right, words))
    return left


def _unary(node: ast.UnaryOp, words: Words) -> n.Expr:
    operand = _expr(node.operand, words)
    if isinstance(node.op, ast.USub) and type(operand) is n.Const:
        value = operand.value
        if type(value) in (int, float):
            return n.Const(_span(node), -value)  # type: ignore[operator]  # narrowed by type()
    return n.Unary(_span(node), _OPERATORS[type(node.op)], operand)


def _logic(node: ast.BoolOp, words: Words) -> n.Expr:
    return n.Logic(_span(node), _OPERATORS[type(node.op)], _exprs(node.values, words))


def _compare(node: ast.Compare, words: Words) -> n.Expr:
    ops = tuple([_OPERATORS[type(op)] for op in node.ops])
    return n.Compare(_span(node), _expr(node.left, words), ops, _exprs(node.comparators, words))


def _joined(node: ast.JoinedStr, words: Words) -> n.Expr:
    return n.Joined(_span(node), _exprs(node.values, words))


def _formatted(node: ast.FormattedValue, words: Words) -> n.Expr:
    conversion = chr(node.conversion) if node.conversion > 0 else ""
    spec = _maybe(node.format_spec, words)
    return n.Formatted(_span(node), _expr(node.value, words), conversion, spec)


def _list(node: ast.List, words: Words) -> n.Expr:
    return n.Sequence(_span(node), "list", _exprs(node.elts, words))


def _tuple(node: ast.Tuple, words: Words) -> n.Expr:
    return n.Sequence(_span(node), "tuple", _exprs(node.elts, words))


def _set(node: ast.Set, words: Words) -> n.Expr:
    return n.Sequence(_span(node), "set", _exprs(node.elts, words))


def _dict(node: ast.Dict, words: Words) -> n.Expr:
    keys = tuple([_maybe(key, words) for key in node.keys])
    return n.Mapping(_span(node), keys, _exprs(node.values, words))


def _loops(generators: Iterable[ast.comprehension], words: Words) -> tuple[n.Loop, ...]:
    return tuple(
        [
            n.Loop(_expr(g.target, words), _expr(g.iter, words), _exprs(g.ifs, words))
            for g in generators
        ]
    )


def _comprehension(kind: str) -> Callable[[Any, Words], n.Expr]:
    def make(node: Any, words: Words) -> n.Expr:
        loops = _loops(node.generators, words)
        return n.Comprehension(_span(node), kind, None, _expr(node.elt, words), loops)

    return make


def _dict_comprehension(node: ast.DictComp, words: Words) -> n.Expr:
    loops = _loops(node.generators, words)
    key, value = _expr(node.key, words), _expr(node.value, words)
    return n.Comprehension(_span(node), "dict", key, value, loops)


def _lambda(node: ast.Lambda, words: Words) -> n.Expr:
    return n.Lambda(_span(node), _params(node.args, words), _expr(node.body, words))


def _choice(node: ast.IfExp, words: Words) -> n.Expr:
    test, then, other = (
        _expr(node.test, words),
        _expr(node.body, words),
        _expr(node.orelse, words),
    )
    return n.Choice(_span(node), test, then, other)


def _wrapped(kind: str) -> Callable[[Any, Words], n.Expr]:
    def make(node: Any, words: Words) -> n.Expr:
        return n.Wrapped(_span(node), kind, _maybe(node.value, words))

    return make


def _walrus(node: ast.NamedExpr, words: Words) -> n.Expr:
    return n.Walrus(_span(node), _expr(node.target, words), _expr(node.value, words))


def _slice(node: ast.Slice, words: Words) -> n.Expr:
    start, stop, step = (
        _maybe(node.lower, words),
        _maybe(node.upper, words),
        _maybe(node.step, words),
    )
    return n.Slice(_span(node), start, stop, step)


def _opaque(node: Any, _words: Words) -> n.Expr:
    return n.Opaque(_span(node))


_EXPRESSIONS: dict[type[ast.AST], Callable[[Any, Words], n.Expr]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Call: _call,
    ast.Subscript: _subscript,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.BoolOp: _logic,
    ast.Compare: _compare,
    ast.JoinedStr: _joined,
    ast.FormattedValue: _formatted,
    ast.List: _list,
    ast.Tuple: _tuple,
    ast.Set: _set,
    ast.Dict: _dict,
    ast.ListComp: _comprehension("list"),
    ast.SetComp: _comprehension("set"),
    ast.GeneratorExp: _comprehension("generator"),
    ast.DictComp: _dict_comprehension,
    ast.Lambda: _lambda,
    ast.IfExp: _choice,
    ast.Await: _wrapped("await"),
    ast.Yield: _wrapped("yield"),
    ast.YieldFrom: _wrapped("yield from"),
    ast.Starred: _wrapped("*"),
    ast.NamedExpr: _walrus,
    ast.Slice: _slice,
}
# NOTE: template strings (PEP 750) exist from Python 3.14 on
for _added in ("TemplateStr", "Interpolation"):
    if hasattr(ast, _added):
        _EXPRESSIONS[getattr(ast, _added)] = _opaque


# Statements


def _block(statements: Iterable[ast.stmt], words: Words) -> tuple[n.Stmt, ...]:
    found: list[n.Stmt] = []
    for statement in statements:
        make = _STATEMENTS.get(type(statement))
        if make is not None:
            found.append(make(statement, words))
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            found.extend(_imports(statement, words))
    return tuple(found)


def _imports(node: ast.Import | ast.ImportFrom, words: Words) -> list[n.Stmt]:
    span = _span(node)
    found: list[n.Stmt] = []
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
    return found


def _assign(node: ast.Assign, words: Words) -> n.Stmt:
    return n.Assign(_span(node), _exprs(node.targets, words), _expr(node.value, words))


def _augment(node: ast.AugAssign, words: Words) -> n.Stmt:
    target, value = _expr(node.target, words), _expr(node.value, words)
    return n.Augment(_span(node), target, _OPERATORS[type(node.op)], value)


def _annotate(node: ast.AnnAssign, words: Words) -> n.Stmt:
    target, annotation = _expr(node.target, words), _expr(node.annotation, words)
    return n.Annotate(_span(node), target, annotation, _maybe(node.value, words))


def _do(node: ast.Expr, words: Words) -> n.Stmt:
    return n.Do(_span(node), _expr(node.value, words))


def _return(node: ast.Return, words: Words) -> n.Stmt:
    return n.Return(_span(node), _maybe(node.value, words))


def _if(node: ast.If, words: Words) -> n.Stmt:
    # NOTE: a long `elif` chain nests in `orelse`; walk it instead of recursing
    chain = [node]
    while len(chain[-1].orelse) == 1 and isinstance(chain[-1].orelse[0], ast.If):
        chain.append(chain[-1].orelse[0])
    other = _block(chain[-1].orelse, words)
    for link in reversed(chain):
        made = n.If(_span(link), _expr(link.test, words), _block(link.body, words), other)
        other = (made,)
    return made


def _for(node: ast.For | ast.AsyncFor, words: Words) -> n.Stmt:
    target, source = _expr(node.target, words), _expr(node.iter, words)
    body, other = _block(node.body, words), _block(node.orelse, words)
    return n.For(_span(node), target, source, body, other)


def _while(node: ast.While, words: Words) -> n.Stmt:
    test = _expr(node.test, words)
    return n.While(_span(node), test, _block(node.body, words), _block(node.orelse, words))


def _with(node: ast.With | ast.AsyncWith, words: Words) -> n.Stmt:
    items = tuple(
        [
            n.WithItem(_expr(item.context_expr, words), _maybe(item.optional_vars, words))
            for item in node.items
        ]
    )
    return n.With(_span(node), items, _block(node.body, words))


def _try(node: Any, words: Words) -> n.Stmt:
    handlers = tuple(
        [n.Handler(_maybe(h.type, words), h.name, _block(h.body, words)) for h in node.handlers]
    )
    body, other = _block(node.body, words), _block(node.orelse, words)
    return n.Try(_span(node), body, handlers, other, _block(node.finalbody, words))


def _raise(node: ast.Raise, words: Words) -> n.Stmt:
    return n.Raise(_span(node), _maybe(node.exc, words))


def _assert(node: ast.Assert, words: Words) -> n.Stmt:
    return n.Assert(_span(node), _expr(node.test, words))


def _delete(node: ast.Delete, words: Words) -> n.Stmt:
    return n.Delete(_span(node), _exprs(node.targets, words))


def _jump(kind: str) -> Callable[[Any, Words], n.Stmt]:
    def make(node: Any, _words: Words) -> n.Stmt:
        return n.Jump(_span(node), kind)

    return make


def _match(node: ast.Match, words: Words) -> n.Stmt:
    cases = tuple([_case(case, words) for case in node.cases])
    return n.Match(_span(node), _expr(node.subject, words), cases)


def _case(case: ast.match_case, words: Words) -> n.Case:
    names: list[str] = []
    values: list[n.Expr] = []
    for part in ast.walk(case.pattern):
        if isinstance(part, ast.MatchAs | ast.MatchStar) and part.name:
            names.append(part.name)
        elif isinstance(part, ast.MatchValue):
            values.append(_expr(part.value, words))
    guard = _maybe(case.guard, words)
    return n.Case(tuple(names), tuple(values), guard, _block(case.body, words))


def _params(arguments: ast.arguments, words: Words) -> tuple[n.Param, ...]:
    plain = [*arguments.posonlyargs, *arguments.args]
    missing: list[ast.expr | None] = [None] * (len(plain) - len(arguments.defaults))
    found = [
        _param(arg, "positional", default, words)
        for arg, default in zip(plain, [*missing, *arguments.defaults], strict=True)
    ]
    if arguments.vararg:
        found.append(_param(arguments.vararg, "*", None, words))
    for arg, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        found.append(_param(arg, "keyword", default, words))
    if arguments.kwarg:
        found.append(_param(arguments.kwarg, "**", None, words))
    return tuple(found)


def _param(arg: ast.arg, kind: str, default: ast.expr | None, words: Words) -> n.Param:
    return n.Param(arg.arg, kind, _maybe(arg.annotation, words), _maybe(default, words))


def _function(node: ast.FunctionDef | ast.AsyncFunctionDef, words: Words) -> n.Stmt:
    own: Words = set()
    code = _encode(_block(node.body, own))
    words.add(node.name)
    if type(words) is set:
        words |= own
        words.add(DEFINITION)
    return n.Function(
        _span(node),
        node.name,
        _params(node.args, words),
        _exprs(node.decorator_list, words),
        _maybe(node.returns, words),
        isinstance(node, ast.AsyncFunctionDef),
        tuple(sorted(own)),
        code,
    )


def _class(node: ast.ClassDef, words: Words) -> n.Stmt:
    words.add(node.name)
    own: Words = set() if type(words) is set else _Outside()
    block = _block(node.body, own)
    if type(words) is set:
        words |= own
        words.add(DEFINITION)
    return n.Class(
        _span(node),
        node.name,
        _exprs(node.bases, words),
        _keywords(node.keywords, words),
        _exprs(node.decorator_list, words),
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
