"""Password rules about how long an answer takes: hashing is slow, and not hashing tells a lot."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import tail
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path, is_none
from pickguard.source.python.walk import expressions, inside

_CHECK = "check_password"
_CHECKS = frozenset({_CHECK})
_ACCOUNT = re.compile(r"user|account|member|customer|person|people|profile", re.IGNORECASE)
_FINDS = frozenset(
    {"get", "aget", "first", "get_by_natural_key", "aget_by_natural_key", "get_user"}
)
# What takes as long as a check does
_HASHES = frozenset({"set_password", "make_password", "acheck_password", "hasher", "sleep"})


@code_rule(
    "passwords.unknown-user-answers-sooner",
    words=(_CHECK, "is_password_usable", "DoesNotExist"),
    title="a login answers sooner where there is no such account",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(208, 204),
    severity=Severity.LOW,
    gain="a robot measures which names have an account, and tries passwords only there",
    mend="hash once there too, as `ModelBackend` does: `get_user_model()().set_password(raw)`",
)
def unknown_user_answers_sooner(code: Code) -> Iterator[Hit]:
    """Find logins that return where the account is missing, and hash a password where it is not.

    And checks of a password that return where the account can have no right one.
    """
    if code.function is None:
        return
    yield from _unusable_answers_sooner(code)
    if code.words & _HASHES:
        return
    checks = [(call, account) for call, account in _checks(code) if _ACCOUNT.search(account)]
    if not any(_is_found_by_name(code, account) for _call, account in checks):
        return
    for statement in code.statements:
        leaves = _leaves(statement) or _leaves_without(
            statement, {account for _, account in checks}
        )
        if leaves is not None and any(_is_spared(statement, leaves, call) for call, _ in checks):
            yield Hit(
                (code.spot(leaves), code.spot(checks[0][0], "takes its time")),
                "answers at once where there is no such account",
                Confidence.MEDIUM,
                code.symbol,
            )
            return


def _checks(code: Code) -> Iterator[tuple[n.Call, str]]:
    """Yield the calls that check the password of an account, with its access path; a method that does it counts."""
    for call in code.calls(_CHECK):
        if call.args:
            yield call, _holder(call)
    for call in code.every(n.Call):
        function = code.called_with(call, _CHECKS) if tail(call.func) != _CHECK else None
        if function is None:
            continue
        params = [p.name for p in function.node.params if p.kind == "positional"]
        own = params[1:] if function.owner is not None else params
        asked = {_holder(c) for c in code.project.code_of(function).calls(_CHECK)}
        yield from (
            (call, access_path(one))
            for name, one in zip(own, call.args, strict=False)
            if name in asked
        )


def _is_spared(statement: n.Stmt, leaves: n.Stmt, check: n.Call) -> bool:
    """Whether who leaves there never comes to a check: it stands behind, or in what is tried."""
    tried = statement.body if isinstance(statement, n.Try) else ()
    return leaves.span < check.span or any(part is check for part in expressions(tried))


def _unusable_answers_sooner(code: Code) -> Iterator[Hit]:
    """Yield `if not is_password_usable(encoded): return False` of what hashes a password otherwise."""
    checks = [c for c in code.calls(*_VERIFYING) if c.args and _takes_time(code, c)]
    if not checks or code.words & _FAKING:
        return
    for statement in code.statements:
        if not isinstance(statement, n.If) or not _says_unusable(statement.test):
            continue
        last = statement.body[-1] if statement.body else None
        if isinstance(last, n.Return | n.Raise) and last.span < checks[-1].span:
            yield Hit(
                (code.spot(last), code.spot(checks[-1], "takes its time")),
                "answers at once where an account has no password",
                Confidence.MEDIUM,
                code.symbol,
                gain="a robot measures which accounts have no password of their own, and so that they are there",
                mend="hash once there too: `make_password(raw)`",
            )
            return


_VERIFYING = (_CHECK, "verify")
_FAKING = frozenset({"make_password", "set_password", "sleep"})
_USABLE = frozenset({"is_password_usable", "has_usable_password"})


def _takes_time(code: Code, call: n.Call) -> bool:
    """Whether a call hashes for whoever knocks: of an account found by what was typed, or of a hash given."""
    if tail(call.func) == _CHECK:
        account = _holder(call)
        return bool(_ACCOUNT.search(account)) and _is_found_by_name(code, account)
    name = code.function.node.name if code.function is not None else ""
    of_hasher = any("hasher" in tail(part) for part in inside(call.func))
    return name in ("check_password", "verify_password") and of_hasher


def _says_unusable(test: n.Expr) -> bool:
    """Whether a condition holds where no password is the right one: `not user.has_usable_password()`."""
    if isinstance(test, n.Logic) and test.op == "or":
        return any(_says_unusable(value) for value in test.values)
    if not isinstance(test, n.Unary) or test.op != "not" or not isinstance(test.operand, n.Call):
        return False
    return tail(test.operand.func) in _USABLE


def _holder(call: n.Call) -> str:
    """Return the access path of `user` in `user.check_password(raw)`."""
    return access_path(call.func.value) if isinstance(call.func, n.Attr) else ""


def _is_found_by_name(code: Code, path: str) -> bool:
    """Whether the account, or the row that leads to it, is looked up here by what was typed, not by who asks."""
    holders = [access_path(v.value) for v in code.assigned(path) if isinstance(v, n.Attr)]
    for value in (*code.assigned(path), *(v for holder in holders for v in code.assigned(holder))):
        if isinstance(value, n.Call) and tail(value.func) in _FINDS:
            names = {tail(part) for part in inside(value)}
            if "request" not in names and not names & {"pk", "id"}:
                return not any(k.name in ("pk", "id", "user_id") for k in value.keywords)
    return False


def _leaves(statement: n.Stmt) -> n.Stmt | None:
    """Return the statement that ends the code where there is no account."""
    if not isinstance(statement, n.Try):
        return None
    for handler in statement.handlers:
        caught = {tail(part) for part in inside(handler.type)} if handler.type is not None else ()
        last = handler.body[-1] if handler.body else None
        if "DoesNotExist" in caught and isinstance(last, n.Return | n.Raise):
            return last if not _hashes(handler.body) else None
    return None


def _leaves_without(statement: n.Stmt, accounts: set[str]) -> n.Stmt | None:
    """Return the statement that ends the code of `if user is None: return None`."""
    if not isinstance(statement, n.If) or not statement.body:
        return None
    last = statement.body[-1]
    is_missing = any(_says_missing(statement.test, account) for account in accounts)
    if not is_missing or not isinstance(last, n.Return | n.Raise):
        return None
    return last if not _hashes(statement.body) else None


def _says_missing(test: n.Expr, path: str) -> bool:
    """Whether a condition is `user is None`, or `not user`."""
    if isinstance(test, n.Unary) and test.op == "not":
        return access_path(test.operand) == path
    if not isinstance(test, n.Compare) or test.ops not in (("is",), ("==",)):
        return False
    return access_path(test.left) == path and is_none(test.rights[0])


def _hashes(block: tuple[n.Stmt, ...]) -> bool:
    """Whether a block takes the time that a check of a password takes."""
    calls = {tail(c.func) for c in expressions(block) if isinstance(c, n.Call)}
    return bool(calls & _HASHES) or any("hash" in name or "dummy" in name for name in calls)
