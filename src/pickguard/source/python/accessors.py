"""The smallest questions to a node: its last name, its access path, a call's argument, a constant's value."""

from __future__ import annotations

from pickguard.source.python import nodes as n


def tail(node: n.Expr | None) -> str:
    """Return the last name of a dotted expression, or an empty text."""
    if isinstance(node, n.Attr):
        return node.name
    return node.id if isinstance(node, n.Name) else ""


def access_path(node: n.Expr) -> str:
    """Return `a.b["c"].d` for a chain of names and constant keys, else an empty text."""
    parts: list[str] = []
    while isinstance(node, n.Attr | n.Index):
        if isinstance(node, n.Attr):
            parts.append(f".{node.name}")
        elif isinstance(node.index, n.Const):
            parts.append(f"[{node.index.value!r}]")
        else:
            return ""
        node = node.value
    return node.id + "".join(reversed(parts)) if isinstance(node, n.Name) else ""


def keywords(call: n.Call) -> dict[str, n.Expr]:
    """Return a call's arguments by keyword, without `**`."""
    return {keyword.name: keyword.value for keyword in call.keywords if keyword.name}


def argument(call: n.Call, position: int, *names: str) -> n.Expr | None:
    """Return an argument by its keyword or its position, or None.

    A negative position stands for an argument that has no position.
    """
    for keyword in call.keywords:
        if keyword.name in names:
            return keyword.value
    if 0 <= position < len(call.args):
        return call.args[position]
    return None


def text(node: n.Expr | None) -> str | None:
    """Return a constant text, or None."""
    return node.value if isinstance(node, n.Const) and isinstance(node.value, str) else None


def texts(node: n.Expr | None) -> tuple[str, ...]:
    """Return the constant texts of a list, tuple or set."""
    items = node.items if isinstance(node, n.Sequence) else ()
    return tuple(found for item in items if (found := text(item)) is not None)


def is_true(node: n.Expr | None) -> bool:
    """Whether an expression is the constant True."""
    return isinstance(node, n.Const) and node.value is True


def is_false(node: n.Expr | None) -> bool:
    """Whether an expression is the constant False."""
    return isinstance(node, n.Const) and node.value is False
