"""Which value a condition, or a call, speaks of: a sign before it, its case and spaces are left aside."""

from __future__ import annotations

from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path, given_to, tail, text


def arguments(call: n.Call) -> frozenset[str]:
    """Return the access paths of what a call is given; the object itself and the request are none."""
    found = {access_path(_spelt(part)) for value in given_to(call) for part in _parts(value)}
    return frozenset(found - {"", "self", "cls", "request"})


def _parts(value: n.Expr) -> tuple[n.Expr, ...]:
    """Return what a path is joined of; anything else is of one part."""
    is_joined = isinstance(value, n.Call) and tail(value.func) == "join" and len(value.args) > 1
    return value.args if is_joined and isinstance(value, n.Call) else (value,)


def _spelt(value: n.Expr) -> n.Expr:
    """Return `x` of `str(x)`, `x.strip()` and `*x`: what is said of the one holds for the other."""
    if isinstance(value, n.Wrapped) and value.kind == "*" and value.value is not None:
        value = value.value
    while (
        isinstance(value, n.Call) and isinstance(value.func, n.Attr) and value.func.name in _TRIMS
    ):
        value = value.func.value
    is_text = isinstance(value, n.Call) and tail(value.func) in _SPELLS and len(value.args) == 1
    return value.args[0] if is_text and isinstance(value, n.Call) else value


_SPELLS = frozenset({"str", "force_str", "smart_str", "force_text"})
_TRIMS = frozenset({"lower", "upper", "strip", "lstrip", "rstrip", "removeprefix", "casefold"})


def paths(node: n.Expr) -> frozenset[str]:
    """Return the access path of a value, also where a sign before it or its case is left aside."""
    if (
        isinstance(node, n.Index)
        and isinstance(node.index, n.Slice)
        and _is_behind_sign(node.index)
    ):
        return paths(node.value)
    if isinstance(node, n.Call) and isinstance(node.func, n.Attr):
        if node.func.name in _TRIMS or _drops_sign(node):
            return paths(node.func.value)
        if node.func.name == "sub" and node.args:  # `re.sub("^-", "", x)`, `SIGN.sub("", x)`
            return paths(node.args[-1])
    path = access_path(node)
    return frozenset({path}) if path else frozenset()


def _is_behind_sign(part: n.Slice) -> bool:
    """Whether a part is all but the first character: `order[1:]`."""
    return isinstance(part.start, n.Const) and part.start.value == 1 and part.stop is None


def _drops_sign(call: n.Call) -> bool:
    """Whether a call takes the sign of an order away: `order.replace("-", "")`."""
    return tail(call.func) == "replace" and [text(one) for one in call.args] in _SIGNS


_SIGNS = (["-", ""], ["+", ""])
