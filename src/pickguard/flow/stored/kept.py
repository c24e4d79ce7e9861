"""Values that sessions and caches keep: written under a constant key here, read under it there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pickguard.flow.values.origin import Kind, Origin, Step, joined
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument, tail

if TYPE_CHECKING:
    from pickguard.flow.bodies.body import Body

_SESSION = "session"
_CACHE = "cache"
_READS = frozenset({"get", "pop", "setdefault"})
_CACHE_WRITES = frozenset({"set", "add", "aset", "get_or_set"})
_WRITER_LIMIT = 40


def kept_origin(body: Body, node: n.Expr, clears: frozenset[str]) -> Origin | None:
    """Return the origin of what a session or a cache keeps; None where no writer is seen."""
    holder, given = _read(body, node)
    key = body.said(given) if holder and given is not None else None
    if given is None or key is None:
        return None
    flow = body.flow
    words = (key, tail(given)) if isinstance(given, n.Name | n.Attr) else (key,)
    known = flow.once(
        ("kept", holder, words, clears), lambda: _written_under(body, holder, words, clears)
    )
    if not known.is_browser and not (known.is_stored and known.writer):
        return None
    here = Step(body.module.path, node.span, f"`{key}`, from the {holder}")
    source = known.source or node
    return Origin(frozenset({Kind.STORED}), source, (*known.steps, here), (), known.writer)


def is_of_session(origin: Origin) -> bool:
    """Whether a value was kept in a session, where the browser's own text waits for its next request."""
    return any(step.note.endswith(f"from the {_SESSION}") for step in origin.steps)


def _read(body: Body, node: n.Expr) -> tuple[str, n.Expr | None]:
    """Return what keeps the value that an expression reads, and the key; empty elsewhere."""
    if isinstance(node, n.Index):
        return _holder(body, node.value), node.index
    if isinstance(node, n.Call) and isinstance(node.func, n.Attr) and node.func.name in _READS:
        return _holder(body, node.func.value), argument(node, 0, "key")
    return "", None


def _holder(body: Body, node: n.Expr) -> str:
    if tail(node) == _SESSION:
        return _SESSION
    is_cache = tail(node) == _CACHE or (isinstance(node, n.Index) and tail(node.value) == "caches")
    inner = node.value if isinstance(node, n.Index) else node
    return _CACHE if is_cache and body.name(inner).startswith("django.core.cache") else ""


def _written_under(
    body: Body, holder: str, words: tuple[str, ...], clears: frozenset[str]
) -> Origin:
    """Return the origin of what is kept under a key: `words` are its text, and a name it is given."""
    flow = body.flow
    found: list[Origin] = []
    key = words[0]
    holders = ("caches", _CACHE) if holder == _CACHE else (_SESSION,)
    writers = [f for word in words for h in holders for f in flow.callers.holding(word, h)]
    for function in dict.fromkeys(writers[:_WRITER_LIMIT]):
        other = flow.body(function)
        for value, span in _writes(other, holder, key):
            origin = flow.resolved(other, other.local_origin(value, clears), clears)
            if origin.is_browser or (origin.is_stored and origin.writer):
                step = Step(function.module.path, span, f"kept in the {holder} as `{key}`")
                kept = origin.then(step)
                writer = kept.writer or f"`{function.qualname}`"
                found.append(Origin(kept.kinds, kept.source, kept.steps, (), writer))
    return joined(found)


def _writes(body: Body, holder: str, key: str) -> Iterator[tuple[n.Expr, int]]:
    for statement in body.statements:
        if isinstance(statement, n.Assign):
            for target in statement.targets:
                if isinstance(target, n.Index) and body.said(target.index) == key:
                    if _holder(body, target.value) == holder:
                        yield statement.value, statement.span
    for call in body.every(n.Call):
        if isinstance(call.func, n.Attr):
            is_write = call.func.name in _CACHE_WRITES or call.func.name == "setdefault"
            given = argument(call, 0, "key") if is_write else None
            if given is not None and body.said(given) == key:
                value = argument(call, 1, "value", "default")
                if value is not None and _holder(body, call.func.value) == holder:
                    yield value, call.span
