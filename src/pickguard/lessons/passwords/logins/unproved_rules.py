"""Password rules about logins without a proof: whoever names an account is let in as its owner."""

import re
from collections import Counter
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, Project, Spot, code_rule, rule
from pickguard.kit.code import argument, is_false, tail, text
from pickguard.lessons.passwords.doors import LOGINS
from pickguard.lessons.passwords.logins.named_accounts import (
    EXACT,
    FETCHES,
    NAMES,
    PROVES,
    named_account,
)
from pickguard.lessons.passwords.logins.newcomers import given_words, takes_or_makes
from pickguard.site.access.guards import PERMISSION_WORDS
from pickguard.site.symbols.names import ClassSymbol, ValueSymbol
from pickguard.site.views.consumers import Received
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path, receiver_of
from pickguard.source.python.walk import inside


@rule(
    "passwords.login-unproved",
    title="whoever names an account is logged in as its owner",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(287, 306),
    severity=Severity.HIGH,
    gain="a stranger sends the name or number of an account, and is its owner from then on",
    mend="log in only whom `authenticate(request, …)` returned, or whose signed and fresh token was verified",
)
def login_unproved(project: Project) -> Iterator[Hit]:
    """Find `login(request, User.objects.get(username=request.POST["name"]))` with nothing verified."""
    for _view, function in project.handlers(_is_open, frozenset(LOGINS)):
        yield from _in_handler(project.code_of(function), Confidence.HIGH)
    for procedure in project.site.received:
        if not frozenset(LOGINS).isdisjoint(procedure.function.node.words) and not _asks_right(
            procedure
        ):
            yield from _in_handler(project.code_of(procedure.function), Confidence.HIGH)
    for name in LOGINS:
        for function in project.flow.callers.holding(name):
            if function.owner is not None and function.node.name in _PASSES:
                # a proxy in front may be the only one that sets what is read
                yield from _in_handler(project.code_of(function), Confidence.MEDIUM)
            elif function.owner is not None and not _proves_elsewhere(project, function.owner):
                yield from _in_handler(project.code_of(function), Confidence.MEDIUM)


_RIGHT = re.compile(r"permission|login_required|staff|superuser|authenticated")


def _asks_right(procedure: Received) -> bool:
    """Whether a decorator stands before a remote procedure that lets only some call it."""
    return any(
        _RIGHT.search(tail(part))
        for decorator in procedure.function.node.decorators
        for part in inside(decorator)
    )


@rule(
    "passwords.second-step-alone",
    title="the second step of a login lets in whomever the browser names",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(287, 304, 639),
    severity=Severity.HIGH,
    gain="with a code of an authenticator alone, of six digits, a stranger is let in: nobody asks whether the"
    " password was right",
    mend="keep in the session whose password was right, and take the account from there",
)
def second_step_alone(project: Project) -> Iterator[Hit]:
    """Find `login()` after a code of an authenticator, of an account that is named beside the code."""
    for _view, function in project.handlers(_is_open, frozenset(LOGINS)):
        code = project.code_of(function)
        if not _asks_device(code) or any(map(_FIRST_STEP.search, _read(code))):
            continue
        for call in code.calls(*LOGINS):
            account = argument(call, 1, "user")
            taken = _chosen(code, account, 0) if account is not None else None
            if taken is not None and code.is_from(call.func, "django"):
                yield Hit(
                    (code.spot(call), code.spot(taken, "the account that the browser names")),
                    "the session says that somebody's password was right, and the browser says whose account it is"
                    if "session" in code.words and any(_asks_for_key(code))
                    else "the browser names the account, and its password was asked for nowhere",
                    Confidence.MEDIUM,
                    code.symbol,
                )


_AUTHENTICATORS = frozenset(
    {
        "TOTP",
        "HOTP",
        "pyotp",
        "accept_totp",
        "accept_hotp",
        "verify_token",
        "match_token",
        "verify_totp",
    }
)
_DEVICE = re.compile(r"(^|_)(totp|hotp|otp|mfa|2fa|two_?factor|authenticator|second_factor)(_|$)")
_ASKS = ("verify", "verify_code", "verify_token", "check", "check_code", "matches", "validate_code")


def _asks_device(code: Code) -> bool:
    """Whether a code of an authenticator is verified, also by a method of the device: `user.totp.verify(code)`."""
    if not code.words.isdisjoint(_AUTHENTICATORS):
        return True
    if any(_DEVICE.search(tail(receiver_of(call))) for call in code.calls(*_ASKS)):
        return True
    return any(code.called_with(call, _AUTHENTICATORS) is not None for call in code.every(n.Call))


# The password, or a sign that it was right
_FIRST_STEP = re.compile(r"passw|authenticate|session|sign(ed|er|ing)|unsign|loads|decode|^cache$")


def _read(code: Code) -> Iterator[str]:
    """Yield what code names, and what it reads by name: not the addresses that it leads to."""
    dropped = {id(part) for node in _thrown_away(code) for part in inside(node)}
    yield from (node.id for node in code.every(n.Name))
    yield from (node.name for node in code.every(n.Attr) if id(node) not in dropped)
    yield from (text(node.index) or "" for node in code.every(n.Index))
    for call in code.every(n.Call):
        if tail(call.func) in ("get", "pop") and call.args and id(call) not in dropped:
            yield text(call.args[0]) or ""
        yield from (keyword.name or "" for keyword in call.keywords)


def _thrown_away(code: Code) -> Iterator[n.Expr]:
    """Yield what takes something out of the session, or asks whether it is there, and uses it for nothing."""
    for statement in code.statements:
        if isinstance(statement, n.Do) and isinstance(statement.value, n.Call):
            if tail(statement.value.func) in ("pop", "flush", "delete"):
                yield statement.value
        if isinstance(statement, n.Delete):
            yield from statement.targets
    yield from _asks_for_key(code)


def _asks_for_key(code: Code) -> Iterator[n.Compare]:
    """Yield the questions whether the session holds a key, whatever it holds there: `"first" in request.session`."""
    for node in code.every(n.Compare):
        if node.ops[0] in ("in", "not in") and tail(node.rights[0]) == "session":
            yield node


def _chosen(
    code: Code, account: n.Expr, depth: int, handed: frozenset[str] = frozenset()
) -> n.Call | None:
    """Return the query by which the browser names an account, or a row of the account's."""
    path = access_path(account)
    for value in (code.assigned(path) or [account]) if path else [account]:
        if isinstance(value, n.Call) and _is_chosen_there(code, value, depth):
            return value
        for node in inside(value):
            if isinstance(node, n.Call) and tail(node.func) in FETCHES:
                named = [k.value for k in node.keywords if _names_account(k.name or "")]
                if any(_is_sent(code, one) or tail(one) in handed for one in named):
                    return node
                holders = [one.value for one in named if isinstance(one, n.Attr)]
                found = (_chosen(code, one, depth + 1) for one in holders if depth < _CHAIN_LIMIT)
                taken = next((one for one in found if one is not None), None)
                if taken is not None:
                    return taken
        if isinstance(value, n.Attr) and depth < _CHAIN_LIMIT and access_path(value.value):
            taken = _chosen(code, value.value, depth + 1)
            if taken is not None:
                return taken
    return None


_CHAIN_LIMIT = 3


def _is_sent(code: Code, node: n.Expr) -> bool:
    """Whether the browser says it, as a text or as a number."""
    return code.origin(node).is_browser or any(map(code.body.reads_request, inside(node)))


def _is_chosen_there(code: Code, call: n.Call, depth: int) -> bool:
    """Whether a function of the site returns the account that the browser names: `self.get_user(form)`."""
    function = code.called_with(call, FETCHES) if depth < _CHAIN_LIMIT else None
    if function is None or function == code.function:
        return False
    there = code.project.code_of(function)
    if any(map(_FIRST_STEP.search, _read(there))):
        return False
    params = [param.name for param in function.node.params if param.name not in ("self", "cls")]
    given = zip(params, call.args, strict=False)
    handed = frozenset(name for name, value in given if _is_sent(code, value))
    return any(_chosen(there, value, depth + 1, handed) is not None for value in there.returned)


def _names_account(lookup: str) -> bool:
    parts = EXACT.sub("", lookup).split("__")
    return parts[-1] in NAMES or parts[-1] == "user"


# The methods of a middleware that every request passes
_PASSES = frozenset({"__call__", "__acall__", "process_request", "process_view"})


# Turns one text into another, and proves nothing
_UNFOLDS = frozenset(
    {"b64decode", "urlsafe_b64decode", "standard_b64decode", "decode", "JSONDecodeError"}
)


def _proves_elsewhere(project: Project, owner: ClassSymbol) -> bool:
    """Whether a class is no middleware, or its methods and what they call prove who asks."""
    methods = list(project.site.classes.own_functions(owner))
    if _PASSES.isdisjoint(method.node.name for method in methods):
        return True
    words: set[str] = set()
    for method in methods:
        code = project.code_of(method)
        called = (code.called(call) for call in code.every(n.Call))
        words.update(method.node.words, *(f.node.words for f in called if f is not None))
    words -= _UNFOLDS | {"backend", "is_authenticated", *(m.node.name for m in methods)}
    return any(map(PROVES.search, words))


def _is_open(view: View) -> bool:
    is_plain = view.kind in ("function", "class", "api")
    return view.login is not True and set(view.permissions) <= {"AllowAny"} and is_plain


def _in_handler(code: Code, confidence: Confidence) -> Iterator[Hit]:
    words = code.words - {"backend", "is_authenticated", "session_key"} - _unread(code)
    if _only_names_session(code):
        words -= {"session"}
    proofs = set(filter(PROVES.search, words))
    if words & PERMISSION_WORDS or (proofs and proofs - given_words(code)):
        return
    for call in code.calls(*LOGINS):
        account = argument(call, 1, "user")
        if account is None or not code.is_from(call.func, "django"):
            continue
        taken = named_account(code, account)
        if taken is not None and (not proofs or takes_or_makes(code, call, account)):
            yield Hit(
                (code.spot(call), code.spot(taken, "the account that the browser names")),
                "the browser names the account, and nothing proves that it is its own",
                confidence,
                code.symbol,
            )


def _only_names_session(code: Code) -> bool:
    """Whether nothing is read from the session but its own key."""
    return all(
        node.name == "session_key" for node in code.every(n.Attr) if tail(node.value) == "session"
    ) and not any(tail(node.value) == "session" for node in code.every(n.Index))


def _unread(code: Code) -> set[str]:
    """Return the names that are given a value that nothing reads: a password that is sent, and asked nowhere."""
    named = Counter(node.id for node in code.every(n.Name))
    given = Counter(
        target.id
        for statement in code.statements
        if isinstance(statement, n.Assign)
        for target in statement.targets
        if isinstance(target, n.Name)
    )
    inner = {w for s in code.statements if isinstance(s, n.Function) for w in s.words}
    return {name for name, times in given.items() if named[name] == times} - inner


_DECODING = ("b64decode", "urlsafe_b64decode", "urlsafe_base64_decode")


@code_rule(
    "passwords.unverified-token",
    words=("decode", "get_unverified_claims", "get_unverified_header", *_DECODING),
    packages=("jwt", "jose", "authlib", "base64", "django"),
    title="a token is read, and its signature is not verified",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(347, 345),
    severity=Severity.HIGH,
    gain="anybody writes a token that says they are the administrator, and it is believed",
    mend='verify it: `jwt.decode(token, key, algorithms=["RS256"])`, with `audience` and `issuer`',
)
def unverified_token(code: Code) -> Iterator[Hit]:
    """Find `jwt.decode(token, options={"verify_signature": False})` with no verified one beside it.

    Also where the middle part of a token is decoded by hand.
    """
    if code.function is None:
        return
    yield from _of_any_algorithm(code)
    yield from _taken_apart(code)
    calls = [
        c
        for c in code.calls("decode", "get_unverified_claims")
        if code.is_from(c.func, "jwt", "jose")
    ]
    blind = [call for call in calls if _is_blind(code, call)]
    if not blind or _PEEKS.search(code.function.node.name):
        return
    if len(blind) < len(calls):
        yield from _on_one_way(code, blind)
        return
    words = code.words - {"verify_signature", "verify"}
    for call in blind:
        proving = _VERIFYING if _has_key(call) else _VERIFYING_OR_KEY
        if any(map(proving.search, words)):
            continue
        origin = code.origin(argument(call, 0, "jwt"))
        yield Hit(
            (code.spot(call), *_options_elsewhere(code, call)),
            "what the token says is believed, whoever wrote it",
            Confidence.HIGH
            if origin.is_browser or _says_who_asks(code)
            else Confidence.LOW,  # some come straight from the issuer
            code.symbol,
        )


# A key that is handed to what does not verify proves nothing; kept for another call, it may
_VERIFYING = re.compile(r"verif(?!y_(aud|exp|iat|iss|nbf)$)")
_VERIFYING_OR_KEY = re.compile(r"verif|jwks?|signing_key")


def _has_key(call: n.Call) -> bool:
    """Whether a call is given a key to verify by."""
    key = argument(call, 1, "key")
    return key is not None and not isinstance(key, n.Const)


def _taken_apart(code: Code) -> Iterator[Hit]:
    """Yield `loads(b64decode(token.split(".")[1]))` where nothing is made of the token's other parts."""
    if "loads" not in code.words or any(map(_PROVING.search, code.words)):
        return
    for call in code.calls(*_DECODING):
        given = call.args[0] if call.args else None
        if given is None or not _is_of_token(code, given):
            continue
        origin = code.origin(given)
        if origin.is_browser:
            yield Hit(
                (code.spot(call),),
                "the middle part of the token is believed, and its signature is not looked at",
                Confidence.MEDIUM,
                code.symbol,
                flow=code.flow(origin, call, "is decoded"),
            )


_PROVING = re.compile(r"hmac|verif|compare|signing|jwks?$|unsign|check_(token|signature)")


def _is_of_token(code: Code, given: n.Expr) -> bool:
    """Whether a value is a part of a text that is taken apart at its dots, also by several names at once."""
    if any(map(_is_split, code.parts(given))):
        return True
    named = {part.id for part in inside(given) if isinstance(part, n.Name)}
    return any(
        isinstance(statement, n.Assign)
        and _is_split(statement.value)
        and any(tail(part) in named for part in inside(statement.targets[0]))
        for statement in code.statements
    )


def _is_split(part: n.Expr) -> bool:
    """Whether a text is taken apart at its dots: `token.split(".")`."""
    return (
        isinstance(part, n.Call)
        and tail(part.func) in ("split", "rsplit", "partition")
        and any(text(given) == "." for given in part.args[:1])
    )


def _on_one_way(code: Code, blind: list[n.Call]) -> Iterator[Hit]:
    """Yield what a function that verifies a token returns unverified, on another of its ways."""
    for call in blind:
        if any(value is call for value in code.returned):
            yield Hit(
                (code.spot(call),),
                "on this way what the token says is believed, whoever wrote it",
                Confidence.MEDIUM,
                code.symbol,
            )


def _says_who_asks(code: Code) -> bool:
    """Whether what the function returns is the user: an API's authentication, a login backend."""
    return (
        code.owner is not None
        and code.function is not None
        and code.function.node.name in ("authenticate", "authenticate_credentials", "get_user")
    )


def _of_any_algorithm(code: Code) -> Iterator[Hit]:
    """Find `algorithms=[header["alg"]]`, which whoever wrote the token chose, and `"none"`."""
    if any(map(_KEY_OF_ISSUER.search, code.words)):
        return
    for call in code.calls("decode"):
        given = argument(call, -1, "algorithms")
        if given is None or not code.is_from(call.func, "jwt", "jose") or _is_blind(code, call):
            continue
        values = code.assigned(given.id) if isinstance(given, n.Name) else [given]
        parts = [part for value in values for part in _followed(code, value)]
        if any((text(part) or "").lower() == "none" for part in parts):
            says = "a token without a signature is believed: `none` is among the algorithms"
        elif any(text(part) == "alg" for part in parts) and not _is_compared(code, [given, *parts]):
            says = (
                "the token itself says by which algorithm it is verified, `none` or a guessed key"
            )
        else:
            continue
        yield Hit((code.spot(given),), says, Confidence.HIGH, code.symbol)


# A key that says itself what it is for fits no other algorithm
_KEY_OF_ISSUER = re.compile(r"PyJWK|jwk|get_signing_key")


def _is_compared(code: Code, parts: list[n.Expr]) -> bool:
    """Whether the algorithm is compared with one, or some, that the site wants."""
    names = {part.id for part in parts if isinstance(part, n.Name)}
    return any(
        (isinstance(part, n.Name) and part.id in names) or text(part) == "alg"
        for node in code.every(n.Compare)
        if not set(node.ops) & {"is", "is not"}
        for part in inside(node)
    )


def _followed(code: Code, value: n.Expr) -> Iterator[n.Expr]:
    """Yield the parts of a value, and of what the names among them were assigned."""
    for part in inside(value):
        yield part
        for assigned in code.assigned(part.id) if isinstance(part, n.Name) else ():
            yield from inside(assigned)


# `token_expires_at(token)`: of a token that was verified before, or is one's own
_PEEKS = re.compile(r"expir|peek|issuer|unverified|header|debug|kid")


def _is_blind(code: Code, call: n.Call) -> bool:
    if tail(call.func) == "get_unverified_claims" or is_false(argument(call, -1, "verify")):
        return True
    return any(
        isinstance(options, n.Mapping) and _switches_off(options)
        for options in code.made(argument(call, -1, "options"))
    )


def _options_elsewhere(code: Code, call: n.Call) -> Iterator[Spot]:
    """Yield where the options of a call are written, if the module holds them."""
    kept = code.resolve(argument(call, -1, "options"))
    if isinstance(kept, ValueSymbol):
        yield Spot(kept.module.path, kept.value.span, "the signature is not asked for")


def _switches_off(options: n.Mapping) -> bool:
    return any(
        text(key) == "verify_signature" and is_false(value)
        for key, value in zip(options.keys, options.values, strict=False)
    )
