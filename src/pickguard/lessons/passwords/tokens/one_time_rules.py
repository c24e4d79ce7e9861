"""Password rules about what is good once: links that stay good, and codes that are somebody else's."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, Project, rule
from pickguard.kit.code import argument, tail
from pickguard.lessons.passwords.doors import LOGINS
from pickguard.lessons.passwords.tokens.letting_in import LETS_IN, letting_in
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.site.symbols.unknown import UNKNOWN
from pickguard.site.symbols.values import evaluate
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path, given_to, receiver_of
from pickguard.source.python.walk import inside

_KEY = re.compile(r"(^|_)(token|key|code|secret|hash|digest|nonce|uuid|link)(__exact)?$")
_FETCHES = frozenset({"get", "aget", "first", "last", "get_object_or_404", "aget_object_or_404"})
# Something uses the token up
_SPENDS = re.compile(
    r"delete|used|consum|(^|_)valid|revoke|status|clear|activat|accepted|check_token|pop$|invalid|confirmed|redeem|burn"
)
# or asks whether it is still good
_IS_DATED = re.compile(
    r"expir|^now$|timedelta|created|max_age|fresh|stale|until|timestamp|^date|_at$|too_old|_old$"
)
# of forms, not of tokens
_OF_FORMS = frozenset({"is_valid", "cleaned_data", "form_valid", "form_invalid", "clear_expired"})


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
    for _view, code in project.once(letting_in):
        yield from _signed(code)
        if any(map(_SPENDS.search, code.words - _OF_FORMS)):
            continue
        is_dated = any(map(_IS_DATED.search, code.words))
        for name, call in _tokens(code):
            if _is_touched(code, name):
                continue
            opening = [node for node in code.every(n.Call) if _lets_in(node, name, code)]
            if any(not is_dated or tail(node.func) not in LOGINS for node in opening):
                lasts = "until it is too old" if is_dated else "or looks at its age"
                yield Hit(
                    (code.spot(call),),
                    f"`{name}` lets its owner's account be taken, and nothing uses it up {lasts}",
                    Confidence.MEDIUM,
                    code.symbol,
                    Severity.LOW if is_dated else None,
                )
                break


@rule(
    "passwords.code-of-another",
    title="a code that was sent to one account opens any other",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(639, 640, 287),
    severity=Severity.HIGH,
    gain="a stranger has a code sent to their own address, and sends it with somebody else's",
    mend="take the account from the row of the code, `entry.user`, or look the row up by its account as well",
)
def code_of_another(project: Project) -> Iterator[Hit]:
    """Find a code that is looked up alone, and an account that the browser names beside it."""
    yield from _of_another_in_form(project)
    for _view, code in project.once(letting_in):
        rows = list(_alone(code))
        for call in code.every(n.Call) if rows else ():
            account = _account_of(call)
            taken = _named_by_browser(code, account) if account else None
            if taken is not None and all(taken is not row for _name, row in rows):
                yield Hit(
                    (code.spot(call), code.spot(rows[0][1], "looked up, whoever it was sent to")),
                    f"`{account}` is whom the browser names, and the code may be anybody's",
                    Confidence.MEDIUM,
                    code.symbol,
                )
                break


def _of_another_in_form(project: Project) -> Iterator[Hit]:
    """Yield the forms that find a code alone, and beside it the account that the view lets in."""
    seen: set[FunctionSymbol] = set()
    for view, handler in project.once(letting_in):
        if any(_OWNS.search(node.name) for node in handler.every(n.Attr) if _is_of_row(node)):
            continue
        for form in view.forms:
            for name in ("validate", "clean"):
                function = project.site.classes.method(form.symbol, name)
                if function is None or function in seen:
                    continue
                seen.add(function)
                yield from _of_another_in_check(project.code_of(function))


def _is_of_row(node: n.Attr) -> bool:
    """Whether an attribute is read of something that is neither the request nor the object itself."""
    return tail(node.value) not in ("request", "self")


def _of_another_in_check(code: Code) -> Iterator[Hit]:
    rows = list(_alone(code))
    for account in code.body.assigned if rows else ():
        taken = _named_by_browser(code, account)
        if taken is not None and all(account != name for name, _row in rows):
            yield Hit(
                (code.spot(taken), code.spot(rows[0][1], "looked up, whoever it was sent to")),
                f"`{account}` is whom the browser names, and the code may be anybody's",
                Confidence.MEDIUM,
                code.symbol,
            )
            return


_OWNERS = frozenset({"pk", "id", "user_id", "uid", "username", "email", "phone", "phone_number"})


def _alone(code: Code) -> Iterator[tuple[str, n.Call]]:
    """Yield the rows of codes that are found by them alone, with their names."""
    tokens = list(_tokens(code))
    asked = _asked_about(code) if tokens else frozenset()
    yield from (token for token in tokens if token[0] not in asked and _is_alone(code, token[1]))


def _is_alone(code: Code, call: n.Call) -> bool:
    """Whether a row is found by its code and by nothing else that is sent."""
    sent = [
        k
        for k in call.keywords
        if k.name and (code.origin(k.value).is_browser or _is_hash(code, k.value))
    ]
    others = [k for k in call.keywords if k not in sent and not isinstance(k.value, n.Const)]
    return len(sent) == 1 and not others and _is_key(code, sent[0])


def _asked_about(code: Code) -> frozenset[str]:
    """Return the paths of what a body hands to anything, or reads the owner of."""
    calls = (node for node in code.every(n.Call) if tail(node.func) not in ("update", "dict"))
    read = (node for node in code.every(n.Attr) if _OWNS.search(node.name))
    handed = (access_path(item) for call in calls for item in given_to(call))
    return frozenset((*handed, *(access_path(node.value) for node in read)))


_OWNS = re.compile(
    r"user|owner|account|member|customer|mail|phone|^pk$|profile|person|recipient|address"
)


def _account_of(call: n.Call) -> str:
    """Return the access path of who gets a new password, or is logged in."""
    if tail(call.func) == "set_password" and isinstance(call.func, n.Attr):
        return access_path(call.func.value)
    is_login = tail(call.func) in LOGINS and len(call.args) > 1
    return access_path(call.args[1]) if is_login else ""


def _named_by_browser(code: Code, account: str) -> n.Call | None:
    """Return the query that takes an account by what the browser says of it; None of any other."""
    for value in code.assigned(account):
        for node in inside(value):
            if isinstance(node, n.Call) and tail(node.func) in (*_FETCHES, "filter"):
                named = [k for k in node.keywords if (k.name or "").partition("__")[0] in _OWNERS]
                if any(code.origin(k.value).is_browser for k in named):
                    return node
    return None


_UNSIGNS = ("loads", "unsign", "unsign_object")
# The words of a signed link's handler: `set_password` and a form's `is_valid` say nothing of its age
_DATES = re.compile(
    r"max_age|expir|(^|_)used|consum|revoke|timedelta|timestamp$|fromtimestamp|created|^pop$|delete|nonce|last_login"
    r"|check_token|^cache|pw_hash|^iat$|issued|authenticate$|check_password"
)


def _signed(code: Code) -> Iterator[Hit]:
    """Find signed links that let somebody in, of whatever age."""
    words = code.words - {"max_age", "timedelta"} if _lasts(code) else code.words
    if any(map(_DATES.search, words)):
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


_LONG = 366  # days: a link in a mail is a link in a backup by then
_IN_DAYS = {"days": 1, "weeks": 7}


def _lasts(code: Code) -> bool:
    """Whether a signature is good for years: `max_age=timedelta(days=3650)`."""
    ages = (argument(call, -1, "max_age") for call in code.calls(*_UNSIGNS))
    spans = [made for age in ages if age is not None for made in code.made(age)]
    return bool(spans) and all(_days(span) > _LONG for span in spans)


def _days(span: n.Expr) -> float:
    if not isinstance(span, n.Call) or tail(span.func) != "timedelta":
        value = evaluate(span, lambda _node: UNKNOWN)
        return value / 86400 if isinstance(value, int | float) else 0
    given = [(word.name or "", word.value) for word in span.keywords]
    given += [("days", first) for first in span.args[:1]]
    counted = (
        (_IN_DAYS.get(name, 0), evaluate(value, lambda _node: UNKNOWN)) for name, value in given
    )
    return sum(unit * value for unit, value in counted if isinstance(value, int | float))


def _is_signing(code: Code, call: n.Call) -> bool:
    """Whether a call verifies a signature of Django's: `signing.loads`, `signer.unsign`."""
    if tail(call.func) == "loads":
        return code.is_from(call.func, "django.core.signing")
    return "sign" in tail(receiver_of(call)).lower() or any(
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
    is_sent = isinstance(value, n.Name) and value.id in code.from_url
    return (
        is_sent
        or any(tail(part) == "kwargs" for part in inside(value))
        or code.origin(value).is_browser
        or _is_hash(code, value)
    )


def _is_hash(code: Code, value: n.Expr) -> bool:
    """Whether it is the hash of what the browser sends, as a row keeps it: `sha256(code).hexdigest()`."""
    made = code.made(value)[:2]
    hashes = [
        c for one in made for c in inside(one) if isinstance(c, n.Call) and tail(c.func) in _HASHES
    ]
    return any(code.origin(item).is_browser for call in hashes for item in call.args)


_HASHES = frozenset({"sha256", "sha384", "sha512", "blake2b", "sha1", "md5"})


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
    if tail(call.func) not in LETS_IN:
        return False
    owners = {name}
    for statement in code.statements:
        if isinstance(statement, n.Assign) and isinstance(statement.value, n.Attr):
            if access_path(statement.value.value) == name:
                owners |= {tail(target) for target in statement.targets}
    parts = {tail(part) for part in inside(call) if isinstance(part, n.Name | n.Attr)}
    return bool(parts & owners)
