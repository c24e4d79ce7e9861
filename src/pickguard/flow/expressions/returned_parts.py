"""Functions that return several things at once: `note, is_new = self.note_of(pk)`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pickguard.flow.expressions.calls import callee
from pickguard.flow.values.definitions import Value
from pickguard.flow.values.instance import Type
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail

if TYPE_CHECKING:
    from pickguard.flow.bodies.body import Body

_MOST_RETURNS = 4


def type_of_part(body: Body, definition: Value, depth: int) -> Type | None:
    """Return the type of what a name gets of several things that a function of the site returns.

    Args:
        body: where the name is given.
        definition: what gives it, with its place among the others.
        depth: how deep the question is nested so far.
    """
    if definition.part is None or not isinstance(definition.expr, n.Call):
        return None
    function, _is_bound = callee(body, definition.expr, definition.env, depth + 1)
    if function is None:
        return None
    index, count = definition.part
    there = body.flow.body(function)
    types = body.flow.types
    declared = _declared(function.node.returns)
    if len(declared) == count:
        return types.parameters.annotated(there, declared[index])
    for value, env, _span in there.scope.returns[:_MOST_RETURNS]:
        if isinstance(value, n.Sequence) and len(value.items) == count:
            item = value.items[index]
            found = types.of(there, item, env, depth + 3) if item is not None else None
            if found is not None:
                return found
    return None


def _declared(annotation: n.Expr | None) -> tuple[n.Expr, ...]:
    """Return the annotations of the parts of `tuple[Note, bool]`."""
    if not isinstance(annotation, n.Index) or tail(annotation.value) not in ("tuple", "Tuple"):
        return ()
    inner = annotation.index
    return inner.items if isinstance(inner, n.Sequence) else ()
