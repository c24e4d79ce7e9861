"""What functions put into what they are handed: `fill(request, buffer)`.

Into lists and streams they put items, into dictionaries and objects what is asked about by its key or name.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from pickguard.flow.callees.arguments import given
from pickguard.flow.values.definitions import (
    Definition,
    Env,
    Extended,
    Merged,
    Parameter,
    Poured,
    Value,
)
from pickguard.flow.values.origin import NOTHING, Origin, Passed, Step, joined
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument, given_to, tail

if TYPE_CHECKING:
    from pickguard.flow.bodies.body import Body

_CONTAINERS = frozenset({"list", "set", "deque", "bytearray", "BytesIO", "StringIO"})
_DEPTH_LIMIT = 8
_MANY = 32
_MOST_CALLS = 24
"""Calls that a thing is handed to before it is read; of more, the last ones are asked."""


class LibraryPour(Struct, frozen=True):
    """What a function of a library writes, and into what."""

    source: n.Expr
    target: n.Expr


def poured_by_library(call: n.Call) -> LibraryPour | None:
    """Return what `copyfileobj(upload, buffer)`, `json.dump(data, file)`, `config.read_string(text)` writes."""
    match tail(call.func):
        case "copyfileobj":
            read, target = argument(call, 0, "fsrc"), argument(call, 1, "fdst")
            if read is not None and target is not None:
                source = n.Call(read.span, n.Attr(read.span, read, "read"), (), ())
                return LibraryPour(source, target)
        case "dump" | "safe_dump":
            written = argument(call, 0, "obj")
            target = argument(call, 1, "fp") or argument(call, 1, "stream")
            if written is not None and target is not None:
                return LibraryPour(written, target)
        case "read_string" if isinstance(call.func, n.Attr):
            text = argument(call, 0, "string")
            return LibraryPour(text, call.func.value) if text is not None else None
    return None


def handed_in(call: n.Call) -> Iterator[str]:
    """Yield the plain names that a call hands over."""
    values = given_to(call)
    return (value.id for value in values if isinstance(value, n.Name))


def taking(function: FunctionSymbol, call: n.Call, name: str, *, is_bound: bool) -> Iterator[str]:
    """Yield the parameters of a function of the site that a call hands a name to."""
    for param in function.node.params:
        items = given(function, call, Passed(param.name), is_bound=is_bound)
        if any(isinstance(item, n.Name) and item.id == name for item in items):
            yield param.name


def is_open(definition: Definition | None, depth: int = 0) -> bool:
    """Whether a name stands for a list or a stream that the body made itself."""
    match definition:
        case Extended() if depth < _DEPTH_LIMIT:
            return is_open(definition.base, depth + 1)
        case Value(how="assigned", part=None):
            return _is_container(definition.expr) or _is_around_stream(definition.expr)
    return False


def _is_container(node: n.Expr) -> bool:
    if isinstance(node, n.Sequence):
        return node.kind in ("list", "set")
    return isinstance(node, n.Call) and tail(node.func) in _CONTAINERS


def _is_around_stream(node: n.Expr) -> bool:
    """Whether it is an object of the site's around a new stream: `Limited(BytesIO())`."""
    return isinstance(node, n.Call) and any(
        isinstance(item, n.Call) and _is_container(item) for item in node.args
    )


def filled(body: Body, holder: n.Name, part: str, env: Env, clears: frozenset[str]) -> Origin:
    """Return the origin of what functions have put under one key, or attribute, of what they were handed.

    Args:
        body: which has made the dictionary or the object, and hands it over.
        holder: where it is read, by the name that it has there: calls behind it come too late.
        part: `['url']`, or `.url`.
        env: what names stand for there.
        clears: names of functions whose result is harmless here.
    """
    if not any(isinstance(one, Value) for one in _behind(env.get(holder.id))):
        return NOTHING
    before = [
        call
        for call in body.handing.get(holder.id, ())
        if call.span < holder.span
        if all(item is not holder for item in given_to(call))  # it is handed over right there
    ]
    return joined(
        body.flow.poured(body, call, holder.id, body.scope.at(call.span), clears, part)
        for call in before[-_MOST_CALLS:]
    )


def put_in(body: Body, name: str, clears: frozenset[str], part: str = "") -> Origin:
    """Return the origin of what a function puts into one of its parameters, the others left as they are.

    Args:
        body: of the function.
        name: of the parameter.
        clears: names of functions whose result is harmless here.
        part: the key or attribute that is asked about, `['url']` or `.url`; empty for items.
    """
    scope = body.scope
    if scope.gave_up:
        return NOTHING
    found = [
        body.local_origin(expr, clears, env).then(Step(body.module.path, span, "added"))
        for expr, env, span in (_set(body, name, part) if part else _items(body, name))
    ]
    for call in body.every(n.Call):
        env = scope.at(call.span)
        if name in handed_in(call) and _is_of_parameter(env.get(name)):
            found.append(body.flow.poured(body, call, name, env, clears, part))
    return joined(found)


def _items(body: Body, name: str) -> Iterator[tuple[n.Expr, Env, int]]:
    yield from ((one.expr, one.env, one.span) for one in _added(body.scope.end.get(name)))


def _set(body: Body, name: str, part: str) -> Iterator[tuple[n.Expr, Env, int]]:
    """Yield what a function sets under one key, or attribute, of a parameter that stays what it is."""
    bindings = body.scope.bindings
    if any(isinstance(one, Value) for one in bindings.get(name, ())):
        return
    for one in (*bindings.get(name + part, ()), *bindings.get(name, ())):
        is_set = isinstance(one, Value) and one.how == "assigned" and one.part is None
        if is_set or (isinstance(one, Extended) and f"[{one.key!r}]" == part):
            yield one.expr, one.env, one.span


def _added(definition: Definition | None) -> tuple[Extended, ...]:
    """Return what was added to a parameter on the ways through a function; nothing of another object."""
    return tuple(
        one
        for one in _behind(definition)
        if isinstance(one, Extended) and not isinstance(one, Poured) and _is_of_parameter(one)
    )


def _is_of_parameter(definition: Definition | None) -> bool:
    """Whether something is still the object that the caller handed over, on some way at least."""
    return any(isinstance(one, Parameter) for one in _behind(definition))


def _behind(definition: Definition | None) -> Iterator[Definition]:
    """Yield a definition and those that it rests on; ways of a loop may lead back to where they begin."""
    seen: set[int] = set()
    ahead = [definition]
    while ahead and len(seen) < _MANY:
        one = ahead.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        if isinstance(one, Extended):
            ahead.append(one.base)
        elif isinstance(one, Merged):
            ahead.extend(one.options)
