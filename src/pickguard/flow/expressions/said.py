"""The constant texts that an expression may stand for, also where they are written somewhere else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pickguard.flow.expressions.calls import callee
from pickguard.flow.values.beginning import leaves_host_open
from pickguard.flow.values.definitions import Definition, Env, Merged, Value
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail, text

if TYPE_CHECKING:
    from pickguard.flow.bodies.body import Body

_DEEPEST = 4
_MOST = 6
_PROPERTIES = frozenset({"property", "cached_property"})


def said_before(body: Body, node: n.Expr, env: Env) -> str | None:
    """Return a text that an expression may stand for: one that leaves the host open, if any does.

    An address begins with it, so what follows decides on the host wherever it ends before one does.
    """
    known = text(node)
    if known is not None:
        return known
    found = _texts(body, node, env, 0)
    return next(filter(leaves_host_open, found), found[0] if found else None)


def _texts(body: Body, node: n.Expr, env: Env, depth: int) -> tuple[str, ...]:
    """Return all texts that an expression may stand for; none where one of them is not constant."""
    known = text(node)
    if known is not None:
        return (known,)
    if depth > _DEEPEST:
        return ()
    match node:
        case n.Choice():
            return _all(_texts(body, one, env, depth + 1) for one in (node.then, node.other))
        case n.Logic(op="or"):
            return _all(_texts(body, one, env, depth + 1) for one in node.values)
        case n.Name() if env.get(node.id) is not None:
            return _bound(body, env.get(node.id), depth + 1)
        case n.Name() | n.Attr():
            return _named(body, node, env, depth + 1)
        case n.Call():
            return _returned(body, _run_by(body, node, env), depth + 1)
    return ()


def _all(found: Iterator[tuple[str, ...]]) -> tuple[str, ...]:
    """Return all texts of several values; none where one of these has none."""
    texts: list[str] = []
    for one in found:
        if not one:
            return ()
        texts.extend(one)
    return tuple(texts[:_MOST])


def _bound(body: Body, definition: Definition | None, depth: int) -> tuple[str, ...]:
    """Return the texts that a name of the body is given."""
    if isinstance(definition, Merged):
        return _all(_bound(body, one, depth + 1) for one in definition.options)
    if not isinstance(definition, Value) or definition.how != "assigned" or definition.part:
        return ()
    return _texts(body, definition.expr, definition.env, depth)


def _named(body: Body, node: n.Name | n.Attr, env: Env, depth: int) -> tuple[str, ...]:
    """Return the texts of a name of a module or a class, of a setting, an attribute, or a property."""
    found = body.named(node)
    if found is not None:
        return _one(text(found.value))
    if not isinstance(node, n.Attr):
        return ()
    if tail(node.value) == "settings":
        return _one(body.flow.named.setting(node.name))
    return _kept(body, node, env, depth)


def _one(said: object) -> tuple[str, ...]:
    return (said,) if isinstance(said, str) else ()


def _kept(body: Body, node: n.Attr, env: Env, depth: int) -> tuple[str, ...]:
    """Return the texts that methods set an attribute to, that the class gives it, or that a property returns."""
    known = body.flow.types.of(body, node.value, env)
    owner = known.symbol if known is not None else None
    if owner is None or depth > _DEEPEST:
        return ()
    kept = body.flow.attributes.assigned(owner, node.name)
    if kept:
        return _all(_bound(there, definition, depth + 1) for there, definition in kept)
    method = body.flow.site.classes.method(owner, node.name)
    if method is not None:
        is_property = any(tail(one) in _PROPERTIES for one in method.node.decorators)
        return _returned(body, (method,), depth) if is_property else ()
    value = body.flow.site.classes.value(owner, node.name)
    return _one(text(value.value) if value is not None else None)


def _run_by(body: Body, call: n.Call, env: Env) -> tuple[FunctionSymbol, ...]:
    """Return the functions of the site that a call may run."""
    found, _is_bound = callee(body, call, env)
    if found is not None:
        return (found,)
    is_unknown = isinstance(call.func, n.Attr) and body.resolve(call.func) is None
    return body.flow.callers.family(tail(call.func)) if is_unknown else ()


def _returned(body: Body, functions: tuple[FunctionSymbol, ...], depth: int) -> tuple[str, ...]:
    """Return the texts that functions return; none where they may return anything else."""
    if depth > _DEEPEST or any(function == body.function for function in functions):
        return ()
    bodies = [body.flow.body(function) for function in functions]
    return _all(
        _texts(there, value, at, depth + 1)
        for there in bodies
        for value, at, _span in there.scope.returns[:_MOST]
    )
