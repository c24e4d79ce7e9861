"""Names of fields that are not only listed: changed in the body of `Meta`, added by `get_field_names`.

class Meta(BaseSerializer.Meta):                def get_field_names(self, declared, info):
    fields = BaseSerializer.Meta.fields.copy()      names = list(super().get_field_names(declared, info))
    fields.remove("owner")                          names.append("tags")
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pickguard.site.symbols.classes import Classes
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol, flatten
from pickguard.site.symbols.unknown import UNKNOWN
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of, tail, text
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions

_ADDING = frozenset({"append", "insert"})


def reshaped(
    value: Any, name: str, block: Iterable[n.Stmt], evaluated: Callable[[n.Expr], Any]
) -> Any:
    """Return what a list holds after the statements that change it; `UNKNOWN` where one is not understood.

    Args:
        value: what it was made as.
        name: what it is called.
        block: of the class or module that it stands in.
        evaluated: tells the value of an expression there.
    """
    if not isinstance(value, list | tuple):
        return value
    found = list(value)
    for statement in block:
        for call, argument in _changes(statement, name):
            found = _changed(found, call, evaluated(argument))
            if found is UNKNOWN:
                return UNKNOWN
        if isinstance(statement, n.If):
            found += _added_at_times(statement, name, evaluated)
    return type(value)(found)


def _added_at_times(
    condition: n.If, name: str, evaluated: Callable[[n.Expr], Any]
) -> Iterator[Any]:
    """Yield what a condition adds to a list: `if settings.SHOW_MAIL: fields += ["email"]`."""
    for statement in flatten((condition,)):
        for way, argument in _changes(statement, name):
            value = evaluated(argument)
            if way in _ADDING and value is not UNKNOWN:
                yield value
            elif way == "extend" and isinstance(value, list | tuple):
                yield from (item for item in value if item is not UNKNOWN)


def _changes(statement: n.Stmt, name: str) -> Iterator[tuple[str, n.Expr]]:
    """Yield how a statement changes a list, and by what: what only may be added is taken for added."""
    if isinstance(statement, n.If):
        for inner in (*statement.body, *statement.other):
            if isinstance(inner, n.Assign) and any(
                tail(target) == name for target in inner.targets
            ):
                yield "or", inner.value
            else:
                yield from (found for found in _changes(inner, name) if found[0] != "remove")
    if isinstance(statement, n.Augment) and isinstance(statement.target, n.Name):
        if statement.target.id == name:
            yield "extend", statement.value
    call = statement.value if isinstance(statement, n.Do) else None
    holder = receiver_of(call) if isinstance(call, n.Call) else None
    if isinstance(call, n.Call) and call.args and isinstance(holder, n.Name) and holder.id == name:
        yield tail(call.func), call.args[-1]


def _changed(found: list[Any], way: str, value: Any) -> Any:
    if way == "or":
        told = value if isinstance(value, list | tuple) else ()
        return [*found, *(item for item in told if item not in found)]
    if way == "extend":
        return [*found, *value] if isinstance(value, list | tuple) else UNKNOWN
    if value is UNKNOWN or way not in (*_ADDING, "remove"):
        return UNKNOWN
    return [*found, value] if way in _ADDING else [item for item in found if item != value]


def hidden(classes: Classes, symbol: ClassSymbol) -> Iterator[str]:
    """Yield the prefixes of names that a serializer's `get_field_names` tests for."""
    for method in _methods(classes, symbol):
        if "startswith" in method.words:
            for node in expressions(body(method), into_functions=True):
                if isinstance(node, n.Call) and tail(node.func) == "startswith" and node.args:
                    prefix = text(node.args[0])
                    if prefix:
                        yield prefix


def added(classes: Classes, symbol: ClassSymbol) -> Iterator[str]:
    """Yield the names that a serializer's `get_field_names` adds, whatever `Meta` lists."""
    for method in _methods(classes, symbol):
        for statement in _always(body(method)):
            call = statement.value if isinstance(statement, n.Do) else None
            if isinstance(call, n.Call) and _adds(classes, symbol, call):
                yield from (name for one in call.args if (name := text(one)) is not None)


def _methods(classes: Classes, symbol: ClassSymbol) -> Iterator[n.Function]:
    for ancestor in classes.own_line(symbol):
        method = classes.names.own_member(ancestor, "get_field_names")
        if isinstance(method, FunctionSymbol):
            yield method.node


def _always(block: Iterable[n.Stmt]) -> Iterator[n.Stmt]:
    """Yield the statements that run for a serializer that does not stand inside another."""
    for statement in block:
        yield statement
        if isinstance(statement, n.If) and _is_outermost(statement.test):
            yield from statement.body


def _is_outermost(test: n.Expr) -> bool:
    """`not self.is_nested`, `not self.parent`."""
    if not isinstance(test, n.Unary) or test.op != "not":
        return False
    return tail(test.operand) in ("is_nested", "nested", "parent")


def _adds(classes: Classes, symbol: ClassSymbol, call: n.Call) -> bool:
    """Whether a call adds to a list: `names.append("tags")`, or a method of the class's own that does."""
    holder = receiver_of(call)
    if not isinstance(holder, n.Name) or holder.id != "self":
        return tail(call.func) in _ADDING
    method = classes.method(symbol, tail(call.func))
    return method is not None and not _ADDING.isdisjoint(method.node.words)
