"""What is held against each other: `sent == kept`, `compare_digest(sent, kept)`."""

import re
from collections.abc import Iterator

from pickguard.kit import Code
from pickguard.kit.code import tail
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import given_to
from pickguard.source.python.walk import inside

_HASHES = re.compile(r"^(hash|digest|hmac)(_|$)|_(hash|digest|hmac)$", re.IGNORECASE)
_COMPARES = ("compare_digest", "constant_time_compare")


def compared(code: Code) -> Iterator[tuple[n.Expr, n.Expr, n.Expr]]:
    """Yield what compares two values for being the same, with both."""
    for node in code.every(n.Compare):
        if node.ops in (("==",), ("!=",)):
            yield node, node.left, node.rights[0]
    for call in code.calls(*_COMPARES):
        if len(call.args) == 2:
            yield call, call.args[0], call.args[1]


def is_typed(code: Code, side: n.Expr) -> bool:
    """Whether the browser says a value, also one that was looked at on the way."""
    made = code.assigned(side.id) if isinstance(side, n.Name) else ()
    return any(
        code.origin(one).is_browser or _is_captured(code, one) or _is_hash_of_sent(code, one)
        for one in (side, *made)
    )


def _is_hash_of_sent(code: Code, node: n.Expr) -> bool:
    """Whether a value is the hash that a function makes of what was sent and of more: `hash_token(token, salt)`.

    Of what was sent alone, anybody can make it: how much of it was right tells nothing.
    """
    if not isinstance(node, n.Call) or not _HASHES.search(tail(node.func)):
        return False
    if len(given_to(node)) < 2:
        return False
    return any(code.origin(item).is_browser for item in node.args)


def _is_captured(code: Code, node: n.Expr) -> bool:
    """Whether a value is a part of the address that a view is handed: `kwargs["hash"].lower()`."""
    function = code.function
    params = {param.name: param.kind for param in function.node.params} if function else {}
    if params.get("kwargs") != "**" or "request" not in params:
        return False
    return any(isinstance(part, n.Index) and tail(part.value) == "kwargs" for part in inside(node))


def lets_nobody_in(code: Code, node: n.Compare) -> bool:
    """Whether those are refused for whom the two are the same: `if sent == token: return False`."""
    for statement in code.statements if node.ops[0] == "==" else ():
        if isinstance(statement, n.If) and statement.test is node and statement.body:
            last = statement.body[-1]
            if isinstance(last, n.Return):
                return last.value is None or (
                    isinstance(last.value, n.Const) and not last.value.value
                )
            return isinstance(last, n.Raise)
    return False
