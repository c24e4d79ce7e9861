"""Exemptions from the CSRF check that are made in code, and not by a decorator on the view."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import is_true, tail
from pickguard.source.python.bodies import body

EXEMPTION = "csrf_exempt"


def exempts(function: n.Function) -> bool:
    """Whether a decorator, or an `as_view`, exempts what it returns, whatever it is given."""
    return EXEMPTION in function.words and any(map(_is_exemption, _always(body(function))))


def leaves_the_choice(function: n.Function) -> bool:
    """Whether a decorator exempts only where somebody asks for it: `csrf_exempt(view) if EXEMPT else view`."""
    return any(
        isinstance(statement, n.If) and any(map(_is_exemption, statement.body))
        for statement in _always(body(function))
    )


def set_on_views(block: Iterable[n.Stmt]) -> Iterator[tuple[str, int]]:
    """Yield the names that a module marks, with the places: `pay.csrf_exempt = True`."""
    for statement in block:
        if isinstance(statement, n.Assign):
            for target in statement.targets:
                if _is_mark(target, statement.value) and isinstance(target, n.Attr):
                    yield tail(target.value), statement.span


def _always(block: Iterable[n.Stmt]) -> Iterator[n.Stmt]:
    """Yield the statements that run under no condition, those of functions inside among them."""
    for statement in block:
        yield statement
        if isinstance(statement, n.Function):
            yield from _always(body(statement))


def _is_exemption(statement: n.Stmt) -> bool:
    if isinstance(statement, n.Function):
        return any(tail(decorator) == EXEMPTION for decorator in statement.decorators)
    if isinstance(statement, n.Assign):
        return any(_is_mark(target, statement.value) for target in statement.targets)
    value = statement.value if isinstance(statement, n.Return) else None
    return isinstance(value, n.Call) and tail(value.func) == EXEMPTION


def _is_mark(target: n.Expr, value: n.Expr) -> bool:
    return isinstance(target, n.Attr) and target.name == EXEMPTION and is_true(value)
