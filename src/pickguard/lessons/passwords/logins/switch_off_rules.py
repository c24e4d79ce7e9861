"""Password rules about switching the second step of a login off: whoever may, proves who it is once more."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, Project, rule
from pickguard.kit.code import tail
from pickguard.site.access.guards import PERMISSION_WORDS
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path, func_of
from pickguard.source.python.walk import inside

_DEVICE = re.compile(
    r"totp|hotp|otp_?device|mfa|2fa|two_?factor|second_?factor|authenticator", re.IGNORECASE
)
_FLAG = re.compile(
    r"^(is_)?(mfa|2fa|otp|totp|two_?factor(_auth)?)(_is)?_?(enabled|active|on|required)$"
)
_PROVES = re.compile(
    r"verif|check_|password|passw|code|token|confirm|re_?auth|sudo|authenticate$|signing|recent|fresh|step_?up|otp_required"
    r"|is_valid",
    re.IGNORECASE,
)


@rule(
    "passwords.second-step-off-unasked",
    title="the second step of the login is switched off, and nobody asks who does it",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(306, 620),
    severity=Severity.MEDIUM,
    gain="who finds a computer unlocked, or steals a session, takes the second step away and keeps the account",
    mend="ask for a code of the device, or for the password, before it goes",
)
def second_step_off_unasked(project: Project) -> Iterator[Hit]:
    """Find `Device.objects.filter(user=request.user).delete()` with no code and no password about it."""
    for _view, function in project.handlers(
        _is_for_users, frozenset({"delete", "adelete", "save", "update"})
    ):
        code = project.code_of(function)
        if code.words & PERMISSION_WORDS or any(map(_PROVES.search, _words(project, code))):
            continue
        node = next(_switched_off(code), None)
        if node is not None:
            yield Hit(
                (code.spot(node),),
                "whoever has the session switches the second step off",
                Confidence.MEDIUM,
                code.symbol,
            )


def _is_for_users(view: View) -> bool:
    return view.kind != "library"


def _words(project: Project, code: Code) -> Iterator[str]:
    """Yield the words of a handler, of its class, and of the decorators on both."""
    decorators = list(code.function.node.decorators) if code.function is not None else []
    yield from (word for word in code.words if word != "csrf_token")
    is_action = any(tail(func_of(one)) == "action" for one in decorators)
    if code.owner is not None and not is_action:  # an action of a viewset stands for itself
        for method in project.site.classes.own_methods(code.owner):
            yield from method.words
        for line in project.site.classes.own_line(code.owner):
            yield from line.node.words
            yield line.node.name
            decorators += line.node.decorators
    yield from (tail(part) for one in decorators for part in inside(one))


def _switched_off(code: Code) -> Iterator[n.Expr | n.Stmt]:
    """Yield where the device of whoever asks is deleted, or the account told that there is none."""
    for call in code.calls("delete", "adelete"):
        parts = list(inside(call.func))
        names = {tail(part) for part in parts} | {
            k.name or "" for p in parts if isinstance(p, n.Call) for k in p.keywords
        }
        if any(map(_DEVICE.search, names)) and any(_is_asker(part) for part in parts):
            yield call
    for statement in code.statements:
        if (
            isinstance(statement, n.Assign)
            and isinstance(statement.value, n.Const)
            and statement.value.value is False
        ):
            for target in statement.targets:
                if (
                    isinstance(target, n.Attr)
                    and _FLAG.match(target.name)
                    and "user" in access_path(target)
                ):
                    yield statement


def _is_asker(node: n.Expr) -> bool:
    if isinstance(node, n.Call):
        return any(_is_asker(keyword.value) for keyword in node.keywords)
    return isinstance(node, n.Attr) and node.name == "user" and tail(node.value) == "request"
