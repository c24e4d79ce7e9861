"""Tables from which `get_permissions` takes what an action asks for: `BY_ACTION.get(self.action, [AllowAny])`."""

from collections.abc import Callable
from typing import TypeAlias

from pickguard.kit.code import tail, text
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument, receiver_of

Lists: TypeAlias = Callable[[n.Expr], n.Expr]
"""Returns what is written out under a name, or the expression itself."""


def of_table(value: n.Expr, action: str, held: dict[str, n.Expr], lists: Lists) -> n.Expr:
    """Return the list that a table holds for an action, or its default; what is no table's, as it is."""
    source = _source(value, held)
    table = permission_table(source, lists)
    if table is None:
        written = lists(source) if tail(source) not in held else source
        return written if isinstance(written, n.Sequence) else value
    default = argument(source, 1, "default") if isinstance(source, n.Call) else None
    return lists(_entry(table, action) or default or value)


def lacks(value: n.Expr, action: str, held: dict[str, n.Expr], lists: Lists) -> bool:
    """Whether a table is asked for an action that it does not hold, which raises: `BY_ACTION[self.action]`."""
    source = _source(value, held)
    table = permission_table(source, lists) if isinstance(source, n.Index) else None
    return table is not None and _entry(table, action) is None


def permission_table(node: n.Expr, lists: Lists) -> n.Mapping | None:
    """Return the table that an expression takes the entry of `self.action` from, or None."""
    key: n.Expr | None = None
    holder: n.Expr | None = None
    if isinstance(node, n.Index):
        key, holder = node.index, node.value
    elif isinstance(node, n.Call) and tail(node.func) == "get":
        key, holder = argument(node, 0), receiver_of(node)
    table = lists(holder) if holder is not None and tail(key) == "action" else None
    return table if isinstance(table, n.Mapping) else None


def _source(value: n.Expr, held: dict[str, n.Expr]) -> n.Expr:
    """Return what a list is made of: `found` of `[each() for each in found]`, or what that name holds."""
    source = value.loops[0].source if isinstance(value, n.Comprehension) else value
    return held.get(source.id, source) if isinstance(source, n.Name) else source


def _entry(table: n.Mapping, action: str) -> n.Expr | None:
    entries = zip(table.keys, table.values, strict=True)
    return next((value for key, value in entries if text(key) == action), None)
