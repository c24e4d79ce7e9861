"""Password rules about logins in two steps: who has shown the password alone is not logged in yet."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, Project, code_rule
from pickguard.kit.code import tail
from pickguard.kit.templates.pages import PAGES
from pickguard.lessons.passwords.doors import LOGINS
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import blocks, expressions, inside, statements

_SECOND = re.compile(
    r"totp|(^|_)h?otp(_|$)|otp_?(device|enabled|required)|2fa|(^|_)(mfa|tfa)(_|$)|mfa_?(enabled|required)"
    r"|(two|second|multi)_?(factor|step)",
    re.IGNORECASE,
)
# What keeps those out who are logged in by half: a decorator, a mixin, a middleware, a mark on the user
_ENFORCES = re.compile(
    r"(otp|2fa|mfa|factor)\w*_?required|require\w*_?(otp|2fa|mfa|factor)|(otp|2fa|mfa|factor)\w*middleware"
    r"|^is_verified$|(otp|2fa|mfa|factor)\w*_(verified|passed|done|ok|complete[d]?)$",
    re.IGNORECASE,
)
_GATES = frozenset({"process_request", "process_view", "__call__"})
_SENDS = PAGES | {"redirect", "HttpResponseRedirect", "Response", "JsonResponse"}


@code_rule(
    "passwords.login-before-code",
    words=LOGINS,
    packages=("django",),
    title="the login is done before the second step",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(287, 304, 308),
    severity=Severity.HIGH,
    gain="who has only the password leaves the page that asks for the code, goes to another address, and is logged in",
    mend="keep the account's id in the session, and call `login()` where the code was checked",
)
def login_before_code(code: Code) -> Iterator[Hit]:
    """Find `login(request, user)` with a question about the second factor behind it."""
    if code.function is None or not any(map(_SECOND.search, code.words)):
        return
    for block in _all_blocks(code.block):
        for place, statement in enumerate(block):
            call = _login(code, statement)
            asked = _asked(block[place + 1 :]) if call is not None else None
            if call is None or asked is None or code.project.once(_is_enforced):
                continue
            yield Hit(
                (code.spot(call), code.spot(asked, "sends some on to the second step")),
                "the user is logged in here, and asked for the second factor afterwards",
                Confidence.MEDIUM,
                code.symbol,
            )
            return


def _all_blocks(block: tuple[n.Stmt, ...]) -> Iterator[tuple[n.Stmt, ...]]:
    """Yield a block and those inside of it."""
    yield block
    for statement in block:
        for inner in blocks(statement):
            yield from _all_blocks(inner)


def _login(code: Code, statement: n.Stmt) -> n.Call | None:
    """Return the call of Django's `login` that a statement is, or None."""
    if not isinstance(statement, n.Do) or not isinstance(statement.value, n.Call):
        return None
    call = statement.value
    is_login = tail(call.func) in LOGINS and code.is_from(call.func, "django")
    return call if is_login else None


def _asked(rest: tuple[n.Stmt, ...]) -> n.Expr | None:
    """Return the condition on the second factor whose branch sends the browser on, or None."""
    for statement in rest:
        if isinstance(statement, n.If) and _names_second(statement.test):
            made = {
                tail(node.func) for node in expressions(statement.body) if isinstance(node, n.Call)
            }
            ends = any(isinstance(s, n.Return) for s in statements(statement.body))
            if ends and (made & _SENDS):
                return statement.test
        elif isinstance(statement, n.Return | n.Raise):
            return None
    return None


def _names_second(test: n.Expr) -> bool:
    return any(
        _SECOND.search(tail(part)) for part in inside(test) if isinstance(part, n.Name | n.Attr)
    )


def _is_enforced(project: Project) -> bool:
    """Whether something of the project keeps out those who have not come through the second step."""
    for module in project.served():
        if any(map(_ENFORCES.search, module.record.words)):
            return True
    for symbol in project.site.classes.all:
        for member in symbol.node.body:
            if isinstance(member, n.Function) and member.name in _GATES:
                if any(map(_SECOND.search, member.words)):
                    return True
    return False
