"""Password rules about addresses: they stand in histories, logs of servers, and `Referer` headers."""

import re
from collections.abc import Iterator
from itertools import pairwise

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import tail, text
from pickguard.lessons.passwords.names import is_secret_setting
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import inside

_PARAMETER = re.compile(r"[?&](password|passwd|pwd|passphrase|pass)=$", re.IGNORECASE)
_PLACE = re.compile(
    r"[?&](password|passwd|pwd|passphrase|pass)=(%s|%\(\w+\)s|\{\w*\})", re.IGNORECASE
)
_QUERY = frozenset({"GET", "query_params"})
_COMPARES = ("constant_time_compare", "compare_digest")


@code_rule(
    "passwords.in-address",
    words=(
        "password",
        "passwd",
        "pwd",
        "passphrase",
        "raw_password",
        "new_password",
        "pw",
        "settings",
    ),
    title="a password is part of an address",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(598,),
    severity=Severity.MEDIUM,
    gain="addresses are kept in histories and logs and sent on as `Referer`: many can read the password",
    mend="send it in the body of a POST, or send a token that works once",
)
def in_address(code: Code) -> Iterator[Hit]:
    """Find `f"…?password={password}"` and the like, and secrets of the server that come with a GET."""
    yield from _sent_in_query(code)
    for node in code.expressions:
        if _holds_password(node):
            yield Hit(
                (code.spot(node),),
                "the password becomes part of an address",
                Confidence.HIGH,
                code.symbol,
            )


def _sent_in_query(code: Code) -> Iterator[Hit]:
    """Yield where a setting that is a secret is compared with a part of the address."""
    if code.words.isdisjoint(_QUERY) or "settings" not in code.words:
        return
    for node, sides in _compared(code):
        secret = next((side for side in sides if is_secret_setting(side)), None)
        sent = next((code.origin(side) for side in sides if side is not secret), None)
        if secret is None or sent is None or not sent.is_browser or sent.source is None:
            continue
        if any(tail(part) in _QUERY for part in inside(sent.source)):
            yield Hit(
                (code.spot(node),),
                f"`{tail(secret)}` comes as a part of the address",
                Confidence.MEDIUM,
                code.symbol,
                mend="take it from a header, `Authorization`, or from the body of a POST",
            )


def _compared(code: Code) -> Iterator[tuple[n.Expr, tuple[n.Expr, ...]]]:
    """Yield what compares two values, and the two."""
    for node in code.every(n.Compare):
        if node.ops[0] in ("==", "!="):
            yield node, (node.left, node.rights[0])
    for call in code.calls(*_COMPARES):
        yield call, call.args


def _holds_password(node: n.Expr) -> bool:
    match node:
        case n.Joined(parts=parts):
            return any(
                isinstance(after, n.Formatted) and _PARAMETER.search(text(before) or "")
                for before, after in pairwise(parts)
            )
        case n.Binary(op="%"):
            return bool(_PLACE.search(text(node.left) or ""))
        case n.Binary(op="+"):
            return bool(_PARAMETER.search(_end_of(node.left)))
        case n.Call(func=n.Attr(name="format", value=form)):
            return bool(_PLACE.search(text(form) or ""))
    return False


def _end_of(node: n.Expr) -> str:
    """Return the constant text that a sum ends with."""
    if isinstance(node, n.Binary) and node.op == "+":
        return _end_of(node.right)
    if isinstance(node, n.Joined) and node.parts:
        return text(node.parts[-1]) or ""
    return text(node) or ""
