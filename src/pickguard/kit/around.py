"""What stands around the functions that answer requests: decorators, wherever they are written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from pickguard.site.access.guards import of_one_method
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import items_of, tail

if TYPE_CHECKING:
    from pickguard.kit.project import Project


def decorators(project: Project, function: FunctionSymbol) -> tuple[n.Expr, ...]:
    """Return what stands on a function, the outermost first; `method_decorator` is taken away.

    For what answers requests that is also what stands on its class, `@method_decorator(known,
    name="dispatch")`, and on the view that leaves its work to the function. Only what is written in
    the module of the function is returned, so that its names can be resolved there.
    """
    around = project.once(_around).get(function, ())
    return (*around, *(one for mark in function.node.decorators for one in unwrapped(mark)))


def _around(project: Project) -> Mapping[FunctionSymbol, tuple[n.Expr, ...]]:
    found: dict[FunctionSymbol, dict[int, n.Expr]] = {}
    for route, view in project.site.routes:
        for (method, function), entry in zip(view.handlers, view.entries, strict=True):
            for mark in _outside(project, route.target.view, function, entry, method):
                for one in unwrapped(mark):
                    found.setdefault(function, {})[one.span] = one
    return {function: tuple(marks.values()) for function, marks in found.items()}


def _outside(
    project: Project, view: object, function: FunctionSymbol, entry: FunctionSymbol, method: str
) -> Iterator[n.Expr]:
    """Yield what stands around a handler and not on itself."""
    if entry != function and entry.module is function.module:
        yield from entry.node.decorators
    if not isinstance(view, ClassSymbol):
        return
    for ancestor in project.site.classes.own_line(view):
        if ancestor.module is function.module:
            named = {"dispatch", method, entry.node.name}
            yield from (one for one in ancestor.node.decorators if of_one_method(one) in named)
    first = project.site.classes.method(view, "dispatch")
    if first is not None and first != entry and first.module is function.module:
        yield from first.node.decorators


def unwrapped(mark: n.Expr) -> tuple[n.Expr, ...]:
    """Return the decorators of functions that a decorator of a method is made of."""
    if not isinstance(mark, n.Call) or tail(mark.func) != "method_decorator" or not mark.args:
        return (mark,)
    return tuple(items_of(mark.args[0]))
