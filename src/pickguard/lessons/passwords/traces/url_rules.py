"""Password rules about addresses: they stand in histories, logs of servers, and `Referer` headers."""

import re
from collections.abc import Iterator
from itertools import pairwise

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, Project, code_rule
from pickguard.kit.calls.redirects import REDIRECTS
from pickguard.kit.code import argument, tail, text
from pickguard.kit.values.query_keys import QUERIES, query_keys
from pickguard.lessons.passwords.names import is_password, is_secret_setting
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of
from pickguard.source.python.walk import inside

_PARAMETER = re.compile(r"[?&](password|passwd|pwd|passphrase|pass)=$", re.IGNORECASE)
_PLACE = re.compile(
    r"[?&](password|passwd|pwd|passphrase|pass)=(%s|%\(\w+\)s|\{\w*\})", re.IGNORECASE
)
_PASSWORDS = (
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "raw_password",
    "new_password",
    "pw",
    "settings",
)
_COMPARES = ("constant_time_compare", "compare_digest")


@code_rule(
    "passwords.in-address",
    words=(
        *_PASSWORDS,
        "redirect",
        "HttpResponseRedirect",
        "get_login_redirect_url",
        "get_redirect_url",
        *QUERIES,
    ),
    title="a password is part of an address",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(598,),
    severity=Severity.MEDIUM,
    gain="addresses are kept in histories and logs and sent on as `Referer`: many can read the password",
    mend="send it in the body of a POST, or send a token that works once",
)
def in_address(code: Code) -> Iterator[Hit]:
    """Find `f"…?password={password}"` and the like, and secrets of the server that come with a GET."""
    yield from _sent_in_query(code)
    yield from _typed_into_address(code)
    yield from _tokens_in_redirect(code)
    yield from _keys_in_query(code)
    if code.words.isdisjoint(_PASSWORDS):
        return
    nodes: list[n.Expr] = [
        *code.every(n.Joined),
        *code.every(n.Binary),
        *code.every(n.Call),
    ]
    for node in nodes:
        if _holds_password(node) or _is_sent_along(code, node):
            yield Hit(
                (code.spot(node),),
                "the password becomes part of an address",
                Confidence.HIGH,
                code.symbol,
            )


_TOKEN = re.compile(
    r"[?&]((access|refresh|auth|api|session|jwt)_?)?(token|key|jwt|access|refresh)=$", re.IGNORECASE
)
_TOKEN_KEY = re.compile(
    r"^((access|refresh|auth|api|session|jwt)_?)?(token|key|jwt|access|refresh)$", re.IGNORECASE
)
_MAKES_ADDRESS = re.compile(r"url|query|link|address|redirect|params", re.IGNORECASE)
_LEADS = re.compile(r"redirect", re.IGNORECASE)
# What makes a token that stands for a login, by REST framework's and other libraries' names
_MAKERS = frozenset({"Token", "AuthToken", "RefreshToken", "AccessToken", "SlidingToken"})
_DEEPEST = 3


def _tokens_in_redirect(code: Code) -> Iterator[Hit]:
    """Yield where a token that stands for a login becomes part of the address that a redirect leads to."""
    if not code.project.once(_has_tokens):
        return
    led = {id(part) for value in _addresses(code) for part in code.parts(value)}
    for node in code.expressions if led else ():
        for value in _as_token(node) if id(node) in led else ():
            if _stands_for_login(code, value, 0):
                yield Hit(
                    (code.spot(node),),
                    "a token that stands for a login becomes part of an address",
                    Confidence.MEDIUM,
                    code.symbol,
                    gain="addresses are kept in histories and logs, and sent on as `Referer`: who reads one is in",
                    mend="send a code that is good once and for a minute, and hand the token out for it in a POST",
                )
                break


_API_KEY = re.compile(r"^((api|access|auth|bearer)_?)?(key|token)$|^apikey$", re.IGNORECASE)
_AUTHENTICATES = frozenset(
    {"authenticate", "authenticate_credentials", "get_token", "get_raw_token"}
)


def _keys_in_query(code: Code) -> Iterator[Hit]:
    """Yield where what authenticates an API takes its key out of the address."""
    if code.function is None or code.words.isdisjoint(QUERIES):
        return
    for name, node, holder in query_keys(code):
        if isinstance(holder, n.Attr) and _API_KEY.match(name):
            if code.body.is_request(holder.value) and (_authenticates(code) or _looks_up(code)):
                yield Hit(
                    (code.spot(node),),
                    f"`{name}`, which stands for a login, is taken out of the address",
                    Confidence.MEDIUM,
                    code.symbol,
                    Severity.LOW,
                    gain="addresses are kept in histories and logs: many can read the key, and use it",
                    mend="take it from a header: `Authorization`",
                )
                return


def _authenticates(code: Code) -> bool:
    """Whether code is an API's authentication, or called by one."""
    callers = code.project.flow.callers.of(code.function) if code.function is not None else []
    for body in (code.body, *(caller for caller, _call, _bound in callers)):
        owner, function = body.owner, body.function
        if owner is None or function is None or function.node.name not in _AUTHENTICATES:
            continue
        if code.project.site.classes.inherits(owner, ".BaseAuthentication", ".TokenAuthentication"):
            return True
    return False


_TOKENS = re.compile(r"^(\w*Auth|\w*API|\w*Api|\w*Access)?(Token|Key)$")


def _looks_up(code: Code) -> bool:
    """Whether code finds the row of a token, and with it who asks: `Token.objects.get(key=key).user`."""
    return (
        any(
            any(_API_KEY.match(word.name or "") for word in call.keywords)
            and any(_TOKENS.match(tail(part)) for part in inside(call.func))
            for call in code.calls("get", "filter", "get_object_or_404")
        )
        and "user" in code.words
    )


def _has_tokens(project: Project) -> bool:
    """Whether the site makes such tokens anywhere."""
    return any(project.flow.callers.holding(word) for word in sorted(_MAKERS))


def _addresses(code: Code) -> Iterator[n.Expr]:
    """Yield the addresses that code leads the browser to, or that it returns for that."""
    for call in code.calls(*REDIRECTS):
        yield from call.args[:1]
    if code.function is not None and _LEADS.search(code.function.node.name):
        yield from code.returned


def _as_token(node: n.Expr) -> Iterator[n.Expr]:
    """Yield what an address, or the query that is made for one, says that a token is."""
    match node:
        case n.Joined(parts=parts):
            for before, after in pairwise(parts):
                if isinstance(after, n.Formatted) and _TOKEN.search(text(before) or ""):
                    yield after.value
        case n.Binary(op="+"):
            if _TOKEN.search(_end_of(node.left)):
                yield node.right
        case n.Call() if tail(node.func) == "urlencode" and node.args:
            given = node.args[0]
            pairs = (
                zip(given.keys, given.values, strict=True) if isinstance(given, n.Mapping) else ()
            )
            yield from (value for key, value in pairs if _TOKEN_KEY.match(text(key) or ""))
        case n.Call() if _MAKES_ADDRESS.search(tail(node.func)):
            yield from (k.value for k in node.keywords if _TOKEN_KEY.match(k.name or ""))


def _stands_for_login(code: Code, node: n.Expr, depth: int) -> bool:
    """Whether a value is the key of a `Token`, or a token `for_user`, also of a function of the site."""
    if depth > _DEEPEST:
        return False
    for made in code.made(node):
        parts = list(inside(made))
        calls = [part for part in parts if isinstance(part, n.Call)]
        if any(tail(call.func) == "for_user" for call in calls):
            return True
        if any(tail(part) in _MAKERS for call in calls for part in inside(call.func)):
            return True
        if any(_is_made_there(code, call, depth) for call in calls):
            return True
        names = [part for part in parts if isinstance(part, n.Name) and part is not node]
        if any(
            _stands_for_login(code, name, depth + 1) for name in names if code.assigned(name.id)
        ):
            return True
    return False


def _is_made_there(code: Code, call: n.Call, depth: int) -> bool:
    function = code.called_with(call, _MAKERS)
    if function is None or function == code.function:
        return False
    there = code.project.code_of(function)
    return any(_stands_for_login(there, value, depth + 1) for value in there.returned)


def _typed_into_address(code: Code) -> Iterator[Hit]:
    """Yield where a view reads a password out of the address: `request.GET.get("password")`."""
    if code.function is None or code.words.isdisjoint(QUERIES) or "DEBUG" in code.words:
        return  # what asks for DEBUG is the developers' own way in
    asked = {id(part) for test in _tests(code) for part in _operands(test)}
    for _name, node, holder in query_keys(code):
        if isinstance(holder, n.Attr) and is_password(node) and id(node) not in asked:
            if code.body.is_request(holder.value):
                yield Hit(
                    (code.spot(node),),
                    "the password is read out of the address, where the form's `method` has put it",
                    Confidence.MEDIUM,
                    code.symbol,
                    mend='send the form with `method="post"`, and read `request.POST`',
                )


def _tests(code: Code) -> Iterator[n.Expr]:
    """Yield the conditions, which tell of a value only that there is one."""
    for statement in code.statements:
        if isinstance(statement, n.If):
            yield statement.test
    yield from (choice.test for choice in code.every(n.Choice))


def _operands(test: n.Expr) -> Iterator[n.Expr]:
    """Yield what a condition is made of: both of `a or not b`."""
    waiting = [test]
    while waiting:
        node = waiting.pop()
        if isinstance(node, n.Logic):
            waiting.extend(node.values)
        elif isinstance(node, n.Unary):
            waiting.append(node.operand)
        else:
            yield node


def _sent_in_query(code: Code) -> Iterator[Hit]:
    """Yield where a setting that is a secret is compared with a part of the address."""
    if code.words.isdisjoint(QUERIES) or "settings" not in code.words:
        return
    for node, sides in _compared(code):
        secret = next((side for side in sides if is_secret_setting(side)), None)
        sent = next((code.origin(side) for side in sides if side is not secret), None)
        if secret is None or sent is None or not sent.is_browser or sent.source is None:
            continue
        if any(tail(part) in QUERIES for part in inside(sent.source)):
            yield Hit(
                (code.spot(node),),
                f"`{tail(secret)}` comes as a part of the address",
                Confidence.MEDIUM,
                code.symbol,
                mend="take it from a header, `Authorization`, or from the body of a POST",
            )


def _compared(code: Code) -> Iterator[tuple[n.Expr, tuple[n.Expr, ...]]]:
    """Yield what compares two values, and the two."""
    for node in code.every(n.Compare):
        if node.ops[0] in ("==", "!="):
            yield node, (node.left, node.rights[0])
    for call in code.calls(*_COMPARES):
        yield call, call.args


def _holds_password(node: n.Expr) -> bool:
    match node:
        case n.Joined(parts=parts):
            return any(
                isinstance(after, n.Formatted) and _PARAMETER.search(text(before) or "")
                for before, after in pairwise(parts)
            )
        case n.Binary(op="%"):
            return bool(_PLACE.search(text(node.left) or ""))
        case n.Binary(op="+"):
            return bool(_PARAMETER.search(_end_of(node.left)))
        case n.Call(func=n.Attr(name="format", value=form)):
            return bool(_PLACE.search(text(form) or ""))
    return False


def _is_sent_along(code: Code, node: n.Expr) -> bool:
    """Whether a client writes a typed password into an address: `requests.get(url, params={"password": …})`."""
    if not isinstance(node, n.Call):
        return False
    pairs = argument(node, -1, "params")
    return any(
        isinstance(made, n.Mapping)
        and any(
            _PASSWORD_KEY.match(text(key) or "") and code.origin(value).is_browser
            for key, value in zip(made.keys, made.values, strict=True)
        )
        for made in (code.made(pairs) if pairs is not None and _is_client(code, node) else ())
    )


_PASSWORD_KEY = re.compile(r"^(password|passwd|pwd|passphrase)$", re.IGNORECASE)
_CLIENTS = ("requests", "httpx")


def _is_client(code: Code, call: n.Call) -> bool:
    """Whether a call is one of a library for HTTP, or of a session that one has made."""
    return code.is_from(call.func, *_CLIENTS) or code.is_made_by(receiver_of(call), *_CLIENTS)


def _end_of(node: n.Expr) -> str:
    """Return the constant text that a sum ends with."""
    if isinstance(node, n.Binary) and node.op == "+":
        return _end_of(node.right)
    if isinstance(node, n.Joined) and node.parts:
        return text(node.parts[-1]) or ""
    return text(node) or ""
