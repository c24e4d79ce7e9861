"""Options of programs whose names come from outside: `f"--{name}={value}"`."""

from __future__ import annotations

from pickguard.flow.bodies.body import Body
from pickguard.flow.expressions.keys import mapping_of_items
from pickguard.flow.values.origin import Origin
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import put_in, tail, text


def named_option(body: Body, item: n.Joined) -> Origin | None:
    """Return where the name of an option comes from, if the browser sends it, or has stored it; else None."""
    if len(item.parts) < 2 or text(item.parts[0]) not in ("-", "--"):
        return None
    name = put_in(item.parts[1])
    origin = body.origin(name, frozenset())
    if not _is_said(origin) and not origin.is_constant:
        mapping = _mapping_of_key(body, name)
        origin = body.origin(mapping, frozenset()) if mapping is not None else origin
    return origin if _is_said(origin) else None


def _is_said(origin: Origin) -> bool:
    return origin.is_browser or (origin.is_stored and bool(origin.writer))


def _mapping_of_key(body: Body, name: n.Expr) -> n.Expr | None:
    """Return the mapping that a name is a key of: `options` of `for name, value in options.items()`."""
    for loop in body.statements:
        if isinstance(loop, n.For) and isinstance(loop.target, n.Sequence) and loop.target.items:
            if isinstance(name, n.Name) and tail(loop.target.items[0]) == name.id:
                return mapping_of_items(loop.source)
    return None
