"""Where a body of code hands values to the sinks of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeGuard

from msgspec import Struct

from pickguard.flow.callees.called import called_name
from pickguard.flow.catalog import Sink, SinkKind
from pickguard.kit.code import Code, argument, tail, text
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import spread_into


class Sunk(Struct, frozen=True):
    """A call of a sink, and the value that does harm there."""

    call: n.Call
    value: n.Expr
    sink: Sink


def sunk(code: Code, kind: SinkKind) -> Iterator[Sunk]:
    """Yield the calls of a kind's sinks, in order."""
    catalog = code.project.flow.catalog
    by_word = catalog.sinks(kind)
    renamed = code.project.renamed(code.module)
    words = code.words | {renamed[word] for word in code.words if word in renamed}
    for call in (*code.calls(*sorted(by_word.keys() & words)), *_chosen(code, kind)):
        word = tail(call.func)
        seen: set[int] = set()
        for sink in _meant(code, call, by_word.get(renamed.get(word, word), ())):
            value = _value(code, call, sink)
            # several entries can mean one argument, others different ones: `move(src, dst)`
            if value is not None and id(value) not in seen:
                seen.add(id(value))
                yield Sunk(call, value, sink)


def _chosen(code: Code, kind: SinkKind) -> Iterator[n.Call]:
    """Yield `getattr(requests, method)(url)`, with or without a name for it, as a `requests.get(url)`."""
    if kind is not SinkKind.ADDRESS or "getattr" not in code.words:
        return
    for call in code.every(n.Call):
        made = code.assigned(call.func.id) if isinstance(call.func, n.Name) else [call.func]
        for method in made:
            if _is_any_method(method):
                func = n.Attr(call.func.span, method.args[0], "get")
                yield n.Call(call.span, func, call.args, call.keywords)


def _is_any_method(node: n.Expr) -> TypeGuard[n.Call]:
    """Whether it is `getattr(session, method)`, whose name is not written here."""
    if not isinstance(node, n.Call) or tail(node.func) != "getattr":
        return False
    return len(node.args) > 1 and text(node.args[1]) is None


def _meant(code: Code, call: n.Call, sinks: Iterable[Sink]) -> Iterator[Sink]:
    """Yield the sinks that a call means, of those that are called by its word."""
    name = ""
    for sink in sinks:
        if sink.package not in code.packages and not _is_of_object(call):
            continue
        name = name or called_name(code.body, call)
        if sink.fits(name) and _holds(code, call, sink):
            yield sink


def _value(code: Code, call: n.Call, sink: Sink) -> n.Expr | None:
    value = argument(call, sink.position, *([sink.keyword] if sink.keyword else []))
    if value is None and sink.keyword:
        return _spread(code, call, sink.keyword)
    return value


def _is_of_object(call: n.Call) -> bool:
    """Whether a call goes through an attribute of `self`, which another module may have set."""
    node: n.Expr = call.func
    while isinstance(node, n.Attr):
        if isinstance(node.value, n.Name):
            return node.value.id in ("self", "cls")
        node = node.value
    return False


def _holds(code: Code, call: n.Call, sink: Sink) -> bool:
    """Whether the call gives the constants that the sink asks for."""
    for keyword, wanted in sink.when:
        given = argument(call, -1, keyword) or _spread(code, call, keyword)
        if not isinstance(given, n.Const) or given.value != wanted:
            return False
    return True


def _spread(code: Code, call: n.Call, keyword: str) -> n.Expr | None:
    """Return an argument that comes with `**options`: `options["shell"] = True` before."""
    for given in spread_into(call):
        name = tail(given)
        found = code.assigned(f"{name}[{keyword!r}]") if name else []
        for mapping in (*code.assigned(name), given):
            found += _entry(mapping, keyword)
        if found:
            return found[-1]
    return None


def _entry(mapping: n.Expr, keyword: str) -> list[n.Expr]:
    """Return what a dictionary that is written out holds under a key."""
    if isinstance(mapping, n.Mapping):
        pairs = zip(mapping.keys, mapping.values, strict=True)
        return [value for key, value in pairs if text(key) == keyword]
    if isinstance(mapping, n.Call) and tail(mapping.func) == "dict":
        return [item.value for item in mapping.keywords if item.name == keyword]
    return []
