"""Functions that hand back what they were given: `paginate(request, rows)` returns a page of the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pickguard.flow.definitions import Checked, Definition, Env, Extended, Merged, Parameter, Value
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument, tail

if TYPE_CHECKING:
    from pickguard.flow.body import Body

# What leaves rows rows, or takes some of them
_KEEPING = frozenset(
    {"all", "filter", "exclude", "order_by", "select_related", "prefetch_related", "distinct"}
    | {"annotate", "only", "defer", "page", "get_page", "iterator", "reverse"}
)
_COPYING = frozenset({"list", "tuple", "sorted", "reversed"})
_DEPTH_LIMIT = 12


def handed_back(body: Body) -> str | None:
    """Return the name of the parameter whose rows a function returns, or None."""
    for value, env, _span in body.scope.returns[:4]:
        found = _behind(value, env, 0)
        if found is not None and found not in ("self", "cls", "request"):
            return found
    return None


def _behind(node: n.Expr, env: Env, depth: int) -> str | None:
    if depth > _DEPTH_LIMIT:
        return None
    match node:
        case n.Name():
            return _defined(env.get(node.id), depth + 1)
        case n.Attr(name="object_list"):
            return _behind(node.value, env, depth + 1)
        case n.Index(index=n.Slice()):
            return _behind(node.value, env, depth + 1)
        case n.Call(func=n.Attr() as func) if func.name in _KEEPING:
            return _behind(func.value, env, depth + 1)
        case n.Call():
            name = tail(node.func)
            rows = argument(node, 0, "object_list")
            if rows is not None and (name in _COPYING or name.endswith("Paginator")):
                return _behind(rows, env, depth + 1)
    return None


def _defined(definition: Definition | None, depth: int) -> str | None:
    match definition:
        case Parameter():
            return definition.param.name
        case Value(how="assigned", part=None):
            return _behind(definition.expr, definition.env, depth)
        case Checked() | Extended():
            return _defined(definition.base, depth + 1) if depth <= _DEPTH_LIMIT else None
        case Merged() if depth <= _DEPTH_LIMIT:
            found = (_defined(option, depth + 2) for option in definition.options[:4])
            return next((name for name in found if name is not None), None)
    return None
