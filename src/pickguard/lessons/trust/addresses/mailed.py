"""What a mail is made of: what is handed to it, and what the templates are given that it is rendered from."""

from __future__ import annotations

from collections.abc import Iterator

from pickguard.kit import Code
from pickguard.kit.code import argument, tail
from pickguard.kit.templates.context_entries import entries
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of
from pickguard.source.python.walk import inside


def written(call: n.Call) -> Iterator[n.Expr]:
    """Yield what a call hands to a mail; its headers say who sent it, and nobody follows them."""
    yield from call.args
    yield from (keyword.value for keyword in call.keywords if keyword.name != "headers")


def rendered(code: Code, part: n.Expr) -> Iterator[tuple[Code, n.Expr]]:
    """Yield what the templates are given that a part of a mail is rendered from, each with where it stands."""
    for made in code.made(part):
        for node in inside(made):
            context = _context(node)
            if context is not None:
                yield from ((there, value) for there, _name, value in entries(code, context))


def _context(node: n.Expr) -> n.Expr | None:
    """Return the context of `render_to_string(name, context)` or `get_template(name).render(context)`."""
    if not isinstance(node, n.Call):
        return None
    if tail(node.func) == "render_to_string":
        return argument(node, 1, "context")
    is_method = tail(node.func) == "render" and receiver_of(node) is not None
    return argument(node, 0, "context") if is_method else None
