"""Password rules about what was never set: nothing in the session equals nothing in the request."""

import re
from collections.abc import Iterator
from itertools import chain

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument, tail, text
from pickguard.lessons.passwords.compared import compared
from pickguard.lessons.passwords.tokens.link_rules import missing
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path, is_none
from pickguard.source.python.walk import inside

_STORES = re.compile(r"(session|cache)$", re.IGNORECASE)
# What is put there to be shown again by the one who asked for it
_PROOF = re.compile(
    r"(^|[_\-:.])(state|otp|code|token|nonce|secret|pin|captcha|challenge|verif\w*)([_\-:.]|$)",
    re.IGNORECASE,
)
_TAKES = frozenset({"get", "pop"})


@code_rule(
    "passwords.missing-equals-missing",
    words=("session", "cache", "settings", "environ", "getenv", "headers", "META", "GET", "POST"),
    title="a code that was never made equals one that is not sent",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(287, 697, 1188),
    severity=Severity.HIGH,
    gain="whoever never asked for a code sends none: nothing equals nothing, and the check is passed",
    mend="refuse where there is none: `if not kept or not constant_time_compare(sent, kept)`",
)
def missing_equals_missing(code: Code) -> Iterator[Hit]:
    """Find `request.POST.get("code") == request.session.get("code")` where both may be missing.

    The same of a secret that the settings, or a row, may not have: `request.headers.get("X-Key") == settings.HOOK_KEY`.
    """
    if code.function is None:
        return
    for node, left, right in compared(code):
        for sent, kept in ((left, right), (right, left)):
            empty = kept_empty(code, kept)
            if empty is None or not _fits(missing(code, sent), empty, node):
                continue
            if not _is_asked_for(code, node, (sent, kept)):
                yield Hit(
                    (code.spot(node),),
                    "what is kept may be missing, and equals what is sent then: nothing, or an empty text",
                    Confidence.MEDIUM,
                    code.symbol,
                )


def kept_empty(code: Code, node: n.Expr) -> str | None:
    """Return what stands for a code that was never kept: `""`, `"none"`, or None: it cannot be missing."""
    if _is_text_of(node) and isinstance(node, n.Call):
        # "None" is sent as easily as any other text
        return None if kept_empty(code, node.args[0]) is None else ""
    is_named = isinstance(node, n.Name) and bool(_PROOF.search(node.id))
    values = code.assigned(node.id) if isinstance(node, n.Name) else [node]
    found = chain.from_iterable(
        (_read_empty(value, is_named=is_named), _unset(code, value, is_named=is_named))
        for value in values
    )
    return next((empty for empty in found if empty is not None), None)


def _unset(code: Code, value: n.Expr, *, is_named: bool) -> str | None:
    """Return what a secret of the site is where nobody has set one, by the settings or by a function."""
    if isinstance(value, n.Attr) and tail(value.value) == "settings":
        production = code.project.production
        return _empty(production.get(value.name, "set")) if production and _proves(value) else None
    if not isinstance(value, n.Call):
        return None
    holder, name = tail(getattr(value.func, "value", None)), tail(value.func)
    if name == "getattr" and len(value.args) == _WITH_DEFAULT and tail(value.args[0]) == "settings":
        return _default(value.args[2]) if _proves(value.args[1]) else None
    if name == "getenv" or (name == "get" and holder == "environ"):
        return (
            _default(argument(value, 1, "default"))
            if value.args and _proves(value.args[0])
            else None
        )
    if is_named or any(map(_proves, value.args)):
        function = code.called(value)
        there = code.project.code_of(function) if function is not None else None
        return "none" if there is not None and any(map(is_none, there.returned)) else None
    return None


_WITH_DEFAULT = 3


def _proves(node: n.Expr) -> bool:
    return bool(_PROOF.search(text(node) or tail(node)))


def _default(node: n.Expr | None) -> str | None:
    return "none" if node is None or is_none(node) else "" if text(node) == "" else None


def _empty(value: object) -> str | None:
    return "none" if value is None else "" if value == "" else None


def _is_text_of(node: n.Expr) -> bool:
    return isinstance(node, n.Call) and tail(node.func) == "str" and len(node.args) == 1


def _read_empty(value: n.Expr, *, is_named: bool) -> str | None:
    """Return what `session.get("code")` is where there is none."""
    if _is_text_of(value) and isinstance(value, n.Call):
        return None if _read_empty(value.args[0], is_named=is_named) is None else ""
    if not isinstance(value, n.Call) or not isinstance(value.func, n.Attr):
        return None
    if value.func.name not in _TAKES or not _STORES.search(tail(value.func.value)):
        return None
    key = argument(value, 0, "key")
    if key is None:
        return None
    if not is_named and not any(_PROOF.search(text(part) or tail(part)) for part in inside(key)):
        return None
    default = argument(value, 1, "default")
    if default is None and value.func.name != "get":
        return None  # `pop` of a missing key is an error
    return _default(default)


def _fits(sent: str | None, kept: str, node: n.Expr) -> bool:
    """Whether a request can send what stands for a code that was never kept."""
    if sent is None:
        return False
    if kept == "":
        return True  # an empty field is sent as easily as a full one
    # compared as texts, None is one; `compare_digest` takes no None
    return sent == "none" and not (isinstance(node, n.Call) and tail(node.func) == "compare_digest")


def _is_asked_for(code: Code, node: n.Expr, sides: tuple[n.Expr, n.Expr]) -> bool:
    """Whether a condition asks that one of the two is there, or that the session has it."""
    named = (
        side.args[0] if _is_text_of(side) and isinstance(side, n.Call) else side for side in sides
    )
    paths = {path for path in map(access_path, named) if path}
    for test in _truths(code):
        if test is node:
            continue
        if isinstance(test, n.Compare):
            names = {access_path(part) for part in (test.left, *test.rights)}
            is_there = test.ops[0] in ("in", "not in", "is", "is not")
            if is_there and (names & paths or any(_STORES.search(tail(r)) for r in test.rights)):
                return True
        elif access_path(test) in paths or test in sides:
            return True
        elif isinstance(test, n.Call) and any(access_path(arg) in paths for arg in test.args):
            return True  # `isinstance(kept, str)`, `is_fresh(kept)`
    return False


def _truths(code: Code) -> Iterator[n.Expr]:
    """Yield the parts of conditions, `not`, `and` and `or` taken off."""
    tests = [s.test for s in code.statements if isinstance(s, n.If | n.Assert | n.While)]
    tests += [choice.test for choice in code.every(n.Choice)]
    tests += list(code.every(n.Logic))
    tests += [unary.operand for unary in code.every(n.Unary) if unary.op == "not"]
    tests += [c.args[0] for c in code.calls("all") if c.args]
    for test in tests:
        yield from (part for part in inside(test) if _is_whole(test, part))


def _is_whole(test: n.Expr, part: n.Expr) -> bool:
    """Whether a part of a condition is true or false by itself."""
    if part is test:
        return True
    if isinstance(test, n.Logic):
        return any(_is_whole(value, part) for value in test.values)
    if isinstance(test, n.Unary) and test.op == "not":
        return _is_whole(test.operand, part)
    return isinstance(test, n.Sequence) and part in test.items
