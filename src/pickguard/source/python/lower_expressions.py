"""From Python's own expressions to the small tree's.

A table of functions by node class, no visitor: reading a large project spends its time here.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from pickguard.base.spans import Span, pack
from pickguard.source.python import nodes as n
from pickguard.source.python.awaited import awaited
from pickguard.source.python.getters import GETTERS, getter, read
from pickguard.source.python.key_shapes import KEY, STARTS, is_key
from pickguard.source.python.put_together import called, filled, sum_of

MARKUP = "<markup>"
"""Stands among the words of what holds a text with a `<` in it."""

FILLED = "<filled>"
"""Stands among the words of what fills a text with `%` that it only names."""

_INT_LIMIT = 2**63
SPREAD = "**"
"""Stands among the words of a body that spreads a mapping over a call's keywords."""
_KEY_LIMIT = 40
_COLUMN_LIMIT = (1 << 14) - 1
_HEIGHT_LIMIT = (1 << 13) - 1

OPERATORS: dict[type[ast.AST], str] = {
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


class Around:
    """What is known of the module around an expression.

    Attributes:
        constants: the texts that it gives names in capitals, once and for all.
        imports: what its functions import for themselves, so far.
    """

    __slots__ = ("constants", "imports")

    def __init__(self, constants: Mapping[str, str] | None = None) -> None:
        self.constants = constants or {}
        self.imports: list[n.Import] = []


class Words(set[str]):
    """Every name, attribute and keyword of a function, so far.

    Attributes:
        around: what is known of the module around it.
        may_hold: whether it may give a value a name for a moment alone; see `held_values`.
        sets_others: whether it sets names of the module, or of a function around it.
    """

    __slots__ = ("around", "may_hold", "sets_others")

    def __init__(self, around: Around | None = None) -> None:
        super().__init__()
        self.around = around or Around()
        self.may_hold = False
        self.sets_others = False


def span_of(node: Any) -> int:
    """Return a node's span, packed as `pickguard.base.spans.pack` does it.

    It is written out here, and looks at the limits once, because it runs for every node.
    """
    line: int = node.lineno
    height: int = node.end_lineno - line
    column: int = node.col_offset + 1
    end: int = node.end_col_offset + 1
    if column > _COLUMN_LIMIT or end > _COLUMN_LIMIT or height > _HEIGHT_LIMIT:
        return pack(Span(line, column, line + height, end))
    return (line << 41) | (column << 27) | (height << 14) | end


def expression(node: ast.expr, words: Words) -> n.Expr:
    """Return the small node of an expression; the names in it are added to the words."""
    return _EXPRESSIONS[type(node)](node, words)


def maybe(node: ast.expr | None, words: Words) -> n.Expr | None:
    """Return the small node of an expression that may be left out."""
    return None if node is None else _EXPRESSIONS[type(node)](node, words)


def expressions(items: Iterable[ast.expr], words: Words) -> tuple[n.Expr, ...]:
    """Return the small nodes of several expressions."""
    return tuple([_EXPRESSIONS[type(item)](item, words) for item in items])


def _constant(node: ast.Constant, words: Words) -> n.Expr:
    value = node.value
    kind = type(value)
    if kind is str:
        if "<" in value:  # type: ignore[operator]  # narrowed by type()
            words.add(MARKUP)
        if value[:3] in STARTS and is_key(value):  # type: ignore[index, arg-type, operator]  # narrowed by type()
            words.add(KEY)
        return n.Const(span_of(node), _encodable(value))  # type: ignore[arg-type]  # narrowed by type()
    if value is None or kind is bool or kind is float:
        return n.Const(span_of(node), value)  # type: ignore[arg-type]  # narrowed by type()
    if kind is int and -_INT_LIMIT <= value < _INT_LIMIT:  # type: ignore[operator]  # narrowed by type()
        return n.Const(span_of(node), value)  # type: ignore[arg-type]  # narrowed by type()
    if kind is bytes:
        return n.Bytes(span_of(node), value)  # type: ignore[arg-type]  # narrowed by type()
    return n.Opaque(span_of(node))


def _encodable(text: str) -> str:
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


def _name(node: ast.Name, words: Words) -> n.Expr:
    words.add(node.id)
    return n.Name(span_of(node), node.id)


def _attribute(node: ast.Attribute, words: Words) -> n.Expr:
    words.add(node.attr)
    if node.attr == "__dict__" and type(node.ctx) is ast.Load:
        words.add("vars")
        span = span_of(node)
        return n.Call(span, n.Name(span, "vars"), (expression(node.value, words),))
    return n.Attr(span_of(node), expression(node.value, words), node.attr)


def keywords(keywords: Iterable[ast.keyword], words: Words) -> tuple[n.Keyword, ...]:
    """Return the keywords of a call or a class."""
    found = []
    for keyword in keywords:
        if keyword.arg is not None:
            words.add(keyword.arg)
        else:
            words.add(SPREAD)
        found.append(n.Keyword(keyword.arg, expression(keyword.value, words)))
    return tuple(found)


def _add_key(value: object, words: Words) -> None:
    """Count a constant key, of `x["key"]` or `x.get("key")`, among the words."""
    if type(value) is str and len(value) < _KEY_LIMIT and value.isascii():
        words.add(value)


_SAID_OTHERWISE = frozenset({"map", "getattr", "hasattr", *GETTERS})


def _call(node: ast.Call, words: Words) -> n.Expr:
    if _last_name(node.func) in _SAID_OTHERWISE:
        plain = _said_otherwise(node, words)
        if plain is not None:
            return plain
    func, args = expression(node.func, words), expressions(node.args, words) if node.args else ()
    if args and isinstance(func, n.Attr) and func.name in _LOOKUPS:
        args = (_key(args[0], words), *args[1:])
    if args and isinstance(args[0], n.Const):
        _add_key(args[0].value, words)
    return called(
        span_of(node),
        func,
        args,
        keywords(node.keywords, words) if node.keywords else (),
    )


def _last_name(func: ast.expr) -> str:
    """Return `get` of `session.get` and of `get`, also where the result of a call of it is called."""
    if type(func) is ast.Call:
        func = func.func
    if type(func) is ast.Attribute:
        return func.attr
    return func.id if type(func) is ast.Name else ""


def _said_otherwise(node: ast.Call, words: Words) -> n.Expr | None:
    """Return what a call of a built-in function, or of a getter, says in another way, or None."""
    match node:
        case ast.Call(ast.Name("map"), [made, items]):
            match getter(made) or made:
                case ast.Lambda(ast.arguments([], [param], None), value):
                    return _mapped(node, value, param, items, words)
        case ast.Call(ast.Name("getattr"), [holder, ast.Constant(str() as name)], []):
            if name.isidentifier() and type(words) is Words:  # settings are read by it as well
                return expression(ast.copy_location(ast.Attribute(holder, name), node), words)
        case ast.Call(ast.Name("getattr" | "hasattr"), [_, ast.Constant(str() as name), *_]):
            words.add(name)
        case ast.Call(ast.Call() as maker, [item], []) if (part := read(maker, item)) is not None:
            return expression(part, words)
        case _ if (function := getter(node)) is not None:
            return expression(function, words)
    return None


def _mapped(
    node: ast.Call, value: ast.expr, item: ast.arg, items: ast.expr, words: Words
) -> n.Expr:
    """Return the generator that `map(lambda item: value, items)` is."""
    words.update(("map", item.arg))
    loop = n.Loop(n.Name(span_of(item), item.arg), expression(items, words), ())
    return n.Comprehension(span_of(node), "generator", None, expression(value, words), (loop,))


def _subscript(node: ast.Subscript, words: Words) -> n.Expr:
    index = _key(expression(node.slice, words), words)
    if isinstance(index, n.Const):
        _add_key(index.value, words)
    return n.Index(span_of(node), expression(node.value, words), index)


def _key(index: n.Expr, words: Words) -> n.Expr:
    """Return the text that the module calls by a name: `KIND` of `data[KIND]` and of `data.get(KIND)`."""
    said = words.around.constants.get(index.id) if isinstance(index, n.Name) else None
    return n.Const(index.span, said) if said is not None else index


_LOOKUPS = frozenset({"get", "getlist", "pop", "setdefault"})


def _binary(node: ast.BinOp, words: Words) -> n.Expr:
    # NOTE: a chain of a thousand `+` is common in generated code and nests to the left
    chain = [node]
    while isinstance(chain[-1].left, ast.BinOp):
        chain.append(chain[-1].left)
    left = expression(chain[-1].left, words)
    added: list[tuple[int, n.Expr]] = []
    for link in reversed(chain):
        span, right = span_of(link), expression(link.right, words)
        if type(link.op) is ast.Add:
            added.append((span, right))
            continue
        left, added = _sum(left, added), []
        left = _other_than_sum(link, span, left, right, words)
    return _sum(left, added)


def _sum(left: n.Expr, added: Sequence[tuple[int, n.Expr]]) -> n.Expr:
    if not added:
        return left
    whole = sum_of(added[-1][0], [left, *(right for _span, right in added)])
    if whole is not None:
        return whole
    for span, right in added:
        left = n.Binary(span, "+", left, right)
    return left


def _other_than_sum(
    link: ast.BinOp, span: int, left: n.Expr, right: n.Expr, words: Words
) -> n.Expr:
    operator = OPERATORS[type(link.op)]
    if operator == "%":
        whole = filled(span, left, right)
        if whole is not None:
            return whole
        if not isinstance(link.left, ast.Constant):
            words.add(FILLED)
    return n.Binary(span, operator, left, right)


def _unary(node: ast.UnaryOp, words: Words) -> n.Expr:
    operand = expression(node.operand, words)
    if isinstance(node.op, ast.USub) and type(operand) is n.Const:
        value = operand.value
        if type(value) in (int, float):
            return n.Const(span_of(node), -value)  # type: ignore[operator]  # narrowed by type()
    return n.Unary(span_of(node), OPERATORS[type(node.op)], operand)


def _logic(node: ast.BoolOp, words: Words) -> n.Expr:
    return n.Logic(span_of(node), OPERATORS[type(node.op)], expressions(node.values, words))


def _compare(node: ast.Compare, words: Words) -> n.Expr:
    ops = tuple([OPERATORS[type(op)] for op in node.ops])
    return n.Compare(
        span_of(node), expression(node.left, words), ops, expressions(node.comparators, words)
    )


def _joined(node: ast.JoinedStr, words: Words) -> n.Expr:
    return n.Joined(span_of(node), expressions(node.values, words))


def _formatted(node: ast.FormattedValue, words: Words) -> n.Expr:
    conversion = chr(node.conversion) if node.conversion > 0 else ""
    spec = maybe(node.format_spec, words)
    return n.Formatted(span_of(node), expression(node.value, words), conversion, spec)


def _list(node: ast.List, words: Words) -> n.Expr:
    return n.Sequence(span_of(node), "list", expressions(node.elts, words))


def _tuple(node: ast.Tuple, words: Words) -> n.Expr:
    return n.Sequence(span_of(node), "tuple", expressions(node.elts, words))


def _set(node: ast.Set, words: Words) -> n.Expr:
    return n.Sequence(span_of(node), "set", expressions(node.elts, words))


def _dict(node: ast.Dict, words: Words) -> n.Expr:
    keys = tuple([maybe(key, words) for key in node.keys])
    return n.Mapping(span_of(node), keys, expressions(node.values, words))


def _loops(generators: Iterable[ast.comprehension], words: Words) -> tuple[n.Loop, ...]:
    return tuple(
        [
            n.Loop(
                expression(g.target, words), expression(g.iter, words), expressions(g.ifs, words)
            )
            for g in generators
        ]
    )


def _comprehension(kind: str) -> Callable[[Any, Words], n.Expr]:
    def make(node: Any, words: Words) -> n.Expr:
        loops = _loops(node.generators, words)
        return n.Comprehension(span_of(node), kind, None, expression(node.elt, words), loops)

    return make


def _dict_comprehension(node: ast.DictComp, words: Words) -> n.Expr:
    loops = _loops(node.generators, words)
    key, value = expression(node.key, words), expression(node.value, words)
    return n.Comprehension(span_of(node), "dict", key, value, loops)


def _lambda(node: ast.Lambda, words: Words) -> n.Expr:
    return n.Lambda(span_of(node), params(node.args, words), expression(node.body, words))


def _choice(node: ast.IfExp, words: Words) -> n.Expr:
    test, then, other = (
        expression(node.test, words),
        expression(node.body, words),
        expression(node.orelse, words),
    )
    return n.Choice(span_of(node), test, then, other)


def _wrapped(kind: str) -> Callable[[Any, Words], n.Expr]:
    def make(node: Any, words: Words) -> n.Expr:
        return n.Wrapped(span_of(node), kind, maybe(node.value, words))

    return make


def _await(node: ast.Await, words: Words) -> n.Expr:
    value = expression(node.value, words)
    plain, name = awaited(value)
    if not name:
        return n.Wrapped(span_of(node), "await", value)
    words.add(name)
    return plain


def _walrus(node: ast.NamedExpr, words: Words) -> n.Expr:
    return n.Walrus(span_of(node), expression(node.target, words), expression(node.value, words))


def _slice(node: ast.Slice, words: Words) -> n.Expr:
    start, stop, step = (
        maybe(node.lower, words),
        maybe(node.upper, words),
        maybe(node.step, words),
    )
    return n.Slice(span_of(node), start, stop, step)


def _opaque(node: Any, _words: Words) -> n.Expr:
    return n.Opaque(span_of(node))


def params(arguments: ast.arguments, words: Words) -> tuple[n.Param, ...]:
    """Return the parameters of a function or a lambda, in the order of their definition."""
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
    return n.Param(arg.arg, kind, maybe(arg.annotation, words), maybe(default, words))


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
    ast.Await: _await,
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
