"""Password rules about checks that are made only where there is something to check."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import tail, text
from pickguard.lessons.passwords.tokens.link_rules import missing
from pickguard.lessons.passwords.tokens.missing_rules import kept_empty
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path, given_to, is_none
from pickguard.source.python.walk import inside

_COMPARES = ("constant_time_compare", "compare_digest")
_SECRET = re.compile(
    r"(^|_)(secret|signature|token|otp|code|pin|nonce|state|hmac|digest|api_?key|key)s?$",
    re.IGNORECASE,
)


@code_rule(
    "passwords.check-left-out",
    words=("session", "cache", "headers", "META", "GET", "POST", "data", "query_params", "body"),
    title="a check is left out where nothing is sent, or nothing was kept",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(287, 636, 352),
    severity=Severity.HIGH,
    gain="whoever sends no code, no signature or no state has passed, as if it had been the right one",
    mend="refuse where there is none: `if not sent or not constant_time_compare(sent, kept)`",
)
def check_left_out(code: Code) -> Iterator[Hit]:
    """Find `if kept and kept != sent: refuse` and `if sent is None or sent == secret: go on`."""
    if code.function is None:
        return
    for test, block in _conditions(code):
        if (test.op == "and") != _refuses(block):
            continue
        found = _left_out(code, test, block)
        if found is not None:
            yield Hit((code.spot(test),), found, Confidence.MEDIUM, code.symbol)


def _conditions(code: Code) -> Iterator[tuple[n.Logic, tuple[n.Stmt, ...]]]:
    """Yield the conditions of several parts, with what follows; `if a: if b:` is `if a and b:`."""
    for statement in code.statements:
        if not isinstance(statement, n.If):
            continue
        if isinstance(statement.test, n.Logic):
            yield statement.test, statement.body
        inner = statement.body[0] if len(statement.body) == 1 else None
        if isinstance(inner, n.If) and not (statement.other or inner.other):
            yield n.Logic(inner.test.span, "and", (statement.test, inner.test)), inner.body


def _refuses(block: tuple[n.Stmt, ...]) -> bool:
    """Whether a branch turns away: it raises, or answers at once."""
    last = block[-1] if block else None
    if isinstance(last, n.If) and len(block) == 1 and not last.other:
        return _refuses(last.body)  # some others may pass besides: `if token not in known: refuse`
    return isinstance(last, n.Raise) or (isinstance(last, n.Return) and len(block) <= _MOST_LINES)


_MOST_LINES = 3


def _left_out(code: Code, test: n.Logic, block: tuple[n.Stmt, ...]) -> str | None:
    """Return what is said of a comparison that is made only where one of its sides is there."""
    asked = {path for value in test.values if (path := _asks_if_there(value, test.op))}
    for left, right in _compared(test):
        for there, other in ((left, right), (right, left)):
            if access_path(there) not in asked or _is_asked_elsewhere(code, there, test, block):
                continue
            if kept_empty(code, there) is not None and code.origin(other).is_browser:
                return "where nothing was kept, nothing is compared, and whatever is sent will do"
            if missing(code, there) is not None and _is_secret(code, other):
                return "where nothing is sent, nothing is compared"
    for sent in _verified(test):
        is_asked = access_path(sent) in asked and not _is_asked_elsewhere(code, sent, test, block)
        if is_asked and missing(code, sent) is not None:
            return "where nothing is sent, nothing is verified"
    return None


def _verified(test: n.Logic) -> Iterator[n.Expr]:
    """Yield what a condition has verified: `not is_valid_signature(message, signature)`."""
    for value in test.values:
        denied = value.operand if isinstance(value, n.Unary) and value.op == "not" else None
        if isinstance(denied, n.Call):
            is_verifier = _VERIFIES.search(tail(denied.func))
            yield from (
                given for given in given_to(denied) if is_verifier or _SIGNS.search(tail(given))
            )


_VERIFIES = re.compile(
    r"(valid|verif|check)\w*(signature|hmac|captcha|otp|totp|pin)|(signature|hmac|captcha|otp)\w*valid",
    re.IGNORECASE,
)

# what it is called says what it is for, whatever looks at it: `not matches(request.body, signature)`
_SIGNS = re.compile(r"signature$|(^|_)(hmac|signed|sig)$", re.IGNORECASE)


def _is_asked_elsewhere(
    code: Code, value: n.Expr, test: n.Logic, block: tuple[n.Stmt, ...]
) -> bool:
    """Whether a condition outside looks at a value: whether it must be there was thought of."""
    inner = (id(one.test) for one in block if isinstance(one, n.If))
    own = {id(test), *map(id, test.values), *inner}
    others = (s.test for s in code.statements if isinstance(s, n.If) and id(s.test) not in own)
    path = access_path(value)
    return any(access_path(part) == path for other in others for part in inside(other))


def _asks_if_there(value: n.Expr, op: str) -> str:
    """Return the path that is asked to be there, or with `or` to be missing; or an empty text."""
    if isinstance(value, n.Unary) and value.op == "not":
        return access_path(value.operand) if op == "or" else ""
    if isinstance(value, n.Compare) and len(value.rights) == 1 and is_none(value.rights[0]):
        wanted = "is" if op == "or" else "is not"
        return access_path(value.left) if value.ops[0] == wanted else ""
    return access_path(value) if op == "and" else ""


def _compared(test: n.Logic) -> Iterator[tuple[n.Expr, n.Expr]]:
    """Yield the two sides of what must be the same to pass."""
    for value in test.values:
        is_same, made = test.op == "or", value
        if isinstance(value, n.Unary) and value.op == "not":
            is_same, made = not is_same, value.operand
        if isinstance(made, n.Compare) and len(made.rights) == 1:
            if made.ops[0] == ("==" if is_same else "!="):
                yield made.left, made.rights[0]
        elif isinstance(made, n.Call) and is_same and tail(made.func) in _COMPARES:
            if len(made.args) == 2:
                yield made.args[0], made.args[1]


def _is_secret(code: Code, node: n.Expr) -> bool:
    """Whether a value is one that only those who shall pass know."""
    named = _SECRET.search(tail(node)) or _SECRET.search(text(node) or "")
    return bool(named) and text(node) is None and not code.origin(node).is_browser
