"""Password rules about what is good once: links that stay good, and codes that can be guessed on and on."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, Project, rule
from pickguard.kit.code import argument, tail
from pickguard.lessons.passwords.doors import LOGINS, is_open
from pickguard.site.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path
from pickguard.source.python.walk import inside

_KEY = re.compile(r"(^|_)(token|key|code|secret|hash|nonce|uuid|link)(__exact)?$")
_FETCHES = frozenset({"get", "aget", "first", "last", "get_object_or_404", "aget_object_or_404"})
# Something uses the token up, or asks whether it is still good
_SPENDS = re.compile(
    r"delete|used|expir|consum|valid|revoke|^now$|timedelta|created|status|clear|activat|accepted|max_age"
    r"|fresh|stale|until|check_token|pop$|invalid|timestamp|^date|confirmed"
)
_CODE = re.compile(
    r"(^|_)(otp|pin|totp|passcode|one_time_\w+|sms_code|verification_code|auth_code|login_code|code)$"
)
# what holds the digits of a row that is a code: `code.digits`
_OF_CODE = frozenset({"digits", "value", "number", "plain"})
_VERIFIERS = frozenset({"TOTP", "HOTP", "accept_totp", "accept_hotp"})
_COUNTS = re.compile(
    r"attempt|tries|retr|throttl|limit|lock|count|fail|block|guard|axes|defender|wrong"
)
_LETS_IN = frozenset({*LOGINS, "set_password", "create_token"})


def _letting_in(project: Project) -> Iterator[tuple[View, Code]]:
    """Yield the handlers that strangers reach and that let somebody in."""
    for view, function in project.handlers(is_open, _LETS_IN):
        yield view, project.code_of(function)


@rule(
    "passwords.token-kept",
    title="a link that sets a password or logs in stays good for ever",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(613, 640),
    severity=Severity.MEDIUM,
    gain="who finds the link later, in a log, a mailbox or a history, takes the account over",
    mend="delete the token once it was used, and refuse one that is old; or sign it with `max_age`",
)
def token_kept(project: Project) -> Iterator[Hit]:
    """Find tokens of the site's own, looked up or signed, that are neither used up nor dated."""
    for _view, code in _letting_in(project):
        yield from _signed(code)
        if any(map(_SPENDS.search, code.words)):
            continue
        for name, call in _tokens(code):
            if _is_touched(code, name):
                continue
            if any(_lets_in(node, name, code) for node in code.every(n.Call)):
                yield Hit(
                    (code.spot(call),),
                    f"`{name}` lets its owner's account be taken, and nothing uses it up or looks at its age",
                    Confidence.MEDIUM,
                    code.symbol,
                )
                break


_UNSIGNS = ("loads", "unsign", "unsign_object")
# The words of a signed link's handler: `set_password` and a form's `is_valid` say nothing of its age
_DATES = re.compile(
    r"max_age|expir|(^|_)used|consum|revoke|timedelta|timestamp$|fromtimestamp|created|^pop$|delete|nonce|last_login"
    r"|check_token|^cache|pw_hash|^iat$|issued|authenticate$|check_password"
)


def _signed(code: Code) -> Iterator[Hit]:
    """Find signed links that let somebody in, of whatever age."""
    if any(map(_DATES.search, code.words)):
        return
    for call in code.calls(*_UNSIGNS):
        origin = code.origin(argument(call, 0, "s", "value", "signed_obj"))
        if origin.is_browser and _is_signing(code, call):
            yield Hit(
                (code.spot(call),),
                "whoever has the link is let in, however old it is",
                Confidence.MEDIUM,
                code.symbol,
            )
            return


def _is_signing(code: Code, call: n.Call) -> bool:
    """Whether a call verifies a signature of Django's: `signing.loads`, `signer.unsign`."""
    if tail(call.func) == "loads":
        return code.is_from(call.func, "django.core.signing")
    return "sign" in tail(
        call.func.value if isinstance(call.func, n.Attr) else None
    ).lower() or any(
        isinstance(part, n.Call) and tail(part.func).endswith("Signer")
        for part in inside(call.func)
    )


def _tokens(code: Code) -> Iterator[tuple[str, n.Call]]:
    """Yield the names of rows that are looked up by a key that the browser sends."""
    for statement in code.statements:
        if not isinstance(statement, n.Assign) or not isinstance(statement.targets[0], n.Name):
            continue
        for node in inside(statement.value):
            if not isinstance(node, n.Call) or tail(node.func) not in (*_FETCHES, "filter"):
                continue
            if any(_is_key(code, keyword) for keyword in node.keywords):
                yield statement.targets[0].id, node
                break


def _is_key(code: Code, keyword: n.Keyword) -> bool:
    if keyword.name is None or not _KEY.search(keyword.name):
        return False
    value = keyword.value
    is_sent = isinstance(value, n.Name) and value.id in code.body.url
    return (
        is_sent
        or any(tail(part) == "kwargs" for part in inside(value))
        or code.origin(value).is_browser
    )


def _is_touched(code: Code, name: str) -> bool:
    """Whether something changes the token, or one of its own methods is called."""
    if any(
        isinstance(target, n.Attr) and access_path(target.value) == name
        for statement in code.statements
        if isinstance(statement, n.Assign)
        for target in statement.targets
    ):
        return True
    return any(
        isinstance(node.func, n.Attr) and access_path(node.func.value) == name
        for node in code.every(n.Call)
    )


def _lets_in(call: n.Call, name: str, code: Code) -> bool:
    """Whether a call logs the token's user in, or sets their password."""
    if tail(call.func) not in _LETS_IN:
        return False
    owners = {name}
    for statement in code.statements:
        if isinstance(statement, n.Assign) and isinstance(statement.value, n.Attr):
            if access_path(statement.value.value) == name:
                owners |= {tail(target) for target in statement.targets}
    parts = {tail(part) for part in inside(call) if isinstance(part, n.Name | n.Attr)}
    return bool(parts & owners)


@rule(
    "passwords.code-guessed",
    title="a code of a few digits can be guessed on and on",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(307, 799),
    severity=Severity.HIGH,
    gain="a robot tries all of a million codes within the hour, and is in",
    mend="count the wrong ones and throw the code away after five: `pickguard.attempts.guard` counts them"
    " so that many at once get no further",
)
def code_guessed(project: Project) -> Iterator[Hit]:
    """Find codes that are compared with what was sent, in views that count no wrong ones."""
    if project.limits_attempts:
        return
    for view, code in _letting_in(project):
        if view.throttled or any(map(_COUNTS.search, code.words)):
            continue
        found = next(_comparisons(code), None)
        if found is not None:
            yield Hit(
                (code.spot(found),),
                "the code is compared as often as the browser likes",
                Confidence.MEDIUM,
                code.symbol,
            )


def _comparisons(code: Code) -> Iterator[n.Expr]:
    for node, one, other in _compared(code):
        for stored, sent in ((one, other), (other, one)):
            if _is_stored_code(stored) and code.origin(sent).is_browser:
                yield node
    for call in code.calls("filter", "get", "get_object_or_404"):
        if _is_of_short_code(code, call):
            yield call
    for call in code.calls("verify", "accept_totp", "accept_hotp"):
        values = [*call.args, *(keyword.value for keyword in call.keywords)]
        if _VERIFIERS & code.words and any(code.origin(value).is_browser for value in values):
            yield call


def _compared(code: Code) -> Iterator[tuple[n.Expr, n.Expr, n.Expr]]:
    """Yield what is compared for equality, with both sides."""
    for node in code.every(n.Compare):
        if node.ops in (("==",), ("!=",)):
            yield node, node.left, node.rights[0]
    for call in code.calls("compare_digest", "constant_time_compare"):
        if len(call.args) == 2:
            yield call, call.args[0], call.args[1]


_SHORT = 10


def _is_of_short_code(code: Code, call: n.Call) -> bool:
    """Whether a query asks for a row by a code of a few digits and by whose it is."""
    sent = [k for k in call.keywords if k.name and code.origin(k.value).is_browser]
    codes = [k.name for k in sent if k.name and _CODE.search(k.name) and "__" not in k.name]
    if not codes or len(call.keywords) < 2:
        return False
    first = argument(call, 0, "klass") if tail(call.func) == "get_object_or_404" else call.func
    holder = first.value if isinstance(first, n.Attr) else first
    found = (
        code.project.flow.types.of(code.body, holder, code.body.scope.at(call.span))
        if holder is not None
        else None
    )
    field = found.model.field(codes[0]) if found is not None and found.model is not None else None
    length = field.options.get("max_length") if field is not None else None
    return isinstance(length, int) and length <= _SHORT


def _is_stored_code(node: n.Expr) -> bool:
    """Whether a value is a code of the site's: an attribute, or what the session or cache holds."""
    if isinstance(node, n.Attr):
        is_of_code = isinstance(node.value, n.Name) and bool(_CODE.search(node.value.id))
        is_code = bool(_CODE.search(node.name)) or (is_of_code and node.name in _OF_CODE)
        return is_code and tail(node.value) not in ("request", "self")
    if isinstance(node, n.Index | n.Call):
        return any(
            isinstance(part, n.Const) and isinstance(part.value, str) and _CODE.search(part.value)
            for part in inside(node)
        ) and any(tail(part) in ("session", "cache") for part in inside(node))
    return False
