"""The smallest questions to a node: its last name, its access path, a call's argument, a constant's value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from pickguard.source.python import nodes as n

_N = TypeVar("_N", bound=n.Expr | None)


def tail(node: n.Expr | None) -> str:
    """Return the last name of a dotted expression, or an empty text."""
    if isinstance(node, n.Attr):
        return node.name
    return node.id if isinstance(node, n.Name) else ""


def root(node: n.Expr) -> str:
    """Return the first name of a chain of attributes, or an empty text."""
    while isinstance(node, n.Attr):
        node = node.value
    return node.id if isinstance(node, n.Name) else ""


def operands(node: n.Expr, op: str) -> Iterator[n.Expr]:
    """Yield what one operator joins, in order: `a`, `b`, `c` of `a + b + c`; anything else is its own only part."""
    if isinstance(node, n.Binary) and node.op == op:
        yield from operands(node.left, op)
        yield from operands(node.right, op)
    else:
        yield node


def access_path(node: n.Expr) -> str:
    """Return `a.b['c'].d` for a chain of names and constant keys, else an empty text.

    `a.get("c")` is the same place as `a["c"]`.
    """
    parts: list[str] = []
    current: n.Expr | None = node
    while current is not None and not isinstance(current, n.Name):
        current, part = _step_back(current)
        parts.append(part)
    return current.id + "".join(reversed(parts)) if isinstance(current, n.Name) else ""


def _step_back(node: n.Expr) -> tuple[n.Expr | None, str]:
    if isinstance(node, n.Attr):
        return node.value, f".{node.name}"
    if isinstance(node, n.Index) and isinstance(node.index, n.Const):
        return node.value, f"[{node.index.value!r}]"
    if isinstance(node, n.Call) and isinstance(node.func, n.Attr) and node.func.name == "get":
        if node.args and isinstance(node.args[0], n.Const):
            return node.func.value, f"[{node.args[0].value!r}]"
    return None, ""


def keywords(call: n.Call) -> dict[str, n.Expr]:
    """Return a call's arguments by keyword, without `**`."""
    return {keyword.name: keyword.value for keyword in call.keywords if keyword.name}


def spread_into(call: n.Call) -> tuple[n.Expr, ...]:
    """Return what a call is given by `**`."""
    return tuple(keyword.value for keyword in call.keywords if keyword.name is None)


def given_to(call: n.Call) -> tuple[n.Expr, ...]:
    """Return what a call is given, by its place and by its name."""
    return (*call.args, *(keyword.value for keyword in call.keywords))


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


def items_of(node: _N) -> tuple[n.Expr | _N, ...]:
    """Return the items of a list, tuple or set; anything else is its own one item."""
    return node.items if isinstance(node, n.Sequence) else (node,)


def put_in(part: n.Expr) -> n.Expr:
    """Return the value that an f-string puts in a place; a text between the places is itself."""
    return part.value if isinstance(part, n.Formatted) else part


def func_of(node: _N) -> n.Expr | _N:
    """Return what a call calls; anything else is called by its name alone, as `@login_required` is."""
    return node.func if isinstance(node, n.Call) else node


def is_super(node: n.Expr | None) -> bool:
    """Whether an expression is `super()`."""
    return isinstance(node, n.Call) and tail(node.func) == "super"


def item_of(rows: n.Expr) -> n.Expr:
    """Return an expression for any one of some items."""
    return n.Index(rows.span, rows, n.Const(rows.span, 0))


def is_own(node: n.Expr, name: str) -> bool:
    """Whether an expression is an attribute of the object itself: `self.name`."""
    return isinstance(node, n.Attr) and node.name == name and tail(node.value) == "self"


def start_of(node: n.Expr) -> n.Expr:
    """Return what a chain of members and calls begins with: `Note` of `Note.objects.filter(…).first`."""
    while isinstance(node, n.Attr | n.Call):
        node = node.value if isinstance(node, n.Attr) else node.func
    return node


def ways(node: n.Expr) -> tuple[n.Expr, ...]:
    """Return what an expression may be: `a` and `b` of `a or b`, and of `a if test else b`."""
    if isinstance(node, n.Logic):
        return node.values
    return (node.then, node.other) if isinstance(node, n.Choice) else (node,)


def receiver_of(call: n.Call) -> n.Expr | None:
    """Return what a method is called on: `rows` of `rows.filter(…)`; None for a plain function."""
    return call.func.value if isinstance(call.func, n.Attr) else None


def entry_of(node: n.Expr | None) -> tuple[n.Expr | None, n.Expr] | None:
    """Return what is looked up in, and the key, of `data["key"]` and `data.get("key")`; None of anything else."""
    if isinstance(node, n.Index):
        return node.value, node.index
    if isinstance(node, n.Call) and tail(node.func) == "get" and node.args:
        return receiver_of(node), node.args[0]
    return None


def called_by(node: n.Expr) -> str:
    """Return the name of a value, or the key that it is read by: `data["pwd"]`; empty where it has none."""
    if isinstance(node, n.Name | n.Attr):
        return tail(node)
    _holder, key = entry_of(node) or (None, None)
    return text(key) or ""


def is_true(node: n.Expr | None) -> bool:
    """Whether an expression is the constant True."""
    return isinstance(node, n.Const) and node.value is True


def is_false(node: n.Expr | None) -> bool:
    """Whether an expression is the constant False."""
    return isinstance(node, n.Const) and node.value is False


def is_none(node: n.Expr | None) -> bool:
    """Whether an expression is the constant None; where there is no expression, it is not."""
    return isinstance(node, n.Const) and node.value is None


def is_empty(node: n.Expr) -> bool:
    """Whether an expression is `None`, `False`, an empty text or an empty display."""
    if isinstance(node, n.Sequence):
        return not node.items
    return isinstance(node, n.Const) and not node.value
