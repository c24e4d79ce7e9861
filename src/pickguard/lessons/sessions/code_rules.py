"""Session rules that look at code."""

import re
from collections.abc import Iterator, Mapping

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, Project, Spot, code_rule
from pickguard.kit.calls.own_logins import PASSWORD, noted_account
from pickguard.kit.calls.redirects import is_redirect
from pickguard.kit.code import argument, is_false, is_true, tail, text
from pickguard.kit.values.whole_mappings import Entry, spread
from pickguard.lessons.sessions.cookie_gates import gates_by_cookie
from pickguard.lessons.sessions.cookie_rows import accounts_of_cookies
from pickguard.lessons.sessions.writes import USER_KEY, Kept, is_session, kept, kept_inside
from pickguard.site.symbols.names import ValueSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import called_by, entry_of, is_none, items_of, receiver_of
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import inside, statements

_CREDENTIAL = re.compile(r"token|session|auth|jwt|secret|api_?key|remember|password", re.IGNORECASE)
_NOT_CREDENTIAL = re.compile(r"csrf|xsrf|consent|lang|theme|tz|timezone", re.IGNORECASE)
_SECRET = re.compile(r"(^|_)(password|passwd|pwd|secret|pin|card_?number|cvv|private_key)\d?$")
_POWER = re.compile(
    r"(^|_)(is_)?(admin|staff|superuser|role|roles|permissions?|user_?id|uid|user|username"
    r"|logged_?in|authenticated|identity|impersonat\w*)$",
    re.IGNORECASE,
)
_LOGGED_IN = re.compile(
    r"^(user|user_?id|uid|username|logged_?in|is_logged_?in|authenticated"
    r"|(member|account|customer|student|teacher|employee|patient|staff|admin)(_?(id|pk))?)$",
    re.IGNORECASE,
)
_RENEWS = frozenset({"cycle_key", "flush", "login", "auth_login", "django_login"})


@code_rule(
    "sessions.cookie-without-flags",
    words=("set_cookie",),
    title="a cookie that opens something lacks its flags",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(614, 1004),
    severity=Severity.MEDIUM,
    gain="a script on the page or a listener on the network takes the credential in the cookie",
    mend='pass `secure=True, httponly=True, samesite="Lax"`',
)
def cookie_without_flags(code: Code) -> Iterator[Hit]:
    """Find `set_cookie` of a credential without `secure` or `httponly`."""
    for call in code.calls("set_cookie"):
        options = spread(code, call)
        if options is None or not isinstance(call.func, n.Attr):
            continue
        name = _cookie_name(code, argument(call, 0, "key"))
        missing = [flag for flag in ("secure", "httponly") if _is_off(call, flag, options)]
        if not missing:
            continue
        weighs = _is_credential(name) or (
            not _NOT_CREDENTIAL.search(name) and _holds_credential(argument(call, 1, "value"))
        )
        yield Hit(
            (code.spot(call), *_switches(options, missing)),
            f"the cookie `{name or '…'}` is set without {' and '.join(f'`{m}`' for m in missing)}",
            Confidence.MEDIUM if weighs else Confidence.LOW,
            code.symbol,
            None if weighs else Severity.LOW,
            gain=_GAINS.get(tuple(missing), ""),
        )


_GAINS: dict[tuple[str, ...], str] = {
    ("secure",): "a listener on the network takes the credential in the cookie",
    ("httponly",): "a script on the page takes the credential in the cookie",
}


def _is_credential(name: str) -> bool:
    return bool(_CREDENTIAL.search(name)) and not _NOT_CREDENTIAL.search(name)


def _holds_credential(value: n.Expr | None) -> bool:
    """Whether what is put into a cookie has the name of a credential: `set_cookie("refresh", token)`."""
    return isinstance(value, n.Name | n.Attr) and _is_credential(tail(value))


def _cookie_name(code: Code, node: n.Expr | None) -> str:
    """Return the name of a cookie, also where a constant of the site holds it."""
    found = code.resolve(node) if isinstance(node, n.Name | n.Attr) else None
    value = found.value if isinstance(found, ValueSymbol) else node
    said = text(value)
    if said is None and isinstance(node, n.Name):
        texts = (text(value) or "" for _caller, _call, value in code.handed(node.id))
        said = next(filter(_CREDENTIAL.search, texts), None)
    return said or (tail(node) if node is not None else "")


def _is_off(call: n.Call, flag: str, options: Mapping[str, Entry]) -> bool:
    value = argument(call, -1, flag) or (options[flag].value if flag in options else None)
    return value is None or is_false(value)


def _switches(options: Mapping[str, Entry], missing: list[str]) -> Iterator[Spot]:
    """Yield where the options of a cookie say that it has no such flag."""
    for flag in missing:
        if flag in options:
            yield options[flag].code.spot(options[flag].value, f"`{flag}` is switched off here")


@code_rule(
    "sessions.secret-in-session",
    words=("session",),
    title="a password or secret is kept in the session",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(312, 539),
    severity=Severity.MEDIUM,
    gain="whoever reads the session store or a backup of it has the secret in clear text",
    mend="keep no password; keep a flag that it was checked, or a reference to where the secret is",
)
def secret_in_session(code: Code) -> Iterator[Hit]:
    """Find `request.session["password"] = …`, also inside of what is kept."""
    for whole in kept(code):
        for entry in kept_inside(whole):
            if _SECRET.search(entry.key.lower()) and not _is_harmless(entry.value):
                says = f"`{entry.key}` is kept in the session"
                yield Hit((code.spot(entry.node),), says, Confidence.MEDIUM, code.symbol)
            elif name := _typed_secret(code, entry.value):
                says = f"`{name}` is kept in the session, as `{entry.key}`"
                yield Hit((code.spot(entry.node),), says, Confidence.MEDIUM, code.symbol)
        name = _secret_of_form(code, whole.value)
        if name:
            yield Hit(
                (code.spot(whole.node),),
                f"all that a form took is kept in the session, and `{name}` is among it",
                Confidence.MEDIUM,
                code.symbol,
            )


def _typed_secret(code: Code, value: n.Expr) -> str:
    """Return the secret that the browser has sent, by its name there, among what is kept; or an empty text."""
    for part in items_of(value) if isinstance(value, n.Sequence) else (value,):
        for made in code.made(part):
            name = called_by(made)
            if name and _SECRET.search(name.lower()) and code.origin(made).is_browser:
                return name
    return ""


def _secret_of_form(code: Code, value: n.Expr) -> str:
    """Return the secret among what a form has let through as a whole, `form.cleaned_data`; or an empty text."""
    for made in code.made(value):
        if not isinstance(made, n.Attr) or made.name not in _TAKEN:
            continue
        found = code.type_of(made.value, made)
        form = code.project.site.forms.by_symbol.get(found.symbol) if found is not None else None
        names = [*form.declared, *(form.writes or ())] if form is not None else []
        secret = next((name for name in names if _SECRET.search(name.lower())), "")
        taken_out = {text(part) for call in code.calls("pop") for part in call.args}
        return "" if secret in taken_out else secret
    return ""


_TAKEN = frozenset({"cleaned_data", "validated_data"})


def _is_harmless(value: n.Expr) -> bool:
    return isinstance(value, n.Const | n.Compare | n.Unary)


@code_rule(
    "sessions.login-keeps-key",
    words=("session",),
    title="a hand-written login keeps the old session key",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(384,),
    severity=Severity.HIGH,
    gain="an attacker who planted a session key before the login is logged in as the victim after it",
    mend="call `django.contrib.auth.login`, or `request.session.cycle_key()` before noting the user",
)
def login_keeps_key(code: Code) -> Iterator[Hit]:
    """Find a user noted in the session after a password was checked, with the key unchanged."""
    if code.function is None or _renews(code) or "starlette" in code.packages:
        return  # a session of Starlette's is a signed cookie, and has no key
    yield from _made_by_hand(code)
    looks = not code.words.isdisjoint(_PASSWORDS) or any(map(PASSWORD.match, code.words))
    if not looks and not _is_called_login(code):
        return
    is_checked_here = "check_password" in code.words
    for entry in kept(code):
        key = entry.key
        is_flag = is_true(entry.value)
        is_const = isinstance(entry.value, n.Const | n.Bytes) and not is_flag
        is_login = _LOGGED_IN.match(key) or noted_account(code, entry.value) is not None
        if is_const or not is_login:
            continue
        # a name alone may only be meant for the next form
        is_doubted = is_flag or key == "username"
        if is_checked_here or not is_doubted or key in code.project.once(_asked_of_sessions):
            yield Hit(
                (code.spot(entry.node),),
                f'`session["{key}"]` marks a login, and the session key stays the same',
                Confidence.HIGH if is_checked_here else Confidence.MEDIUM,
                code.symbol,
            )


def _renews(code: Code) -> bool:
    """Whether a function takes another key for the session; one that it throws away now and then stays else."""
    if code.words & _RENEWS != {"flush"}:
        return bool(code.words & _RENEWS)
    return any(not code.is_conditional(call.span) for call in code.calls("flush"))


def _is_called_login(code: Code) -> bool:
    """Whether a function logs somebody in who has proved it, by its name or its callers, who renew nothing."""
    function = code.function
    if function is None or len(function.node.params) <= 1:
        return False
    callers = code.project.flow.callers.of(function)[:_MOST_CALLERS]
    words = [body.words for body, _call, _bound in callers]
    if not words or any(one & _RENEWS for one in words):
        return False
    is_named = bool(_LOGIN.search(function.node.name))
    return is_named or any(not one.isdisjoint(_HASHED) for one in words)


# a password that is looked at, by whatever name it goes
_HASHED = frozenset({"check_password", "authenticate", "verify_password", "make_password"})
_PASSWORDS = _HASHED - {"make_password"}
_LOGIN = re.compile(r"^_?(log|sign)_?in(_\w+)?$|_(log|sign)_?in$")
_MOST_CALLERS = 8


def _made_by_hand(code: Code) -> Iterator[Hit]:
    """Yield what writes `login()`'s own entry: whoever had the session before is logged in as well."""
    for entry in kept(code):
        if entry.key == USER_KEY and not is_none(entry.value) and not _is_new(code, entry):
            yield Hit(
                (code.spot(entry.node),),
                f'`session["{USER_KEY}"]` is a login without `login()`, and the session key stays the same',
                Confidence.HIGH,
                code.symbol,
            )


def _is_new(code: Code, entry: Kept) -> bool:
    """Whether the session was made here, with a key of its own that nobody knows: `SessionStore()`."""
    target = entry.node.targets[0] if isinstance(entry.node, n.Assign) else None
    made = code.made(target.value) if isinstance(target, n.Index) else []
    return any(
        isinstance(one, n.Call)
        and tail(one.func) == "SessionStore"
        and not (one.args or one.keywords)
        for one in made
    )


def _asked_of_sessions(project: Project) -> frozenset[str]:
    """Return the keys of sessions that decide anything: those that a condition of the site reads."""
    return frozenset(
        key
        for function in project.flow.callers.holding("session")
        for statement in statements(body(function.node))
        if isinstance(statement, n.If | n.While | n.Assert)
        for node in inside(statement.test)
        if (key := _tested_key(node))
    )


def _tested_key(node: n.Expr) -> str | None:
    """Return the key of `session["user"]`, `session.get("user")` and `"user" in session`."""
    if isinstance(node, n.Compare) and is_session(node.rights[0]):
        return text(node.left)
    return _key_read(node, "session", "_session")


@code_rule(
    "sessions.trusts-cookie",
    words=("COOKIES",),
    title="a decision rests on an unsigned cookie",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(565, 784),
    severity=Severity.HIGH,
    gain="whoever edits the cookie in their browser becomes admin, or somebody else",
    mend="keep it in the session, or set and read it with `set_signed_cookie`/`get_signed_cookie`",
)
def trusts_cookie(code: Code) -> Iterator[Hit]:
    """Find roles, user ids and browsers that are trusted, read from `request.COOKIES`."""
    leading = _only_leading(code) | _only_keeping(code)
    for node in code.expressions:
        key = _key_read(node, "COOKIES") or _named_key(code, node)
        if id(node) in leading or (key and _MEASURES.match(key)):
            continue
        if key and (_POWER.search(key) or (_TRUSTED.search(key) and _is_fixed(code, node))):
            yield Hit(
                (code.spot(node),),
                f"`{key}` is read from a cookie that the browser can change",
                Confidence.MEDIUM,
                code.symbol,
            )
    for compared in code.every(n.Compare):
        key = _role_read(code, compared)
        if key and not _POWER.search(key):
            yield Hit(
                (code.spot(compared),),
                f"the cookie `{key}`, which the browser can change, says who is in charge",
                Confidence.MEDIUM,
                code.symbol,
            )

    if not any(_POWER.search(key) for key in map(_cookie_read, code.expressions) if key):
        yield from _further_in(code)


def _further_in(code: Code) -> Iterator[Hit]:
    """Yield what the cookie decides by a part of it, whatever it is called: an account, or who is refused."""
    for call, field in accounts_of_cookies(code):
        yield Hit(
            (code.spot(call),),
            f"a cookie, which the browser can change, names the account by `{field}`",
            Confidence.MEDIUM,
            code.symbol,
        )
    for gate in gates_by_cookie(code) if code.words.isdisjoint(_PROVING) else ():
        yield Hit(
            (code.spot(gate.statement), code.spot(gate.decided, "what the cookie says")),
            f"whoever lacks `request.{gate.attribute}` is refused, and a cookie says it that the browser can change",
            Confidence.MEDIUM,
            code.symbol,
        )


def _cookie_read(node: n.Expr) -> str | None:
    return _key_read(node, "COOKIES")


def _only_leading(code: Code) -> frozenset[int]:
    """Return what only decides whether the browser is sent to another page, which asks for itself."""
    return frozenset(
        id(part)
        for statement in code.statements
        if isinstance(statement, n.If) and not statement.other and statement.body
        if isinstance(statement.body[-1], n.Return) and is_redirect(statement.body[-1].value)
        if all(isinstance(one, n.Assign | n.Return) for one in statement.body)
        if not _lacks_power(statement.test)
        for part in inside(statement.test)
    )


def _lacks_power(test: n.Expr) -> bool:
    """Whether it is true of whoever lacks a power: all others go on, `request.COOKIES.get("role") != "admin"`."""
    if isinstance(test, n.Logic):
        return any(map(_lacks_power, test.values))
    if isinstance(test, n.Unary) and test.op == "not":
        return bool(_ENTRY.match(_cookie_read(test.operand) or ""))
    if not isinstance(test, n.Compare) or test.ops[0] not in ("!=", "not in", "is not"):
        return False
    return bool(_ENTRY.match(_cookie_read(test.left) or ""))


def _only_keeping(code: Code) -> frozenset[int]:
    """Return what only decides whether a cookie is set anew, or deleted."""
    return frozenset(
        id(part)
        for statement in code.statements
        if isinstance(statement, n.If) and statement.body
        if all(isinstance(one, n.Do) and _keeps(one.value) for one in statement.body)
        for part in inside(statement.test)
    )


def _keeps(node: n.Expr) -> bool:
    return isinstance(node, n.Call) and tail(node.func) in ("set_cookie", "delete_cookie")


_ROLES = frozenset({"admin", "administrator", "root", "superuser", "staff", "manager", "moderator"})


def _role_read(code: Code, compared: n.Compare) -> str:
    """Return the key of a cookie that is held against a role: `cookie.split("|")[0] == "admin"`.

    Also that of one whose entry says what somebody may, in whatever it was packed: `data["perms"] == 1`.
    """
    sides = (compared.left, compared.rights[0])
    if compared.ops[0] not in ("==", "!=", "in") or code.words & _PROVING:
        return ""
    if not any((text(side) or "").lower() in _ROLES or _says_power(side) for side in sides):
        return ""
    made = (part for side in sides for part in code.parts(side))
    return next((key for part in made if (key := _key_read(part, "COOKIES"))), "")


_PROVING = frozenset({"signing", "unsign", "jwt", "hmac", "compare_digest", "decrypt", "verify"})
_ENTRY = re.compile(
    r"^((is|user)_)?(admin|staff|superuser|roles?|perms?|permissions?)$", re.IGNORECASE
)


def _says_power(node: n.Expr) -> bool:
    entry = entry_of(node)
    return entry is not None and bool(_ENTRY.match(text(entry[1]) or ""))


# the numbers that services which count visitors give to browsers
_MEASURES = re.compile(
    r"_(ga|gid|gcl|ym|fb[pc]|hj|pk|uet|clck|clsk|scid|tt)(_|$|[A-Z])|_fb[pc]$|__utm"
)
_TRUSTED = re.compile(
    r"^(trusted|remembered|known|verified)_?(device|browser|computer)$|^(2fa|mfa|otp|two_?factor)_?(ok|done|passed|verified|trusted|skip)$",
    re.IGNORECASE,
)


def _named_key(code: Code, node: n.Expr) -> str | None:
    """Return the key that is read of the cookies under a name of the module: `COOKIES.get(NAME)`."""
    holder = receiver_of(node) if isinstance(node, n.Call) and tail(node.func) == "get" else None
    key = argument(node, 0) if isinstance(node, n.Call) else None
    if isinstance(node, n.Index):
        holder, key = node.value, node.index
    is_name = isinstance(key, n.Name) and tail(holder) == "COOKIES"
    return code.body.said(key) if is_name and key is not None else None


def _is_fixed(code: Code, node: n.Expr) -> bool:
    """Whether a cookie is held against what stands in the code, or only has to be there."""
    for compare in code.every(n.Compare):
        if compare.left is node:
            return all(isinstance(right, n.Const) for right in compare.rights)
    return any(
        part is node
        for statement in code.statements
        if isinstance(statement, n.If | n.Return)
        for part in _truths(statement.test if isinstance(statement, n.If) else statement.value)
    )


def _truths(test: n.Expr | None) -> Iterator[n.Expr]:
    """Yield what a condition asks whether it is there: the parts of `a and not b`."""
    if isinstance(test, n.Logic):
        for value in test.values:
            yield from _truths(value)
    elif isinstance(test, n.Unary):
        yield from _truths(test.operand)
    elif test is not None:
        yield test


def _key_read(node: n.Expr, *holders: str) -> str | None:
    """Return the key that is read of a mapping of one of these names: `COOKIES["a"]`, `COOKIES.get("a")`."""
    if isinstance(node, n.Index) and tail(node.value) in holders:
        return text(node.index)
    if isinstance(node, n.Call) and isinstance(node.func, n.Attr) and node.func.name == "get":
        return text(argument(node, 0)) if tail(node.func.value) in holders else None
    return None


def _hands_out_tokens(project: Project) -> bool:
    """Whether a site logs people in with tokens that no password change ends."""
    if project.packages & {"djangorestframework-simplejwt", "django-rest-knox"}:
        return True
    return any(True for _function in project.flow.callers.holding("RefreshToken"))


@code_rule(
    "sessions.password-change-drops-session",
    words=("set_password",),
    title="a password change without `update_session_auth_hash`",
    areas=(Area.AVAILABILITY,),
    cwe=(613,),
    severity=Severity.INFO,
    gain="nothing; the user is thrown out at once, and teams then switch the check off altogether",
    mend="call `update_session_auth_hash(request, user)` after saving",
)
def password_change_drops_session(code: Code) -> Iterator[Hit]:
    """Find `request.user.set_password(…)` that leaves the user logged out."""
    if code.words & {"update_session_auth_hash", "login", "auth_login", "logout", "flush"}:
        return
    if code.project.once(_hands_out_tokens):
        return
    for call in code.calls("set_password"):
        receiver = receiver_of(call)
        if (
            isinstance(receiver, n.Attr)
            and receiver.name == "user"
            and code.body.is_request(receiver.value)
        ):
            yield Hit(
                (code.spot(call),),
                "the user's own session dies with this password change",
                Confidence.MEDIUM,
                code.symbol,
            )
