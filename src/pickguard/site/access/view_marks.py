"""What decorators and classes of the site write on views, for a middleware to read: `view.login_exempt = True`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from pickguard.site.symbols.classes import Classes
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol, Symbol, ValueSymbol
from pickguard.site.urls.patterns import Target
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of, tail
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import statements

Marks: TypeAlias = frozenset[tuple[str, bool]]
"""Attributes with what they are set to."""


def marks(classes: Classes, target: Target) -> Marks:
    """Return the attributes that are set to true or false on the view of a pattern."""
    view = target.view
    found: dict[str, bool] = {}
    if isinstance(view, ClassSymbol):
        found["view_class"] = True  # `as_view` sets it
        found.update(_of_class(classes, view))
    if isinstance(view, FunctionSymbol | ClassSymbol):
        for decorator in reversed(view.node.decorators):
            found.update(_written(classes.names.resolve(view.module, func_of(decorator))))
        found.update(_beside(view))
    for wrapper in reversed(target.wrappers):
        found.update(_written(wrapper))
    return frozenset(found.items())


def _written(decorator: Symbol | None) -> Iterator[tuple[str, bool]]:
    """Yield what a decorator of the site sets on the function that it is given, or on what it returns."""
    if isinstance(decorator, FunctionSymbol):
        for _owner, name, value in _set(statements(body(decorator.node))):
            yield name, value


def _beside(view: FunctionSymbol | ClassSymbol) -> Iterator[tuple[str, bool]]:
    """Yield what the module sets on a view that stands in it: `hook.login_exempt = True`."""
    for owner, name, value in _set(view.module.record.body):
        if owner == view.node.name:
            yield name, value


def _of_class(classes: Classes, view: ClassSymbol) -> Iterator[tuple[str, bool]]:
    for ancestor in classes.own_line(view):
        for name, bound in classes.names.class_scope(ancestor).items():
            found = classes.value(view, name) if isinstance(bound, n.Const) else None
            value = found.value if isinstance(found, ValueSymbol) else None
            if isinstance(value, n.Const) and isinstance(value.value, bool):
                yield name, value.value


def _set(block: Iterable[n.Stmt]) -> Iterator[tuple[str, str, bool]]:
    """Yield the name, the attribute and the value of each `name.attribute = True`."""
    for statement in block:
        value = statement.value if isinstance(statement, n.Assign) else None
        if isinstance(statement, n.Assign) and isinstance(value, n.Const):
            for target in statement.targets:
                is_plain = isinstance(target, n.Attr) and isinstance(target.value, n.Name)
                if is_plain and isinstance(target, n.Attr) and isinstance(value.value, bool):
                    yield tail(target.value), target.name, value.value
