"""What makes a page of a template."""

from collections.abc import Iterable

from pickguard.kit.code import tail
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import inside

PAGES = frozenset({
    "render", "TemplateResponse", "SimpleTemplateResponse", "render_to_response", "render_to_string",
})  # fmt: skip


def given_to_pages(nodes: Iterable[n.Expr]) -> set[int]:
    """Return the `id` of each node, of a body's, that stands in a call which makes a page."""
    return {
        id(part)
        for node in nodes
        if isinstance(node, n.Call) and tail(node.func) in PAGES
        for part in inside(node)
    }
