"""Functions and classes that are written as values: `fetch = lambda url: …`, `Point = namedtuple("Point", "x y")`.

They are what `def fetch(url)` and `class Point` with its fields would be, and `bold = partial(wrap, "b")`
what `def bold(*args, **kwargs)` would be that calls `wrap`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pickguard.source.python.getters import getter

_MAKERS = frozenset({"namedtuple", "NamedTuple"})
_NAME_AND_FIELDS = 2


def as_definition(node: ast.Assign) -> ast.FunctionDef | ast.ClassDef | None:
    """Return the definition that an assignment stands for, or None."""
    match node:
        case ast.Assign([ast.Name(name)], ast.Call() as made) if is_named_tuple(made):
            return ast.copy_location(ast.ClassDef(name, [made], [], [], []), node)
        case ast.Assign([ast.Name(name)], written):
            match getter(written) or _completed(written) or written:
                case ast.Lambda(params, value):
                    returned = ast.copy_location(ast.Return(value), node.value)
                    function = ast.FunctionDef(name, params, [returned], [])
                    function.returns = None
                    return ast.copy_location(function, node)
    return None


def _completed(made: ast.expr) -> ast.Lambda | None:
    """Return `lambda *args, **kwargs: wrap("b", *args, **kwargs)` of `partial(wrap, "b")`; None of all others.

    https://docs.python.org/3/library/functools.html#functools.partial
    """
    match made:
        case ast.Call(
            ast.Name("partial") | ast.Attribute(attr="partial"),
            [ast.Name() | ast.Attribute() as function, *first],
            named,
        ):
            rest, others = ast.Name("args", ast.Load()), ast.Name("kwargs", ast.Load())
            call = ast.Call(
                function,
                [*first, ast.Starred(rest, ast.Load())],
                [*named, ast.keyword(None, others)],
            )
            params = ast.arguments([], [], ast.arg("args"), [], [], ast.arg("kwargs"), [])
            whole = ast.Lambda(params, ast.copy_location(call, made))
            return ast.fix_missing_locations(ast.copy_location(whole, made))
    return None


def with_fields(node: ast.ClassDef) -> ast.ClassDef:
    """Return a class with the fields in its body that a base says: `class Point(namedtuple("Point", "x y"))`."""
    for place, base in enumerate(node.bases):
        if isinstance(base, ast.Call) and is_named_tuple(base):
            node.bases[place] = base.func
            node.body[:0] = [_annotated(field, base) for field in _fields(base.args[1])]
    return node


def is_named_tuple(call: ast.Call) -> bool:
    """Whether a call makes a class of tuples whose fields it spells out."""
    func = call.func
    name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
    is_full = name in _MAKERS and len(call.args) == _NAME_AND_FIELDS
    return is_full and any(_fields(call.args[1]))


def _fields(node: ast.expr) -> Iterator[str]:
    """Yield the names of `"x, y"`, of `["x", "y"]`, and of `[("x", int), ("y", int)]`."""
    match node:
        case ast.Constant(str() as names):
            yield from (name for name in names.replace(",", " ").split() if name.isidentifier())
        case ast.List(items) | ast.Tuple(items):
            for item in items:
                first = item.elts[0] if isinstance(item, ast.Tuple) and item.elts else item
                match first:
                    case ast.Constant(str() as name) if name.isidentifier():
                        yield name


def _annotated(name: str, place: ast.Call) -> ast.AnnAssign:
    target, kind = ast.Name(name, ast.Store()), ast.Name("object", ast.Load())
    made = ast.AnnAssign(target, kind, None, 1)
    for node in (target, kind, made):
        ast.copy_location(node, place)
    return made
