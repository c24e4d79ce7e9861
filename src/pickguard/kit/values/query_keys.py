"""What code reads of the address of a request, key by key: `request.GET["code"]`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pickguard.kit.code import Code, argument, tail, text
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of

QUERIES = frozenset({"GET", "query_params"})
"""The attributes of a request that hold the keys of its address: Django's, and those of DRF."""


class QueryKey(NamedTuple):
    """One key that is read: its name, empty where it is no constant; the place; and what it is read of."""

    name: str
    node: n.Expr
    holder: n.Expr


def query_keys(code: Code) -> Iterator[QueryKey]:
    """Yield what is read by `request.GET.get("key")`, then what is by `request.GET["key"]`."""
    for call in code.calls("get"):
        holder = receiver_of(call)
        if holder is not None and tail(holder) in QUERIES:
            yield QueryKey(text(argument(call, 0, "key")) or "", call, holder)
    for node in code.every(n.Index):
        if tail(node.value) in QUERIES:
            yield QueryKey(text(node.index) or "", node, node.value)
