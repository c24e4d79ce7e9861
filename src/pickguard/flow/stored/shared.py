"""What a module's object carries from one function to another: `current.tenant = name`, `STATE["url"] = url`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pickguard.flow.values.origin import Origin, Step, joined
from pickguard.site.symbols.names import ValueSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail, text

if TYPE_CHECKING:
    from pickguard.flow.bodies.body import Body

# what is made to carry attributes, and what carries one value
_OBJECTS = frozenset({"local", "Local", "SimpleNamespace"})
_VARIABLES = frozenset({"ContextVar"})
_TABLES = frozenset({"dict", "defaultdict", "OrderedDict"})
_VALUE = "set"
_WRITER_LIMIT = 40


def shared_origin(
    body: Body, node: n.Attr | n.Call | n.Index, clears: frozenset[str]
) -> Origin | None:
    """Return the origin of `current.name`, `current.get()`, `STATE["name"]`; None where no request writes it."""
    holder, name = _read(body, node)
    if holder is None:
        return None
    flow = body.flow
    known = flow.once(
        ("shared", holder.name, name, clears), lambda: _written(body, holder, name, clears)
    )
    if not known.is_browser and not (known.is_stored and known.writer):
        return None
    return known.then(Step(body.module.path, node.span, f"out of `{holder.qualname}`"))


def _read(body: Body, node: n.Attr | n.Call | n.Index) -> tuple[ValueSymbol | None, str]:
    """Return the object of a module that an expression reads, and which part of it."""
    if isinstance(node, n.Attr):
        return _object(body, node.value, _OBJECTS), node.name
    if isinstance(node, n.Index):
        key = text(node.index)
        return (_table(body, node.value), key) if key else (None, "")
    func = node.func
    if not isinstance(func, n.Attr) or func.name != "get":
        return None, ""
    key = text(node.args[0]) if node.args else None
    if key:
        return _table(body, func.value), key
    return _object(body, func.value, _VARIABLES), _VALUE


def _table(body: Body, node: n.Expr) -> ValueSymbol | None:
    """Return the dictionary of a module that an expression is, or None."""
    found = body.resolve(node) if isinstance(node, n.Name | n.Attr) else None
    if not isinstance(found, ValueSymbol):
        return None
    is_made = isinstance(found.value, n.Call) and tail(found.value.func) in _TABLES
    return found if is_made or isinstance(found.value, n.Mapping) else None


def _object(body: Body, node: n.Expr, kinds: frozenset[str]) -> ValueSymbol | None:
    found = body.resolve(node) if isinstance(node, n.Name | n.Attr) else None
    if not isinstance(found, ValueSymbol) or not isinstance(found.value, n.Call):
        return None
    return found if tail(found.value.func) in kinds else None


def _written(body: Body, holder: ValueSymbol, name: str, clears: frozenset[str]) -> Origin:
    flow = body.flow
    found: list[Origin] = []
    for function in flow.callers.holding(name, holder.qualname)[:_WRITER_LIMIT]:
        other = flow.body(function)
        for value, span in _writes(other, holder, name):
            origin = flow.resolved(other, other.local_origin(value, clears), clears)
            if origin.is_browser or (origin.is_stored and origin.writer):
                step = Step(function.module.path, span, f"kept in `{holder.qualname}`")
                found.append(origin.then(step))
    return joined(found)


def _writes(body: Body, holder: ValueSymbol, name: str) -> Iterator[tuple[n.Expr, int]]:
    """Yield what a body puts into an object of a module, under one name."""
    for statement in body.statements:
        if isinstance(statement, n.Assign):
            for target in statement.targets:
                if isinstance(target, n.Attr) and target.name == name:
                    if _object(body, target.value, _OBJECTS) == holder:
                        yield statement.value, statement.span
                elif isinstance(target, n.Index) and text(target.index) == name:
                    if _table(body, target.value) == holder:
                        yield statement.value, statement.span
    for call in body.every(n.Call) if name == _VALUE else ():
        if isinstance(call.func, n.Attr) and call.func.name == _VALUE and call.args:
            if _object(body, call.func.value, _VARIABLES) == holder:
                yield call.args[0], call.span
