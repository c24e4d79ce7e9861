"""What functions put into the lists and streams that they are handed: `fill(request, buffer)`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from pickguard.flow.definitions import Definition, Extended, Merged, Parameter, Poured, Value
from pickguard.flow.origin import NOTHING, Origin, Step, joined
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument, given_to, tail

if TYPE_CHECKING:
    from pickguard.flow.body import Body

_CONTAINERS = frozenset({"list", "set", "deque", "bytearray", "BytesIO", "StringIO"})
_DEPTH_LIMIT = 8
_MANY = 32


class LibraryPour(Struct, frozen=True):
    """What a function of a library writes, and into what."""

    source: n.Expr
    target: n.Expr


def poured_by_library(call: n.Call) -> LibraryPour | None:
    """Return what `shutil.copyfileobj(upload, buffer)` or `json.dump(data, file)` writes, or None."""
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
    return None


def handed_in(call: n.Call) -> Iterator[str]:
    """Yield the plain names that a call hands over."""
    values = given_to(call)
    return (value.id for value in values if isinstance(value, n.Name))


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


def put_in(body: Body, name: str, clears: frozenset[str]) -> Origin:
    """Return the origin of what a function puts into one of its parameters, the others left as they are."""
    scope = body.scope
    if scope.gave_up:
        return NOTHING
    found = [
        body.local_origin(one.expr, clears, one.env).then(Step(body.module.path, one.span, "added"))
        for one in _added(scope.end.get(name))
    ]
    for call in body.every(n.Call):
        env = scope.at(call.span)
        if name in handed_in(call) and _is_of_parameter(env.get(name)):
            found.append(body.flow.poured(body, call, name, env, clears))
    return joined(found)


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
