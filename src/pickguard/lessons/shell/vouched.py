"""What the browser sent, and a function of the site's vouches for that compares signatures with `==`."""

from collections.abc import Iterator

from pickguard.flow.values.vocabulary import UNSIGNING
from pickguard.kit import Code
from pickguard.kit.code import tail
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path, given_to, receiver_of
from pickguard.source.python.walk import inside

_READING = frozenset({"b64decode", "urlsafe_b64decode", "decompress", "BytesIO", "StringIO", "bytes", "str",
                      "force_bytes", "unhexlify", "fromhex"})  # fmt: skip
_OF_TEXT = frozenset({"encode", "decode", "strip", "read", "getvalue"})
_IN_CONSTANT_TIME = frozenset({"compare_digest", "constant_time_compare", "verify"})
_DIGESTS = frozenset({"hexdigest", "digest", "hmac", "salted_hmac"})
_DEEPEST = 6


def badly_vouched(code: Code, value: n.Expr | None) -> bool:
    """Whether a text is the browser's, and the signature of it is compared in a time that tells what was right."""
    chain = list(_chain(code, value))
    if not chain or not _is_sent(code, chain[-1]):
        return False
    unsigned = [one for one in chain if isinstance(one, n.Call) and tail(one.func) in UNSIGNING]
    return any(_tells_by_time(code, one) for one in unsigned or _checks(code, chain))


def _chain(code: Code, value: n.Expr | None) -> Iterator[n.Expr]:
    """Yield a value and what it was read from, down to what was sent: `unsign(sent)` and `sent` of `b64decode(…)`."""
    for _ in range(_DEEPEST):
        if value is None:
            return
        yield value
        if _is_sent(code, value):
            return
        value = _read(code, value)


def _is_sent(code: Code, value: n.Expr) -> bool:
    return code.body.reads_request(value) or code.origin(value).is_browser


def _read(code: Code, value: n.Expr) -> n.Expr | None:
    """Return the text that another was read from, or None."""
    if isinstance(value, n.Name):
        made = code.assigned(value.id)
        return made[0] if len(made) == 1 else None
    if isinstance(value, n.Index):
        return value.value
    if not isinstance(value, n.Call):
        return None
    name = tail(value.func)
    if name in _OF_TEXT and isinstance(value.func, n.Attr):
        return receiver_of(value)
    return value.args[0] if value.args and name in _READING | UNSIGNING else None


def _checks(code: Code, chain: list[n.Expr]) -> Iterator[n.Call]:
    """Yield the calls that are handed one of some values, and are asked what they say of it."""
    known = {access_path(one) for one in chain} - {""}
    for call in code.every(n.Call):
        if any(access_path(part) in known for one in given_to(call) for part in inside(one)):
            yield call


def _tells_by_time(code: Code, call: n.Call) -> bool:
    """Whether a call runs a function of the site's that compares a digest with `==`."""
    function = code.called(call)
    if function is None or not _IN_CONSTANT_TIME.isdisjoint(function.node.words):
        return False
    there = code.project.code_of(function)
    return any(
        _is_digest(there, side)
        for node in there.every(n.Compare)
        if node.ops in (("==",), ("!=",))
        for side in (node.left, *node.rights)
    )


def _is_digest(code: Code, side: n.Expr) -> bool:
    """Whether a side is a digest that is made here, or in a function of the site's that is called for it."""
    calls = [part for part in code.parts(side) if isinstance(part, n.Call)]
    if any(tail(call.func) in _DIGESTS for call in calls):
        return True
    return any(_makes_digest(code.called(call)) for call in calls)


def _makes_digest(function: FunctionSymbol | None) -> bool:
    return function is not None and not _DIGESTS.isdisjoint(function.node.words)
