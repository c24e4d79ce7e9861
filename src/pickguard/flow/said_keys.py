"""Which entry a name asks for: `data[key]` is `data["kind"]` where `key` is that text and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pickguard.flow.definitions import Env, Value
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import text

if TYPE_CHECKING:
    from pickguard.flow.body import Body


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
