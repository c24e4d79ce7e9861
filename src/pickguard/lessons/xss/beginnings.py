"""What a text begins with: only that can choose the scheme of an address."""

from __future__ import annotations

from collections.abc import Iterator

from pickguard.kit.code import Code, text
from pickguard.kit.template_values import Given
from pickguard.source.python import nodes as n

_DEEPEST = 6


def begins_with_browser(given: Given) -> bool:
    """Tell whether what the browser sent can be the beginning of a value."""
    return any(
        given.code.origin(part).is_browser and not _is_own_path(part)
        for part in _beginnings(given.code, given.value)
    )


def _is_own_path(node: n.Expr) -> bool:
    """Tell whether a value is the request's own path, which begins with a slash."""
    name = node.func if isinstance(node, n.Call) else node
    return isinstance(name, n.Attr) and name.name in ("path", "path_info", "get_full_path")


def _beginnings(code: Code, node: n.Expr, depth: int = 0) -> Iterator[n.Expr]:
    """Yield the expressions that a text may begin with."""
    if depth > _DEEPEST:
        yield node
        return
    found = _parts(code, node)
    if found is None:
        yield node
        return
    for part in found:
        yield from _beginnings(code, part, depth + 1)


def _parts(code: Code, node: n.Expr) -> list[n.Expr] | None:
    """Return what a composed text may begin with, None where it is not composed."""
    found: list[n.Expr] | None = None
    if isinstance(node, n.Joined) and node.parts:
        found = [node.parts[0]]
    elif isinstance(node, n.Formatted):
        found = [node.value]
    elif isinstance(node, n.Binary):
        found = [node.left] if node.op == "+" else _formatted(node.left) or [_first(node.right)]
    elif isinstance(node, n.Choice):
        found = [node.then, node.other]
    elif isinstance(node, n.Logic):
        found = list(node.values)
    elif isinstance(node, n.Name) and node.id in code.body.assigned:
        found = [value for value, _span in code.body.assigned[node.id]]
    elif isinstance(node, n.Call) and isinstance(node.func, n.Attr) and node.func.name == "format":
        found = _formatted(node.func.value) or list(node.args[:1])
    return found


def _first(arguments: n.Expr) -> n.Expr:
    """Return the first of the values that `%` puts into a text."""
    if isinstance(arguments, n.Sequence) and arguments.items:
        return arguments.items[0]
    return arguments


def _formatted(form: n.Expr) -> list[n.Expr] | None:
    """Return the constant that a formatted text begins with, None where it has none."""
    written = text(form)
    if not written or written.startswith(("%", "{")):
        return None
    return [form]
