"""What a function does for who looks, and what for who sends: `if request.method == "GET": … else: …`."""

from __future__ import annotations

from collections.abc import Iterator

from pickguard.kit.code import tail, text
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import leaves

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_SAFE_NAMES = frozenset({"SAFE_METHODS"})


def parts_by_method(
    block: tuple[n.Stmt, ...],
) -> Iterator[tuple[tuple[n.Stmt, ...], tuple[n.Stmt, ...]]]:
    """Yield what a block does for a GET alone, and what it does for a POST."""
    for position, statement in enumerate(block):
        if not isinstance(statement, n.If):
            continue
        is_look = _is_look(statement.test)
        after = block[position + 1 :]
        if is_look is True:
            yield statement.body, (*statement.other, *after)
        elif is_look is False and (statement.other or leaves(statement.body)):
            yield statement.other or after, (*statement.body, *(after if statement.other else ()))


def _is_look(test: n.Expr) -> bool | None:
    """Tell `request.method == "GET"` (True) from `== "POST"` (False); None for any other condition."""
    if not isinstance(test, n.Compare) or tail(test.left) != "method" or len(test.rights) != 1:
        return None
    right, op = test.rights[0], test.ops[0]
    if op == "in" and tail(right) in _SAFE_NAMES:
        return True
    if op == "==" and text(right) in _SAFE:
        return True
    return False if op == "==" and text(right) == "POST" else None
