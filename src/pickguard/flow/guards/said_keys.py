"""Which entry a name asks for: `data[key]` is `data["kind"]` where `key` is that text and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pickguard.flow.guards.guards import bound
from pickguard.flow.values.definitions import Env, Value
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import items_of, text

if TYPE_CHECKING:
    from pickguard.flow.bodies.body import Body


def said_key(body: Body, key: n.Expr, env: Env) -> n.Expr:
    """Return the constant that a key stands for, of the body or the module; the key itself elsewhere.

    Args:
        body: the code that asks.
        key: what stands in the brackets, or is given to `get`.
        env: the names as they are known there.
    """
    if not isinstance(key, n.Name):
        return key
    known = env.get(key.id)
    if isinstance(known, Value):
        is_text = known.how == "assigned" and text(known.expr) is not None
        return known.expr if is_text else key
    said = body.said(key) if known is None else None
    return n.Const(key.span, said) if said is not None else key


def said_names(body: Body, key: n.Expr | None) -> list[str]:
    """Return the names that a key says: itself, or each that a loop goes through, `for name in ("title", "body")`.

    Args:
        body: the code that asks.
        key: what stands in the brackets.
    """
    if not isinstance(key, n.Name):
        said = text(key)
        return [said] if said else []
    held = body.scope.at(key.span).get(key.id) or body.inner_binding(key)
    if not isinstance(held, Value) or held.how != "iterated" or held.part is not None:
        return []
    gone_over = bound(held.expr, held.env)
    if isinstance(gone_over, n.Name) and held.env.get(gone_over.id) is None:
        named = body.named(gone_over)
        gone_over = named.value if named is not None else gone_over
    return [name for item in items_of(gone_over) if (name := text(item))]
