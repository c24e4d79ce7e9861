"""What a template still shows of the one that it extends: not the blocks that it has written anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pickguard.site.templates.walk import expressions, variables
from pickguard.source.templates import record as r
from pickguard.source.templates.record import TemplateRecord


def left_over(child: TemplateRecord, parent: TemplateRecord) -> tuple[r.Node, ...]:
    """Return the nodes of a parent outside of the blocks that a child puts its own in the place of."""
    replaced = frozenset(_replaced(child))
    hidden = {
        id(node)
        for block in parent.every
        if isinstance(block, r.Block) and block.name in replaced
        for node in r.every_node((block,))
    }
    return tuple(node for node in parent.every if id(node) not in hidden)


def names_in(nodes: Sequence[r.Node]) -> frozenset[str]:
    """Return the names that some nodes take from the context of the page, or bind."""
    return frozenset(item.path[0] for node in nodes for item in _variables(node))


def _replaced(child: TemplateRecord) -> Iterator[str]:
    """Yield the blocks of a child that show nothing of the parent's: there is no `{{ block.super }}` in them."""
    for block in child.every:
        if isinstance(block, r.Block) and not any(
            item.path[:2] == ("block", "super") or item.path[0] == "super"
            for node in r.every_node((block,))
            for item in _variables(node)
        ):
            yield block.name


def _variables(node: r.Node) -> Iterator[r.Variable]:
    for found in expressions(node):
        yield from variables(found)
