"""Functions that `operator` makes, as what they do: `attrgetter("title")` is `lambda item: item.title`.

https://docs.python.org/3/library/operator.html#operator.attrgetter
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

GETTERS = frozenset({"attrgetter", "itemgetter", "methodcaller"})
"""The names of what makes them."""

_ITEM = "item"


def getter(made: ast.expr) -> ast.Lambda | None:
    """Return the function that an expression makes; None of all others, and where it is left open what is read."""
    if not isinstance(made, ast.Call):
        return None
    value = read(made, ast.Name(_ITEM, ast.Load()))
    if value is None:
        return None
    params = ast.arguments([], [ast.arg(_ITEM)], None, [], [], None, [])
    return ast.fix_missing_locations(ast.copy_location(ast.Lambda(params, value), made))


def read(made: ast.Call, item: ast.expr) -> ast.expr | None:
    """Return what the function that a call makes reads of an item: `note.title` of `attrgetter("title")(note)`."""
    func = made.func
    name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
    if name not in GETTERS or not made.args:
        return None
    if not all(isinstance(given, ast.Constant) for given in made.args):
        return None
    parts = list(_parts(name, made, item))
    value = parts[0] if len(parts) == 1 else ast.Tuple(parts, ast.Load())
    return ast.fix_missing_locations(ast.copy_location(value, made)) if parts else None


def _parts(name: str, made: ast.Call, item: ast.expr) -> Iterator[ast.expr]:
    if name == "methodcaller":
        for method in _attributes(made.args[:1], item):
            yield ast.Call(method, made.args[1:], made.keywords)
    elif name == "attrgetter":
        yield from _attributes(made.args, item)
    else:
        for key in made.args:
            yield ast.Subscript(item, key, ast.Load())


def _attributes(paths: list[ast.expr], item: ast.expr) -> Iterator[ast.expr]:
    """Yield what dotted names mean of an item."""
    for path in paths:
        match path:
            case ast.Constant(str() as names) if all(map(str.isidentifier, names.split("."))):
                value = item
                for name in names.split("."):
                    value = ast.Attribute(value, name, ast.Load())
                yield value
