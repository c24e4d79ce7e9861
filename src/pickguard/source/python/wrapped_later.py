"""Functions that are wrapped behind their definition: `edit = login_required(edit)` is `@login_required`."""

from __future__ import annotations

import ast
from collections.abc import Iterable

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def decorated(statements: Iterable[ast.stmt]) -> list[ast.stmt]:
    """Return the statements of a block, with what wraps a function right behind it as its decorator."""
    found: list[ast.stmt] = []
    for statement in statements:
        last = found[-1] if found else None
        wrapping = _wrapping(statement, last.name) if isinstance(last, _FUNCTIONS) else None
        if wrapping is None or not isinstance(last, _FUNCTIONS):
            found.append(statement)
        else:
            last.decorator_list.insert(0, wrapping)
    return found


def _wrapping(statement: ast.stmt, name: str) -> ast.expr | None:
    """Return `login_required` of `edit = login_required(edit)`, or None."""
    match statement:
        case ast.Assign([ast.Name(target)], ast.Call(wrapping, [ast.Name(given)], [])):
            return wrapping if target == given == name else None
    return None
