"""What is held against each other: `sent == kept`, `compare_digest(sent, kept)`."""

from collections.abc import Iterator

from pickguard.kit import Code
from pickguard.source.python import nodes as n

_COMPARES = ("compare_digest", "constant_time_compare")


def compared(code: Code) -> Iterator[tuple[n.Expr, n.Expr, n.Expr]]:
    """Yield what compares two values for being the same, with both."""
    for node in code.every(n.Compare):
        if node.ops in (("==",), ("!=",)):
            yield node, node.left, node.rights[0]
    for call in code.calls(*_COMPARES):
        if len(call.args) == 2:
            yield call, call.args[0], call.args[1]
