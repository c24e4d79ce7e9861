"""What a function that answers yes or no says to strangers."""

from __future__ import annotations

from collections.abc import Iterable

from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import is_false, is_true, tail
from pickguard.source.python.walk import blocks, inside


def lets_strangers_in(block: Iterable[n.Stmt], asking: frozenset[str]) -> bool:
    """Whether a function may say yes without having looked at who asks.

    Args:
        block: the body of a function such as a permission's `has_permission`.
        asking: the names that a look at the person mentions, such as `is_authenticated`.
    """
    for statement in block:
        if isinstance(statement, n.Return):
            return _says_yes(statement.value, asking)
        if isinstance(statement, n.If):
            if _refuses(statement, asking):
                return False
            if not _asks(statement.test, asking, "and") and lets_strangers_in(
                statement.body, asking
            ):
                return True
            if not _asks(statement.test, asking, "or") and lets_strangers_in(
                statement.other, asking
            ):
                return True
            continue
        if any(lets_strangers_in(inner, asking) for inner in blocks(statement)):
            return True
    return False


def _refuses(statement: n.If, asking: frozenset[str]) -> bool:
    """Whether all that comes after it was looked at: `if request.user.is_anonymous: return False`."""
    return _asks(statement.test, asking, "or") and _ends(statement.body)


def _says_yes(value: n.Expr | None, asking: frozenset[str]) -> bool:
    match value:
        case n.Choice():
            then = not _asks(value.test, asking, "and") and _says_yes(value.then, asking)
            other = not _asks(value.test, asking, "or") and _says_yes(value.other, asking)
            return then or other
        case n.Logic(op="or"):
            return any(_says_yes(part, asking) for part in value.values)
    return is_true(value)


def _asks(test: n.Expr, asking: frozenset[str], enough: str) -> bool:
    """Whether a condition looks at the person, whichever way it went.

    Args:
        test: the condition.
        asking: the names that a look at the person mentions.
        enough: the operator of which one part is enough: `and` where the condition held, `or` where
            it did not.
    """
    if isinstance(test, n.Unary) and test.op == "not":
        return _asks(test.operand, asking, "or" if enough == "and" else "and")
    if isinstance(test, n.Logic):
        parts = [_asks(value, asking, enough) for value in test.values]
        return any(parts) if test.op == enough else all(parts)
    return any(tail(part) in asking for part in inside(test))


def _ends(block: tuple[n.Stmt, ...]) -> bool:
    """Whether a block says no, or looks at the person and ends."""
    last = block[-1] if block else None
    if isinstance(last, n.Raise):
        return True
    return isinstance(last, n.Return) and (last.value is None or is_false(last.value))
