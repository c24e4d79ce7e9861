"""Loops that let none of their items pass unchecked."""

from __future__ import annotations

from collections.abc import Sequence

from pickguard.flow.guards.checked import check
from pickguard.flow.values.definitions import Checked, Definition, Env, Value
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path, tail
from pickguard.source.python.walk import blocks


def checked_items(s: n.For | n.While, ends: Sequence[Env], after: Env) -> Env:
    """Return the environment after a loop that lets none of its items pass unchecked.

    `for name in names: if name not in COLUMNS: raise …`: all of `names` are columns then.

    Args:
        s: the loop.
        ends: the environments where its body ends, or goes on with the next item.
        after: the one after the loop, as far as it is known.
    """
    source = access_path(s.source) if isinstance(s, n.For) else ""
    if not isinstance(s, n.For) or not isinstance(s.target, n.Name) or not source or not ends:
        return after
    if _may_be_mapping(after.get(source)) or _stops_early(s.body):
        return after
    name = s.target.id
    looked_at = [_looked_at(end.get(name)) for end in ends]
    for only in sorted(frozenset.intersection(*looked_at)):
        after = check(after, frozenset({source}), only)
    return after


def _looked_at(definition: Definition | None) -> frozenset[str]:
    """Return what an item was checked for on one way through a loop: all of it, or one use alone."""
    found: set[str] = set()
    while isinstance(definition, Checked):
        found.add(definition.only)
        definition = definition.base
    return frozenset(found)


def _may_be_mapping(definition: Definition | None) -> bool:
    """Whether the items may be keys, which say nothing of the values."""
    if not isinstance(definition, Value) or definition.how != "assigned":
        return True
    made = definition.expr
    if isinstance(made, n.Sequence) or (isinstance(made, n.Comprehension) and made.kind != "dict"):
        return False
    return not isinstance(made, n.Call) or tail(made.func) in _MAPPINGS


_MAPPINGS = frozenset(
    {"dict", "loads", "copy", "json", "items", "get", "pop", "get_json", "load", "safe_load"}
)


def _stops_early(block: tuple[n.Stmt, ...]) -> bool:
    """Whether a loop may end before its last item: a `break` of its own."""
    waiting = list(block)
    while waiting:
        one = waiting.pop()
        if isinstance(one, n.Jump) and one.kind == "break":
            return True
        if not isinstance(one, n.For | n.While):
            waiting += [inner for part in blocks(one) for inner in part]
    return False
