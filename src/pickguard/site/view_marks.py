"""What decorators of the site write on views, for a middleware to read: `view.login_exempt = True`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pickguard.site.classes import Classes
from pickguard.site.names import ClassSymbol, FunctionSymbol, Symbol, ValueSymbol
from pickguard.site.patterns import Target
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of
from pickguard.source.python.lower import body
from pickguard.source.python.walk import statements


def marks(classes: Classes, target: Target) -> frozenset[str]:
    """Return the names of the attributes that are set to something true on the view of a pattern."""
    view = target.view
    found = {mark for wrapper in target.wrappers for mark in _written(wrapper)}
    if isinstance(view, FunctionSymbol | ClassSymbol):
        for decorator in view.node.decorators:
            found.update(_written(classes.names.resolve(view.module, func_of(decorator))))
        found.update(_beside(view))
    if isinstance(view, ClassSymbol):
        found.update(_of_class(classes, view))
    return frozenset(found)


def _written(decorator: Symbol | None) -> Iterator[str]:
    """Yield what a decorator of the site sets on the function that it is given, or on what it returns."""
    if isinstance(decorator, FunctionSymbol):
        yield from (name for _owner, name in _set(statements(body(decorator.node))))


def _beside(view: FunctionSymbol | ClassSymbol) -> Iterator[str]:
    """Yield what the module sets on a view that stands in it: `hook.login_exempt = True`."""
    for owner, name in _set(view.module.record.body):
        if owner == view.node.name:
            yield name


def _of_class(classes: Classes, view: ClassSymbol) -> Iterator[str]:
    for ancestor in classes.own_line(view):
        for name in classes.names.class_scope(ancestor):
            value = classes.value(view, name)
            if isinstance(value, ValueSymbol) and _is_true(value.value):
                yield name


def _set(block: Iterable[n.Stmt]) -> Iterator[tuple[str, str]]:
    """Yield the name and the attribute of each `name.attribute = True`."""
    for statement in block:
        if isinstance(statement, n.Assign) and _is_true(statement.value):
            for target in statement.targets:
                if isinstance(target, n.Attr) and isinstance(target.value, n.Name):
                    yield target.value.id, target.name


def _is_true(node: n.Expr) -> bool:
    return isinstance(node, n.Const) and node.value is True
