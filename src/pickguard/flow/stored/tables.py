"""The objects of a table that the code writes out: what they were made with is as constant as the table.

BADGES = {"new": Badge("New", "green"), "old": Badge("Old", "red")}
BADGES[state].label
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pickguard.flow.guards.checked import base_of
from pickguard.flow.values.definitions import Definition, Env, Value
from pickguard.site.symbols.names import ClassSymbol, ValueSymbol
from pickguard.source.python import nodes as n

if TYPE_CHECKING:
    from pickguard.flow.bodies.body import Body

_DEPTH_LIMIT = 6
_READS = frozenset({"get", "values", "items"})


def is_of_table(body: Body, node: n.Attr, env: Env) -> bool:
    """Whether an attribute is what each object of a table was made with."""
    table = _table(body, node.value, env)
    if table is None or not isinstance(table.value, n.Mapping | n.Sequence):
        return False
    items = table.value.values if isinstance(table.value, n.Mapping) else table.value.items
    return bool(items) and all(_is_made_with(body, table, item, node.name) for item in items)


def _table(body: Body, node: n.Expr, env: Env) -> ValueSymbol | None:
    """Return the table of a module, or a class, that an expression is taken out of."""
    for _ in range(_DEPTH_LIMIT):
        bound = _bound(body, node, env) if isinstance(node, n.Name) else None
        if isinstance(bound, Value) and (bound.how == "iterated" or not bound.part):
            node, env = bound.expr, bound.env
        elif bound is not None:
            return None
        elif isinstance(node, n.Index):
            node = node.value
        elif isinstance(node, n.Call) and isinstance(node.func, n.Attr):
            if node.func.name not in _READS:
                return None
            node = node.func.value
        else:
            return body.named(node) if isinstance(node, n.Name | n.Attr) else None
    return None


def _bound(body: Body, node: n.Name, env: Env) -> Definition | None:
    return base_of(env.get(node.id) or body.inner_binding(node))


def _is_made_with(body: Body, table: ValueSymbol, item: n.Expr, name: str) -> bool:
    """Whether an object takes something of a name when it is made, and no row of the database is."""
    site = body.flow.site
    made = site.names.resolve(table.module, item.func) if isinstance(item, n.Call) else None
    if not isinstance(made, ClassSymbol) or made in site.models.by_symbol:
        return False
    if site.classes.method(made, name) is not None:
        return False
    maker = site.classes.method(made, "__init__")
    params = [param.name for param in maker.node.params] if maker is not None else []
    return name in (*site.classes.fields(made), *params)
