"""Password rules about new passwords: whoever sets one for a login that exists knows the old one."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, Project, code_rule, rule
from pickguard.kit.code import argument, is_asker, tail
from pickguard.lessons.passwords.logins.named_accounts import PROVES, named_account
from pickguard.lessons.passwords.logins.newcomers import is_made_alone
from pickguard.site.access.guards import LOGIN_PERMISSIONS, PERMISSION_WORDS
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of
from pickguard.source.python.walk import inside

# The old password, another proof of who it is, or an account that has no password yet
_ASKS = re.compile(
    r"check_password|(^|_)(old|current|existing|previous|present)(_?pass\w*|_?pwd|_password)?$|authenticate$|usable"
    r"|re_?auth|sudo|verif|token|otp|(^|_)code$|must_|force|first_(login|time|pass|use|set)|expired|invit|activat|set_initial"
    r"|(need|requir|pend)\w*_reset|reset_(need|requir|pend)"
    r"|PasswordChangeForm|signing|confirm_access|recent",
    re.IGNORECASE,
)
# Who has forgotten the old one proves it in another way, and is not logged in
_FORGOT = re.compile(r"reset|recover", re.IGNORECASE)
_ANSWERED = frozenset({"is_authenticated", "csrf_token"})


@code_rule(
    "passwords.changed-unasked",
    words=("set_password", "SetPasswordForm"),
    title="a new password is set, and nobody asks for the old one",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(620,),
    severity=Severity.MEDIUM,
    gain="who finds a computer unlocked, or steals a session, locks the owner out and keeps the account",
    mend="ask for the old one, as `PasswordChangeForm` does: `user.check_password(old)`",
)
def changed_unasked(code: Code) -> Iterator[Hit]:
    """Find `request.user.set_password(sent)` where nothing about it asks for the old password."""
    if code.function is None:
        return
    for call, account, sent in _set(code):
        if not _is_asking(code, account) or not _is_sent(code, sent):
            continue
        words = set(_around(code))
        if any(map(_ASKS.search, words)):
            continue
        if _is_behind_login(code) or not any(map(_FORGOT.search, words)):
            yield Hit(
                (code.spot(call),),
                "whoever has the session sets a new password without the old one",
                Confidence.MEDIUM,
                code.symbol,
            )
            return


@rule(
    "passwords.set-for-anybody",
    title="whoever names an account sets its password",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(639, 640, 862),
    severity=Severity.HIGH,
    gain="a stranger, or any user, counts the numbers up, sets the password of each account, and logs in",
    mend="take `request.user`, and ask for the old password; for others ask for a permission",
)
def set_for_anybody(project: Project) -> Iterator[Hit]:
    """Find `User.objects.get(pk=pk).set_password(sent)` where nothing says that it is one's own, or one's right."""
    for _view, function in project.handlers(_asks_no_right, frozenset({"set_password"})):
        code = project.code_of(function)
        words = set(_around(code))
        if code.words & (PERMISSION_WORDS | _RIGHTS) or any(map(_ASKS.search, words)):
            continue
        if any(map(_FORGOT.search, words)) and any(map(_may_prove, words)):
            continue
        for call, account, sent in _set(code):
            named = named_account(code, account)
            if named is None or is_made_alone(code, call, account):
                continue
            if _is_sent(code, sent) and not _is_compared(code):
                yield Hit(
                    (code.spot(call), code.spot(named, "the account that the browser names")),
                    "the browser names the account whose password is set",
                    Confidence.HIGH,
                    code.symbol,
                )
                break


@rule(
    "passwords.second-step-for-anybody",
    title="whoever names an account sets the second step of its login",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(639, 287, 862),
    severity=Severity.HIGH,
    gain="a stranger, or any user, takes the second step of any account away, or puts a device of their own there",
    mend="take `request.user`, and ask for the password or a code first; a signed link says whose it is on each way",
)
def second_step_for_anybody(project: Project) -> Iterator[Hit]:
    """Find `profile.totp_secret = new` of the row that the browser names, in a handler that asks for no proof."""
    for _view, function in project.handlers(_asks_no_right, frozenset({"save", "asave"})):
        code = project.code_of(function)
        if code.words & (PERMISSION_WORDS | _RIGHTS | _PROVEN) or _is_compared(code):
            continue
        for statement, account in _second_steps(code):
            named = named_account(code, account)
            if named is not None:
                yield Hit(
                    (code.spot(statement), code.spot(named, "the account that the browser names")),
                    "the browser names the account whose second step is set",
                    Confidence.HIGH,
                    code.symbol,
                )
                break


_SECOND_STEP = re.compile(
    r"(^|_)(totp|hotp|otp|mfa|2fa|two_?factor)(_\w+)?_(secret|key|seed|hash|enabled|active)$",
    re.IGNORECASE,
)
_PROVEN = frozenset(
    {"authenticate", "check_password", "check_token", "compare_digest", "constant_time_compare"}
    | {"decrypt", "loads", "unsign", "verify", "verify_token", "is_verified", "accept_totp"}
)


def _second_steps(code: Code) -> Iterator[tuple[n.Stmt, n.Expr]]:
    """Yield what sets the secret of a second step, or says whether there is one, and the row of whose it is."""
    for statement in code.statements:
        for target in statement.targets if isinstance(statement, n.Assign) else ():
            if isinstance(target, n.Attr) and _SECOND_STEP.search(target.name):
                yield statement, target.value


# Words about the new password, about its form and about the account's number, which prove nothing
_OF_FORM = re.compile(
    r"pass(word|wd)|pwd|^(urlsafe_)?(base64|b64)|^decode$|valid|^status_code$", re.IGNORECASE
)
_KEPT = re.compile(r"session|key|link|uuid|guid|answer|question|(^|_)(sms|pin)(_|$)", re.IGNORECASE)


def _may_prove(word: str) -> bool:
    """Whether a word may be about what somebody got by mail who has forgotten the password: a token, a code."""
    return not _OF_FORM.search(word) and bool(PROVES.search(word) or _KEPT.search(word))


_RIGHTS = frozenset({"is_staff", "is_superuser", "is_admin", "role", "groups", "owner"})


def _asks_no_right(view: View) -> bool:
    return set(view.permissions) <= LOGIN_PERMISSIONS and view.kind in ("function", "class", "api")


def _is_compared(code: Code) -> bool:
    """Whether whoever asks is held against an account: `if request.user != user: …`."""
    return any(is_asker(part) for node in code.every(n.Compare) for part in inside(node))


def _set(code: Code) -> Iterator[tuple[n.Call, n.Expr, n.Expr]]:
    """Yield what sets a password, whose, and which."""
    for call in code.calls("set_password"):
        receiver, sent = receiver_of(call), argument(call, 0, "raw_password")
        if receiver is not None and sent is not None:
            yield call, receiver, sent
    for call in code.calls("SetPasswordForm"):
        account, sent = argument(call, 0, "user"), argument(call, 1, "data")
        if account is not None and sent is not None:
            yield call, account, sent


def _is_sent(code: Code, node: n.Expr) -> bool:
    """Whether the browser sends it; a password that was found strong enough is sent all the same."""
    if code.is_said_by_browser(node):
        return True
    parts = (part for made in code.made(node) for part in inside(made))
    return any(isinstance(part, n.Name) and part.id in code.from_url for part in parts)


def _is_asking(code: Code, account: n.Expr) -> bool:
    """Whether an account is the one of who is logged in, also where callers hand it over."""
    for made in code.made(account):
        if (
            isinstance(made, n.Attr)
            and made.name in ("user", "auth")
            and code.body.is_request(made.value)
        ):
            return True
    function = code.function
    if not isinstance(account, n.Name) or function is None:
        return False
    names = [param.name for param in function.node.params]
    if account.id not in names:
        return False
    position = names.index(account.id)
    callers = code.project.flow.callers.of(function)
    return bool(callers) and all(
        _is_users(argument(call, position - bound, account.id))
        for caller, call, bound in callers
        if caller.function is not None
    )


def _is_users(given: n.Expr | None) -> bool:
    return (
        isinstance(given, n.Attr)
        and given.name == "user"
        and tail(given.value) in ("request", "_request")
    )


def _is_behind_login(code: Code) -> bool:
    """Whether the pages that come by here ask for a login."""
    function = code.function
    callers = code.project.flow.callers.of(function) if function is not None else ()
    leading = {function, *(caller.function for caller, _call, _bound in callers)}
    logins = [
        view.login
        for _route, view in code.project.views()
        if any(answering in leading for _method, answering in view.handlers)
    ]
    return bool(logins) and all(logins)


def _around(code: Code) -> Iterator[str]:
    """Yield the words of the code, its class, who calls it, and the forms that these take."""
    function = code.function
    if function is None:
        return
    symbols = [function]
    classes = code.project.site.classes
    callers = code.project.flow.callers.of(function)
    symbols += [caller.function for caller, _call, _bound in callers if caller.function is not None]
    for symbol in symbols:
        yield from (word for word in symbol.node.words if word not in _ANSWERED)
        yield symbol.node.name
        if symbol.owner is not None:
            yield symbol.owner.name.rpartition(".")[2]
            for line in classes.own_line(symbol.owner):
                yield from line.node.words
            yield from (
                word for method in classes.own_methods(symbol.owner) for word in method.words
            )
    yield from _of_forms(code, symbols)


def _of_forms(code: Code, symbols: list[FunctionSymbol]) -> Iterator[str]:
    """Yield the words of the forms and serializers that a function names."""
    forms = code.project.site.forms.by_symbol
    named = {symbol.node.name: symbol for symbol in forms}
    for symbol in symbols:
        owner_words = symbol.owner.node.words if symbol.owner is not None else ()
        for word in (*symbol.node.words, *owner_words):
            form = named.get(word)
            if form is not None:
                yield from form.node.words
                yield from (
                    w
                    for method in code.project.site.classes.own_methods(form)
                    for w in method.words
                )
