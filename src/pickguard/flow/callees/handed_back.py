"""Functions that hand back what they were given: `paginate(request, rows)` returns a page of the rows.

Some hand back a part of it: `one_or_404(Note, pk=pk)` returns a row of the model.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from msgspec import Struct

from pickguard.flow.values.definitions import (
    Checked,
    Definition,
    Env,
    Extended,
    Merged,
    Parameter,
    Value,
)
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument, tail
from pickguard.source.python.queries import MANAGERS

if TYPE_CHECKING:
    from pickguard.flow.bodies.body import Body

# What leaves rows rows, or takes some of them
_KEEPING = frozenset(
    {"all", "filter", "exclude", "order_by", "select_related", "prefetch_related", "distinct"}
    | {"annotate", "only", "defer", "page", "get_page", "iterator", "reverse"}
)
_TAKING = frozenset({"get", "first", "last", "latest", "earliest"})
_GETTERS = frozenset({"get_object_or_404", "get_object_or_none", "aget_object_or_404"})
_COPYING = frozenset({"list", "tuple", "sorted", "reversed"})
_DEPTH_LIMIT = 12


class Share(Enum):
    """What of a parameter is handed back."""

    ALL = "the parameter itself, or some of its rows"
    ROWS = "rows of the model that it is"
    ROW = "one row"


class HandedBack(Struct, frozen=True):
    """The parameter that a function returns, or returns something of."""

    name: str
    share: Share = Share.ALL


def handed_back(body: Body) -> HandedBack | None:
    """Return the parameter whose rows a function returns, or None."""
    for value, env, _span in body.scope.returns[:4]:
        found = _behind(value, env, 0)
        if found is not None and found.name not in ("self", "cls", "request"):
            return found
    return None


def _behind(node: n.Expr, env: Env, depth: int) -> HandedBack | None:
    if depth > _DEPTH_LIMIT:
        return None
    match node:
        case n.Name():
            return _defined(env.get(node.id), depth + 1)
        case n.Attr(name="object_list"):
            return _behind(node.value, env, depth + 1)
        case n.Attr() if node.name in MANAGERS:
            return _as(Share.ROWS, _behind(node.value, env, depth + 1))
        case n.Index(index=n.Slice()):
            return _behind(node.value, env, depth + 1)
        case n.Call():
            return _called(node, env, depth + 1)
    return None


def _called(node: n.Call, env: Env, depth: int) -> HandedBack | None:
    name = tail(node.func)
    if isinstance(node.func, n.Attr) and name in _KEEPING:
        return _behind(node.func.value, env, depth)
    if isinstance(node.func, n.Attr) and name in _TAKING:
        return _as(Share.ROW, _behind(node.func.value, env, depth))
    if name in _GETTERS and node.args:
        return _as(Share.ROW, _behind(node.args[0], env, depth))
    rows = argument(node, 0, "object_list")
    if rows is not None and (name in _COPYING or name.endswith("Paginator")):
        return _behind(rows, env, depth)
    return None


def _as(share: Share, found: HandedBack | None) -> HandedBack | None:
    return HandedBack(found.name, share) if found is not None else None


def _defined(definition: Definition | None, depth: int) -> HandedBack | None:
    match definition:
        case Parameter():
            return HandedBack(definition.param.name)
        case Value(how="assigned", part=None):
            return _behind(definition.expr, definition.env, depth)
        case Checked() | Extended():
            return _defined(definition.base, depth + 1) if depth <= _DEPTH_LIMIT else None
        case Merged() if depth <= _DEPTH_LIMIT:
            found = (_defined(option, depth + 2) for option in definition.options[:4])
            return next((one for one in found if one is not None), None)
    return None
