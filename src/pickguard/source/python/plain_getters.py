"""Methods of a class that only say what an attribute would: `def get_form_class(self): return NoteForm`.

Django and REST framework ask the method, which by itself asks the attribute. `get_queryset` is not among
them: one that takes all rows often takes the place of one that leaves those of whoever asks.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

_SAYS = {
    "get_serializer_class": "serializer_class",
    "get_form_class": "form_class",
    "get_permissions": "permission_classes",
    "get_template_names": "template_name",
}


def with_attributes(statements: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a class body, with an attribute for each method that says no more than it would."""
    block = [*statements]
    bound = {one.name for one in block if isinstance(one, ast.FunctionDef)}
    asked = bound & _SAYS.keys()
    if asked:
        targets = (t for one in block if isinstance(one, ast.Assign) for t in one.targets)
        bound |= {target.id for target in targets if isinstance(target, ast.Name)}
    for statement in block:
        is_asked = isinstance(statement, ast.FunctionDef) and statement.name in asked
        said = _said(statement, bound) if is_asked else None
        yield statement if said is None else said


def _said(statement: ast.stmt, bound: set[str]) -> ast.Assign | None:
    """Return the attribute that a method says, where none has its name; else None."""
    match statement:
        case ast.FunctionDef(
            method, ast.arguments([], [ast.arg(own)], None, [], [], None, []), block, []
        ):
            name, value = _SAYS[method], _returned(block)
            if name in bound or value is None or _reads(value, own):
                return None
            shown = _plain(name, value)
            if shown is not None:
                target = ast.copy_location(ast.Name(name, ast.Store()), statement)
                return ast.copy_location(ast.Assign([target], shown), statement)
    return None


def _returned(block: list[ast.stmt]) -> ast.expr | None:
    """Return what a body does nothing but return; what documents it does nothing."""
    match block:
        case [ast.Return(value)] | [ast.Expr(ast.Constant()), ast.Return(value)]:
            return value
    return None


def _plain(name: str, value: ast.expr) -> ast.expr | None:
    """Return a value as the attribute has it: permissions by their classes, one template by its name."""
    match name, value:
        case "permission_classes", ast.List(items) | ast.Tuple(items):
            made = [item.func for item in items if isinstance(item, ast.Call) and not item.args]
            if len(made) < len(items):
                return None
            return ast.copy_location(ast.List(made, ast.Load()), value)
        case "template_name", ast.List([one]) | ast.Tuple([one]):
            return one
        case "permission_classes" | "template_name", _:
            return None
    return value


def _reads(value: ast.expr, name: str) -> bool:
    """Whether a value is about the object, or about what it builds on."""
    names = (node.id for node in ast.walk(value) if isinstance(node, ast.Name))
    return any(one in (name, "super") for one in names)
