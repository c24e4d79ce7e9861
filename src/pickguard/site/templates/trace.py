"""Goes through one template's nodes and notes, of all that prints, where in the page it stands.

The outcome is a function of the nodes and of the place where they are entered. What other files
do is asked of `outside`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from pickguard.source.templates import record as r
from pickguard.source.templates.html_context import (
    TEXT,
    UNKNOWN,
    Context,
    advance,
    after_output,
    join,
    place,
)

_MOST_REPEATS = 500
# tags that print nothing; of any other it is assumed that they may print
_SILENT = frozenset(
    ("load", "regroup", "resetcycle", "with", "do", "break", "continue", "else", "elif", "empty")
)
_SILENT_PREFIXES = ("get_", "end", "set_")


class Here(NamedTuple):
    """Where the walk is.

    Attributes:
        context: the place in the page.
        autoescape: whether escaping is on; None where that is not known.
        block: the name of the innermost block, empty outside.
        filters: the filters of the `{% filter %}` blocks around.
    """

    context: Context = TEXT
    autoescape: bool | None = True
    block: str = ""
    filters: tuple[r.Filter, ...] = ()


class Printed(NamedTuple):
    """A node that prints, or may print, and where it stands."""

    node: r.Node
    here: Here


class Trace(NamedTuple):
    """What one walk has found.

    Attributes:
        printed: by the nodes' spans, in the order of the file.
        blocks: where each block is entered, by name.
        exit: the context behind the last node.
    """

    printed: dict[int, Printed]
    blocks: dict[str, Here]
    exit: Context


Outside = Callable[[r.Include | r.Tag | r.Block, Here], Context | None]


def nothing_outside(_node: r.Include | r.Tag | r.Block, _here: Here) -> Context | None:
    """Say that nothing is known of other files."""
    return None


def trace(nodes: Sequence[r.Node], entry: Here, outside: Outside = nothing_outside) -> Trace:
    """Return where the nodes' outputs stand when they are entered at `entry`.

    Args:
        nodes: of one template.
        entry: where the page is when they start.
        outside: tells the context behind an include, an inclusion tag or a block, None where it
            is not known: then it is taken to be the one before it.
    """
    walk = _Walk(outside)
    here = walk.body(nodes, entry)
    return Trace(walk.printed, walk.blocks, here)


class _Walk:
    def __init__(self, outside: Outside) -> None:
        self.printed: dict[int, Printed] = {}
        self.blocks: dict[str, Here] = {}
        self._outside = outside
        self._repeats = 0

    def body(self, nodes: Sequence[r.Node], here: Here) -> Context:
        for node in nodes:
            step = _STEPS.get(type(node))
            if step is not None:
                context = step(self, node, here)
                if context is not here.context:
                    here = here._replace(context=context)
        return here.context

    def text(self, node: r.Text, here: Here) -> Context:
        return advance(here.context, node.text)

    def output(self, node: r.Output, here: Here) -> Context:
        self._print(node, here)
        return after_output(here.context, address=_is_address(node.expression))

    def printing(self, node: r.Url | r.Translate, here: Here) -> Context:
        if node.bound:
            return here.context
        self._print(node, here)
        return after_output(here.context, address=isinstance(node, r.Url))

    def tag(self, node: r.Tag, here: Here) -> Context:
        if node.bound or node.name in _SILENT or node.name.startswith(_SILENT_PREFIXES):
            return here.context
        self._print(node, here)
        known = self._outside(node, here)
        if known is not None:
            return known
        return after_output(here.context, address="url" in node.name or node.name == "static")

    def include(self, node: r.Include, here: Here) -> Context:
        self._print(node, here)
        known = self._outside(node, here)
        return here.context if known is None else known

    def branches(self, node: r.If, here: Here) -> Context:
        ends = [self.body(branch.body, here) for branch in node.branches]
        if all(branch.condition is not None for branch in node.branches):
            ends.append(here.context)
        return _joined(ends)

    def loop(self, node: r.For, here: Here) -> Context:
        context = self._repeated(node.body, here)
        if not node.otherwise:
            return context
        return join(context, self.body(node.otherwise, here))

    def _repeated(self, body: Sequence[r.Node], here: Here) -> Context:
        end = self.body(body, here)
        again = join(here.context, end)
        if again == here.context:
            return again
        self._repeats += 1
        if self._repeats < _MOST_REPEATS:
            end = join(again, self.body(body, here._replace(context=again)))
            if end == again:
                return again
        self.body(body, here._replace(context=UNKNOWN))
        return UNKNOWN

    def inner(self, node: r.With, here: Here) -> Context:
        return self.body(node.body, here)

    def block(self, node: r.Block, here: Here) -> Context:
        inside = here._replace(block=node.name)
        self.blocks[node.name] = inside
        self._print(node, here)
        end = self.body(node.body, inside)
        known = self._outside(node, inside)
        return end if known is None else known

    def autoescape(self, node: r.Autoescape, here: Here) -> Context:
        return self.body(node.body, here._replace(autoescape=node.on))

    def filter(self, node: r.FilterBlock, here: Here) -> Context:
        inside = here._replace(filters=here.filters + node.filters)
        if any(item.name == "escapejs" for item in node.filters):
            # one string for the script, whatever quotes stand in it, and a page of its own
            self.body(node.body, inside._replace(context=TEXT))
            return here.context
        return self.body(node.body, inside)

    def translation(self, node: r.BlockTranslate, here: Here) -> Context:
        end = self.body(node.body, here)
        if node.plural:
            end = join(end, self.body(node.plural, here))
        return here.context if node.bound else end

    def block_tag(self, node: r.BlockTag, here: Here) -> Context:
        if node.bound or node.name == "partialdef":
            return self.aside(node.bodies[0], here)
        return _joined([self.body(body, here) for body in node.bodies])

    def captured(self, node: r.Set | r.Macro, here: Here) -> Context:
        return self.aside(node.body, here)

    def call_block(self, node: r.CallBlock, here: Here) -> Context:
        self._print(node, here)
        self.aside(node.body, here)
        return here.context

    def aside(self, body: Sequence[r.Node], here: Here) -> Context:
        """Walk what is printed elsewhere, most likely as text."""
        self.body(body, here._replace(context=TEXT))
        return here.context

    def _print(self, node: r.Node, here: Here) -> None:
        self.printed[node.span] = Printed(node, here._replace(context=place(here.context)))


def _joined(contexts: Sequence[Context]) -> Context:
    joined = contexts[0]
    for context in contexts[1:]:
        joined = join(joined, context)
    return joined


def _is_address(expression: r.Expression) -> bool:
    """Tell whether a value is the start of an address by its name: `{{ STATIC_URL }}`."""
    return isinstance(expression, r.Variable) and expression.path[-1].endswith("_URL")


_STEPS: dict[type, Callable[[_Walk, Any, Here], Context]] = {
    r.Text: _Walk.text,
    r.Output: _Walk.output,
    r.Url: _Walk.printing,
    r.Translate: _Walk.printing,
    r.Tag: _Walk.tag,
    r.Include: _Walk.include,
    r.If: _Walk.branches,
    r.For: _Walk.loop,
    r.With: _Walk.inner,
    r.Block: _Walk.block,
    r.Autoescape: _Walk.autoescape,
    r.FilterBlock: _Walk.filter,
    r.BlockTranslate: _Walk.translation,
    r.BlockTag: _Walk.block_tag,
    r.Set: _Walk.captured,
    r.Macro: _Walk.captured,
    r.CallBlock: _Walk.call_block,
}
