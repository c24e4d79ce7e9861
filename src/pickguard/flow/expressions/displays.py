"""The lists that are written out and arrive at a place, through names, sums and the callers.

`run(["clone", url])` calls `def run(args): subprocess.run(["git", *args])`: what becomes an argument
of the program stands in the caller's list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from pickguard.flow.callees.arguments import gathered, given
from pickguard.flow.expressions.calls import callee
from pickguard.flow.values.definitions import (
    Checked,
    Definition,
    Env,
    Extended,
    Merged,
    Parameter,
    Poured,
    Value,
)
from pickguard.flow.values.instance import Sort
from pickguard.flow.values.origin import Passed
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail, text

if TYPE_CHECKING:
    from pickguard.flow.bodies.body import Body

_DEPTH_LIMIT = 8
_CALLER_LIMIT = 60
_RETURN_LIMIT = 6


class Display(Struct, frozen=True):
    """A list that is written out, with the body of code that it stands in.

    Attributes:
        begins: whether its first item is the first of the whole.
        is_after: whether what stands before it in the whole holds a `"--"`.
    """

    body: Body
    node: n.Sequence
    begins: bool = True
    is_after: bool = False

    @property
    def ends_options(self) -> bool:
        """Whether what follows it can be no option."""
        return self.is_after or any(text(item) == "--" for item in self.node.items)


def displays(body: Body, node: n.Expr, env: Env | None = None, depth: int = 0) -> Iterator[Display]:
    """Yield the lists that an expression may hold, or hold a part of, each once."""
    if depth > _DEPTH_LIMIT:
        return
    env = body.scope.at(node.span) if env is None else env
    match node:
        case n.Sequence():
            yield Display(body, node)
            for position, item in enumerate(node.items):
                if isinstance(item, n.Wrapped) and item.value is not None:
                    before = [Display(body, n.Sequence(0, "list", node.items[:position]))]
                    yield from _behind(before, displays(body, item.value, env, depth + 1))
        case n.Binary(op="+"):
            before = list(displays(body, node.left, env, depth + 1))
            yield from before
            yield from _behind(before, displays(body, node.right, env, depth + 1))
        case n.Choice():
            yield from displays(body, node.then, env, depth + 1)
            yield from displays(body, node.other, env, depth + 1)
        case n.Call() if tail(node.func) in ("list", "tuple", "copy") and node.args:
            yield from displays(body, node.args[0], env, depth + 1)
        case n.Call() if (function := callee(body, node, env)[0]) is not None:
            there = body.flow.body(function)
            for value, at, _span in there.scope.returns[:_RETURN_LIMIT]:
                yield from displays(there, value, at, depth + 2)
        case n.Attr():
            yield from _of_attribute(body, node, env, depth)
        case n.Name():
            found = env.get(node.id)
            if found is not None:
                yield from _of_definition(body, found, depth + 1)


def _of_attribute(body: Body, node: n.Attr, env: Env, depth: int) -> Iterator[Display]:
    """Yield the lists of a property, of what the methods of the class keep, and of the class itself."""
    kept = env.get(body.path(node))
    if kept is not None:
        yield from _of_definition(body, kept, depth + 1)
        return
    holder = body.flow.types.of(body, node.value, env)
    if holder is None or holder.sort is not Sort.INSTANCE or holder.is_guess:
        return
    method = body.flow.site.classes.method(holder.symbol, node.name)
    if method is not None and any("property" in tail(d) for d in method.node.decorators):
        there = body.flow.body(method)
        for value, at, _span in there.scope.returns[:_RETURN_LIMIT]:
            yield from displays(there, value, at, depth + 2)
        return
    for other, definition in body.flow.attributes.assigned(holder.symbol, node.name):
        yield from _of_definition(other, definition, depth + 2)


def _behind(before: list[Display], added: Iterable[Display]) -> Iterator[Display]:
    """Yield displays as what comes behind others; the first ones where those are empty."""
    begins = not any(display.node.items for display in before)
    is_after = any(display.ends_options for display in before)
    for display in added:
        yield replace(
            display,
            begins=display.begins and begins,
            is_after=display.is_after or is_after,
        )


def _of_definition(body: Body, definition: Definition, depth: int) -> Iterator[Display]:
    if depth > _DEPTH_LIMIT:
        return
    match definition:
        case Value() if definition.how == "assigned" and not definition.part:
            yield from displays(body, definition.expr, definition.env, depth)
        case Checked() if definition.base is not None:
            yield from _of_definition(body, definition.base, depth + 1)
        case Poured():
            if definition.base is not None:
                yield from _of_definition(body, definition.base, depth + 1)
        case Extended():
            before = []
            if definition.base is not None:
                before = list(_of_definition(body, definition.base, depth + 1))
                yield from before
            item = definition.expr
            if definition.is_item:
                added = iter([Display(body, n.Sequence(item.span, "list", (item,)))])
            else:
                added = displays(body, item, definition.env, depth + 1)
            yield from _behind(before, added)
        case Merged():
            for option in definition.options[:4]:
                yield from _of_definition(body, option, depth + 1)
        case Parameter() if body.function is not None:
            passed = Passed(definition.param.name)
            for caller, call, is_bound in body.flow.callers.of(body.function)[:_CALLER_LIMIT]:
                if definition.param.kind == "*":
                    row = gathered(body.function, call, is_bound=is_bound)
                    yield from displays(caller, row, caller.scope.at(call.span), depth + 2)
                    continue
                for item in given(body.function, call, passed, is_bound=is_bound):
                    yield from displays(caller, item, None, depth + 2)
