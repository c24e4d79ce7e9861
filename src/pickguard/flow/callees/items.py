"""What the items of a container are that the code fills itself: `self.jobs.append(Job(data))`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pickguard.flow.values.definitions import Definition, Env, Extended, Merged, Value
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail

if TYPE_CHECKING:
    from pickguard.flow.bodies.body import Body
    from pickguard.flow.flow import Flow
    from pickguard.flow.types.types import Types
    from pickguard.flow.values.instance import Type

_DEPTH_LIMIT = 10
_SAME_ITEMS = frozenset({"list", "tuple", "set", "sorted", "reversed", "iter"})


class Items:
    """Tells the types of containers' items over one site."""

    def __init__(self, flow: Flow, types: Types) -> None:
        self._flow = flow
        self._types = types

    def of(self, body: Body, node: n.Expr, env: Env, depth: int) -> Type | None:
        """Return the type of an item of what an expression holds, or None."""
        if depth > _DEPTH_LIMIT:
            return None
        match node:
            case n.Sequence() if node.items:
                return self._types.of(body, node.items[0], env, depth + 1)
            case n.Comprehension() if node.kind != "dict":
                return self._types.of(body, node.value, env, depth + 1)
            case n.Name():
                return self._of_definition(body, env.get(node.id), depth + 1)
            case n.Attr():
                return self._of_attribute(body, node, env, depth + 1)
            case n.Call() if tail(node.func) in _SAME_ITEMS and node.args:
                return self.of(body, node.args[0], env, depth + 1)
        return None

    def _of_definition(self, body: Body, definition: Definition | None, depth: int) -> Type | None:
        match definition:
            case Value(how="assigned", part=None):
                return self.of(body, definition.expr, definition.env, depth)
            case Extended(is_item=True, index=None):
                return self._types.of(body, definition.expr, definition.env, depth + 1)
            case Merged() if depth <= _DEPTH_LIMIT:
                options = (
                    self._of_definition(body, option, depth + 2)
                    for option in definition.options[:4]
                )
                return next((one for one in options if one is not None), None)
        return None

    def _of_attribute(self, body: Body, node: n.Attr, env: Env, depth: int) -> Type | None:
        """Return the type of what the methods of a class put into its `self.jobs`."""
        holder = self._types.of(body, node.value, env, depth)
        if holder is None or holder.model is not None:
            return None
        for there, definition in self._flow.attributes.assigned(holder.symbol, node.name):
            found = self._of_definition(there, definition, depth + 1)
            if found is not None:
                return found
        return None
