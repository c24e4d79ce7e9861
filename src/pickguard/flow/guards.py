"""What a condition tells about the values in it."""

from __future__ import annotations

import re
from collections.abc import Callable

from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path, tail, text
from pickguard.source.python.walk import inside

# Django's `url_has_allowed_host_and_scheme`, `is_safe_url`, and a project's `safe_for_redirect`
ADDRESS_CHECK = re.compile(
    r"(safe|valid|allowed|trusted).*(redirect|url|host|next|path|name|domain|uri)"
    r"|(redirect|url|host|next|path|name|domain|uri).*(safe|valid|allowed|trusted)"
)
# `validate_upload_url(url)`: raises where it is not content
_RAISING_CHECK = re.compile(r"^_?(validate|check|ensure|assert|verify|enforce|require)(_|$)")
_CHARACTER_TESTS = frozenset({"isdigit", "isnumeric", "isalnum", "isdecimal", "isidentifier"})
_CASTS = frozenset({"int", "float", "UUID", "Decimal", "ip_address"})
_TYPED = frozenset({"int", "float", "bool", "Decimal", "UUID", "date", "datetime"})
_NOTHING: frozenset[str] = frozenset()

ReadsRequest = Callable[[n.Expr], bool]


def facts(test: n.Expr, truth: bool, reads_request: ReadsRequest) -> frozenset[str]:  # noqa: FBT001
    """Return the access paths of the values that are known to be harmless.

    Args:
        test: a condition.
        truth: whether it holds.
        reads_request: whether an expression is the browser's: being found there says nothing.
    """
    if isinstance(test, n.Unary) and test.op == "not":
        return facts(test.operand, not truth, reads_request)
    if isinstance(test, n.Logic):
        parts = [facts(value, truth, reads_request) for value in test.values]
        if (test.op == "and") == truth:
            return frozenset().union(*parts)
        return frozenset.intersection(*parts) if parts else _NOTHING
    if isinstance(test, n.Compare):
        return _compared(test, truth, reads_request)
    if isinstance(test, n.Call) and truth:
        return _called(test)
    if isinstance(test, n.Walrus):
        return facts(test.value, truth, reads_request)
    if not truth and isinstance(test, n.Name | n.Attr):
        return _paths(test)  # what is false is empty
    return _NOTHING


def _compared(test: n.Compare, truth: bool, reads_request: ReadsRequest) -> frozenset[str]:  # noqa: FBT001
    if len(test.ops) != 1:
        return _NOTHING
    op, right = test.ops[0], test.rights[0]
    if op in ("in", "not in") and (op == "in") == truth:
        return _paths(test.left) if _limits(right, reads_request) else _NOTHING
    if op in ("==", "!=") and (op == "==") == truth:
        if isinstance(right, n.Const):
            return _paths(test.left)
        return _paths(right) if isinstance(test.left, n.Const) else _NOTHING
    return _NOTHING


def _limits(node: n.Expr, reads_request: ReadsRequest) -> bool:
    """Whether being found in a collection says something: not in a text, nor in the request."""
    if isinstance(node, n.Const | n.Joined):
        return False
    return not any(isinstance(p, n.Attr | n.Call) and reads_request(p) for p in inside(node))


def _called(test: n.Call) -> frozenset[str]:
    name = tail(test.func)
    if name in _CHARACTER_TESTS and isinstance(test.func, n.Attr):
        return _paths(test.func.value)
    if name == "isinstance" and len(test.args) == 2:
        kinds = test.args[1].items if isinstance(test.args[1], n.Sequence) else (test.args[1],)
        return _paths(test.args[0]) if all(tail(kind) in _TYPED for kind in kinds) else _NOTHING
    if name == "match" and test.args and (text(test.args[0]) or "").endswith(("$", r"\Z")):
        return _arguments(test)
    if name == "fullmatch" or ADDRESS_CHECK.search(name):
        return _arguments(test)
    return _NOTHING


def checked_by(call: n.Call) -> frozenset[str]:
    """Return the access paths that are harmless after a call that raises where they are not."""
    name = tail(call.func)
    if name in _CASTS or _RAISING_CHECK.match(name):
        return _arguments(call)
    return _NOTHING


def _arguments(call: n.Call) -> frozenset[str]:
    found = {access_path(a) for a in (*call.args, *(k.value for k in call.keywords))}
    return frozenset(found - {"", "self", "cls", "request"})


def _paths(node: n.Expr) -> frozenset[str]:
    if isinstance(node, n.Call) and isinstance(node.func, n.Attr):
        if node.func.name in ("lower", "upper", "strip", "get"):
            if node.func.name != "get":
                return _paths(node.func.value)
    path = access_path(node)
    return frozenset({path}) if path else _NOTHING
