"""All that an expression may be an instance of, where a function returns objects of several classes.

def reader_of(kind):
    if kind == "wms":
        return Wms()
    return Wfs()
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from pickguard.flow.expressions.calls import callee
from pickguard.flow.values.definitions import Checked, Definition, Env, Merged, Value
from pickguard.flow.values.instance import Sort, Type
from pickguard.flow.values.results import Results
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n

if TYPE_CHECKING:
    from pickguard.flow.bodies.body import Body
    from pickguard.flow.flow import Flow

_DEEPEST = 6
_MOST_RETURNS = 12
_MOST_TYPES = 16


class Alternatives:
    """Tells the types that expressions may have; those of a function's results are found once."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._results = Results(self._of_function)

    def of(self, body: Body, node: n.Expr, env: Env, depth: int = 0) -> Iterator[Type]:
        """Yield the types that an expression may have, by each way on which one is known.

        Args:
            body: where the expression stands.
            node: the expression.
            env: what names stand for there.
            depth: how many steps were taken so far.
        """
        if depth > _DEEPEST:
            return
        match node:
            case n.Name():
                yield from self._of_definition(body, env.get(node.id), depth + 1)
            case n.Choice():
                yield from self.of(body, node.then, env, depth + 1)
                yield from self.of(body, node.other, env, depth + 1)
            case n.Call():
                yield from self._of_call(body, node, env, depth + 1)
        known = body.flow.types.of(body, node, env)
        if known is not None:
            yield known

    def _of_call(self, body: Body, node: n.Call, env: Env, depth: int) -> Iterator[Type]:
        target, _is_bound = callee(body, node, env)
        if target is not None:
            yield from self._results.of(target) or ()
        elif not isinstance(node.func, n.Attr):
            for made in self.of(body, node.func, env, depth):
                if made.sort is Sort.CLASS:
                    yield Type(Sort.INSTANCE, made.symbol, made.model)

    def _of_function(self, function: FunctionSymbol) -> tuple[Type, ...]:
        """Return the types of a function's results."""
        there = self._flow.body(function)
        found = (
            one
            for value, at, _span in there.scope.returns[:_MOST_RETURNS]
            for one in self.of(there, value, at, 1)
        )
        return tuple(dict.fromkeys(islice(found, _MOST_TYPES)))

    def _of_definition(
        self, body: Body, definition: Definition | None, depth: int
    ) -> Iterator[Type]:
        if depth > _DEEPEST:
            return
        match definition:
            case Value(how="assigned" | "entered", part=None):
                yield from self.of(body, definition.expr, definition.env, depth)
            case Checked() if definition.base is not None:
                yield from self._of_definition(body, definition.base, depth + 1)
            case Merged():
                for option in definition.options[:_MOST_RETURNS]:
                    yield from self._of_definition(body, option, depth + 1)
