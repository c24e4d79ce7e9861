"""Password rules about comparing: in clear, or in a time that tells how far it was right."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import tail, text
from pickguard.lessons.passwords.compared import compared
from pickguard.lessons.passwords.hashes.stated_passwords import compared_by_statement
from pickguard.lessons.passwords.names import (
    COLUMN,
    HASHERS,
    PASSWORD,
    SETTING,
    called_by,
    is_password,
    is_secret_setting,
    is_shown_key,
    unencoded,
)
from pickguard.lessons.passwords.stated_keys import fallback_key, stated_key
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import (
    access_path,
    entry_of,
    func_of,
    given_to,
    is_none,
    receiver_of,
)
from pickguard.source.python.walk import expressions, inside, statements

_TOKEN = re.compile(
    r"(^|_)(token|secret|signature|hmac|digest|api_?key|otp|csrf|hash"
    r"|(activation|unsubscribe)_(code|key)|confirmation_key)$",
    re.IGNORECASE,
)
_TOKENS = re.compile(
    r"(^|_)(tokens|secrets|api_?keys|passwords|(basic|webhook)_(auth|secret|tokens?)|credentials)$",
    re.IGNORECASE,
)
# methods that make what a link or a message is told to be genuine by
_MAKING = re.compile(
    r"(verification|activation|confirm\w*|access|auth\w*|security|secret|sign\w*|unsubscribe|reset)"
    r"_(token|hash|signature|digest|key|code)$"
    r"|^_?(generate|make|compute|calculate|create|build)_(signature|sign|hmac|mac|token|secret)$",
    re.IGNORECASE,
)
# names of what a site compares with, where another function reads the request
_HELD = frozenset({"basic_auth", "tokens", "api_keys", "credentials", "secrets", "passwords"})
# a password that the site asks for, not one of a user
_SERVERS = re.compile(
    r"^((configured|expected|correct|valid|required|shared|admin|basic_?auth|webhook)_(password|passwd"
    r"|passphrase|key)|[A-Z_]+_(PASSWORD|PASSPHRASE))$",
    re.IGNORECASE,
)
# what a function is handed that is compared with a digest that it has made
_GIVEN = frozenset(
    {
        "secret",
        "sig",
        "sign",
        "given",
        "signature",
        "sent",
        "received",
        "provided",
        "actual",
        "digest",
    }
)
# another function may have read the header `Authorization: Basic …` that is taken apart
_DECODING = frozenset({"b64decode", "urlsafe_b64decode"})
# a function that makes a keyed digest may be given the browser's by another
_KEYED = frozenset({"hmac", "salted_hmac"})
_KEY = re.compile(
    r"secret|salt|passw|token|signature|(api|sign\w*|private|shared|hook)_?key|^key$", re.IGNORECASE
)
_DIGESTS = ("hexdigest", "digest", "salted_hmac")


# What somebody gets in by who has forgotten a password
_ANSWERS = ("security_answer", "secret_answer", "recovery_answer")
_ANSWER = re.compile(rf"^({'|'.join(_ANSWERS)})$")


@code_rule(
    "passwords.compared-in-clear",
    words=("password", "passwd", "pwd", *_ANSWERS),
    title="a password is compared with `==`",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(256, 208),
    severity=Severity.HIGH,
    gain="it can only be compared like this if it is stored in clear text",
    mend="store a hash, and compare with `check_password`",
)
def compared_in_clear(code: Code) -> Iterator[Hit]:
    """Find a stored password compared with what the browser sent."""
    for node in code.every(n.Compare):
        if node.ops[0] not in ("==", "!="):
            continue
        sides = (node.left, node.rights[0])
        stored = [side for side in sides if _is_stored(code, side)]
        given = [
            s
            for s in sides
            if s not in stored[:1]
            and (code.origin(s).is_browser or (isinstance(s, n.Name) and PASSWORD.match(s.id)))
        ]
        if stored and given:
            yield Hit(
                (code.spot(node),),
                "a stored password is compared in clear text",
                Confidence.HIGH if code.origin(given[0]).is_browser else Confidence.MEDIUM,
                code.symbol,
            )
        elif any(_is_stored(code, side, _ANSWER) for side in sides) and any(
            code.origin(side).is_browser for side in sides
        ):
            yield Hit(
                (code.spot(node),),
                "a stored answer, which lets somebody in, is compared in clear text",
                Confidence.MEDIUM,
                code.symbol,
            )
        elif any(_is_stored(code, side, COLUMN) for side in sides) and any(
            _is_as_typed(code, side) for side in sides
        ):
            yield Hit(
                (code.spot(node),),
                "what is stored of a password is compared with the password itself",
                Confidence.HIGH,
                code.symbol,
            )
    yield from _looked_up(code)
    for call in compared_by_statement(code):
        yield Hit(
            (code.spot(call),),
            "the database compares a column with the password as it was typed",
            Confidence.HIGH,
            code.symbol,
        )


def _is_as_typed(code: Code, side: n.Expr) -> bool:
    """Whether it is the password as the browser sent it, in bytes at most: `request.POST["password"].encode()`."""
    typed = unencoded(code, side)
    made = code.assigned(typed.id) if isinstance(typed, n.Name) else [typed]
    return bool(made) and all(is_password(one) and code.origin(one).is_browser for one in made)


def _is_stored(code: Code, side: n.Expr, called: re.Pattern[str] = PASSWORD) -> bool:
    """Whether it is the password of a row, or a name that was given it last: `password = user.password`."""
    values = code.assigned(side.id)[-1:] if isinstance(side, n.Name) else [side]
    return any(
        isinstance(value, n.Attr)
        and bool(called.match(value.name))
        and not code.origin(value).is_browser
        and not _is_config(value)
        and not _is_of_address(code, value)
        for value in values
    )


def _is_of_address(code: Code, password: n.Attr) -> bool:
    """Whether a password is a part of an address that was taken apart: `urlsplit(url).password`."""
    made = code.made(password.value)
    return any(tail(func_of(one)) in ("urlparse", "urlsplit") for one in made)


def _looked_up(code: Code) -> Iterator[Hit]:
    """Yield the rows that are looked for by a password as it was typed: `filter(name=name, password=password)`."""
    for call in code.calls(*_LOOKUPS):
        if not _asks_rows(call):
            continue
        for keyword in call.keywords:
            column = (keyword.name or "").removesuffix("__exact")
            if PASSWORD.match(column) and code.origin(keyword.value, *HASHERS).is_browser:
                yield Hit(
                    (code.spot(call),),
                    "a row is looked for by the password as it was typed",
                    Confidence.HIGH,
                    code.symbol,
                    flow=code.flow(code.origin(keyword.value), call, "is compared by the database"),
                )


_LOOKUPS = ("filter", "get", "aget", "exclude", "get_object_or_404", "aget_object_or_404")


def _asks_rows(call: n.Call) -> bool:
    return tail(call.func).endswith("_or_404") or any(
        tail(part) in ("objects", "_default_manager") for part in inside(call.func)
    )


@code_rule(
    "passwords.password-in-code",
    words=("password", "passwd", "pwd", "pass", "passphrase", "GET", "POST", "META", "headers"),
    needs_browser=True,
    title="a password that stands in the code lets somebody in",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(798, 259),
    severity=Severity.HIGH,
    gain="whoever reads the code, a package of it or an old copy logs in, on every site that runs it",
    mend="make it an account with `createsuperuser`, or keep it outside the code: a hash that `check_password` asks,"
    " or for a program's key a setting from the environment that `constant_time_compare` asks",
)
def password_in_code(code: Code) -> Iterator[Hit]:
    """Find `name == "admin" and password == "…"` where the browser says the password."""
    for node, one, other in compared(code):
        if isinstance(node, n.Compare) and (_lets_nobody_in(code, node) or _complains(code, node)):
            continue
        for typed, known in ((one, other), (other, one)):
            if not _is_named(code, typed) or not _is_typed(code, typed):
                continue
            is_stated = _is_key(stated_key(code, known))
            if not is_stated and not _is_key(fallback_key(code, known)):
                continue
            yield Hit(
                (code.spot(node),),
                f"{_called(typed)} is compared with a text of the code"
                f"{'' if is_stated else ', for where nobody has set another'}",
                Confidence.HIGH if is_stated else Confidence.MEDIUM,
                code.symbol,
                flow=code.flow(code.origin(typed), node, "is compared"),
            )
            break


def _called(typed: n.Expr) -> str:
    """Return how a message names what was typed: by its name, or by the key that it is sent under."""
    name = called_by(typed)
    return f"`{name}`" if name else "what lets somebody in"


def _is_key(said: str) -> bool:
    return len(said) >= _SHORTEST and not _STANDS_FOR.search(said)


_SHORTEST = 4
# what a form shows in the place of a password, and what says that there is none
_STANDS_FOR = re.compile(
    r"^(\W+|x+|none|null|undefined|true|false|unchanged|keep|hidden|masked|redacted|password"
    r"|(not|no|un)[ _-]?(set|specified|given|provided|changed|used|password))$",
    re.IGNORECASE,
)
_COMPLAINS = frozenset({"add_error", "ValidationError", "weak", "too_common", "error"})


def _is_named(code: Code, node: n.Expr) -> bool:
    """Whether a value is a password by its name: `password`, `data["pwd"]`, `request.POST.get("pwd").strip()`.

    A name may stand for it: `key = request.GET.get("api_key")`.
    """
    if isinstance(node, n.Call) and tail(node.func) in ("strip", "decode"):
        inner = receiver_of(node)
        return inner is not None and _is_named(code, inner)
    if is_password(node) or tail(node) == "pass" or is_shown_key(node) or _is_sent_token(node):
        return True
    made = code.assigned(node.id) if isinstance(node, n.Name) else []
    return len(made) == 1 and not isinstance(made[0], n.Name) and _is_named(code, made[0])


def _is_sent_token(node: n.Expr) -> bool:
    """Whether a value is a token by the name under which it is sent: `request.headers["X-Token"]`."""
    return isinstance(node, n.Index | n.Call) and bool(_TOKEN_SENT.match(called_by(node)))


_TOKEN_SENT = re.compile(
    r"^(http[-_])?(x[-_])?((api|access|admin|auth|secret|webhook)[-_]?(key|token|secret)|token|secret)$",
    re.IGNORECASE,
)


def _complains(code: Code, node: n.Compare) -> bool:
    """Whether the password is one that nobody may choose: `if password == "12345678": …add_error(…)`."""
    if node.ops[0] == "!=":
        return False
    return any(
        isinstance(statement, n.If)
        and any(part is node for part in inside(statement.test))
        and any(tail(part) in _COMPLAINS for part in expressions(statement.body))
        for statement in code.statements
    )


def _is_data(code: Code, node: n.Attr) -> bool:
    return code.origin(node).is_browser


def _is_config(node: n.Attr) -> bool:
    return "settings" in tail(node.value).lower() or tail(node.value) in ("self", "cls")


@code_rule(
    "passwords.timing-compare",
    words=(
        "GET",
        "POST",
        "META",
        "headers",
        "COOKIES",
        "query_params",
        "cleaned_data",
        "validated_data",
        "kwargs",
        "hmac",
        "salted_hmac",
        *_DECODING,
        *_HELD,
        *_GIVEN,
    ),
    title="a secret is compared in a time that tells how much was right",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(208,),
    severity=Severity.LOW,
    gain="by measuring many answers, an attacker finds the secret byte by byte",
    mend="compare with `django.utils.crypto.constant_time_compare`",
)
def timing_compare(code: Code) -> Iterator[Hit]:
    """Find secrets of the server compared with the browser's by `==`."""
    if not code.sees_browser and (_HELD | _KEYED | _GIVEN | _DECODING).isdisjoint(code.words):
        return
    for node in code.every(n.Compare):
        sides = (node.left, node.rights[0])
        if node.ops[0] in ("in", "not in"):
            yield from _among_secrets(code, node, *sides)
        if node.ops[0] not in ("==", "!="):
            continue
        if not any(_is_secret(code, side) for side in sides) or _lets_nobody_in(code, node):
            continue
        if any(_is_tried_once(code, side) for side in sides) or not _decides(code, node):
            continue
        browser = [s for s in sides if _is_typed(code, s)]
        secret = [s for s in sides if s not in browser and _is_secret(code, s)]
        if len(browser) == 1 and secret:
            yield Hit(
                (code.spot(node),),
                f"`{_secret_name(secret[0])}` is compared with `{node.ops[0]}`",
                Confidence.HIGH,
                code.symbol,
                flow=code.flow(code.origin(browser[0]), node, "is compared"),
            )
        elif any(_is_made_here(code, side) for side in sides) and any(map(_is_given, sides)):
            yield Hit(
                (code.spot(node),),
                f"what proves a message genuine is compared with `{node.ops[0]}`",
                Confidence.MEDIUM,
                code.symbol,
            )


def _is_made_here(code: Code, side: n.Expr) -> bool:
    """Whether a side is a keyed digest, or a signature, that this very code makes to compare it."""
    made = code.assigned(side.id) if isinstance(side, n.Name) else [side]
    return any(
        isinstance(part, n.Call)
        and (_makes_token(part) or (tail(part.func) in _DIGESTS and _is_hmac(part)))
        for one in made
        for part in inside(one)
    )


def _is_hmac(digest: n.Call) -> bool:
    return any(tail(part) in _KEYED for part in inside(digest.func))


def _is_given(side: n.Expr) -> bool:
    """Whether a side has a name of what is sent along to prove something: `signature`, `sig`, `secret`."""
    return isinstance(side, n.Attr | n.Name | n.Index) and bool(_SENT_ALONG.search(called_by(side)))


_SENT_ALONG = re.compile(
    r"(^|[_-])(sig|sign|signature|hmac|mac|digest|token|secret|checksum|hash|given|received|expected)$",
    re.IGNORECASE,
)


def _decides(code: Code, node: n.Compare) -> bool:
    """Whether somebody gets on, or is refused, by a comparison.

    Nobody is where a row is only changed where the two differ, `if row.token != token: row.token = token`,
    nor where rows that are there are sorted out.
    """
    tests = (t for held in code.every(n.Comprehension) for loop in held.loops for t in loop.tests)
    if any(_stands_in(node, test) for test in tests):
        return False
    for statement in code.statements:
        if isinstance(statement, n.If) and _stands_in(node, statement.test):
            return _changes_what_is_done(statement, node.ops[0])
        if isinstance(statement, n.Assign) and _stands_in(node, statement.value):
            return (
                node.ops[0] == "=="
            )  # `changed = row.secret != secret` tells that something is new
    return True


def _changes_what_is_done(asked: n.If, op: str) -> bool:
    if op == "!=":
        return bool(asked.other) or any(map(_turns_back, statements(asked.body)))
    return not all(isinstance(one, n.Assign) and is_none(one.value) for one in asked.body)


def _stands_in(node: n.Expr, around: n.Expr) -> bool:
    return any(part is node for part in inside(around))


def _turns_back(statement: n.Stmt) -> bool:
    """Whether a statement ends what is done, or notes an error."""
    if isinstance(statement, n.Raise | n.Return | n.Jump):
        return True
    if isinstance(statement, n.Assign):  # `valid = False`, `self._errors["signature"] = …`
        named = map(tail, inside(statement.targets[0]))
        return isinstance(statement.value, n.Const) or any(map(_COMPLAINT.search, named))
    called = statement.value if isinstance(statement, n.Do) else None
    return isinstance(called, n.Call) and _COMPLAINT.search(tail(called.func)) is not None


_COMPLAINT = re.compile(r"error|fail|abort|refuse|reject|invalid|warning", re.IGNORECASE)


def _is_tried_once(code: Code, side: n.Expr) -> bool:
    """Whether a secret leaves the session before it is compared: nobody measures the second try."""
    made = code.assigned(side.id) if isinstance(side, n.Name) else (side,)
    return any(
        isinstance(one, n.Call)
        and isinstance(one.func, n.Attr)
        and one.func.name == "pop"
        and tail(one.func.value) == "session"
        for one in made
    )


def _is_typed(code: Code, side: n.Expr) -> bool:
    """Whether the browser says a value, also one that was looked at on the way."""
    made = code.assigned(side.id) if isinstance(side, n.Name) else ()
    return any(
        code.origin(one).is_browser or _is_captured(code, one) or _is_hash_of_sent(code, one)
        for one in (side, *made)
    )


def _is_hash_of_sent(code: Code, node: n.Expr) -> bool:
    """Whether a value is the hash that a function makes of what was sent and of more: `hash_token(token, salt)`.

    Of what was sent alone, anybody can make it: how much of it was right tells nothing.
    """
    if not isinstance(node, n.Call) or not _HASHES.search(tail(node.func)):
        return False
    if len(given_to(node)) < 2:
        return False
    return any(code.origin(item).is_browser for item in node.args)


_HASHES = re.compile(r"^(hash|digest|hmac)(_|$)|_(hash|digest|hmac)$", re.IGNORECASE)


def _is_captured(code: Code, node: n.Expr) -> bool:
    """Whether a value is a part of the address that a view is handed: `kwargs["hash"].lower()`."""
    function = code.function
    params = {param.name: param.kind for param in function.node.params} if function else {}
    if params.get("kwargs") != "**" or "request" not in params:
        return False
    return any(isinstance(part, n.Index) and tail(part.value) == "kwargs" for part in inside(node))


def _lets_nobody_in(code: Code, node: n.Compare) -> bool:
    """Whether those are refused for whom the two are the same: `if sent == token: return False`."""
    for statement in code.statements if node.ops[0] == "==" else ():
        if isinstance(statement, n.If) and statement.test is node and statement.body:
            last = statement.body[-1]
            if isinstance(last, n.Return):
                return last.value is None or (
                    isinstance(last.value, n.Const) and not last.value.value
                )
            return isinstance(last, n.Raise)
    return False


def _among_secrets(code: Code, node: n.Compare, given: n.Expr, known: n.Expr) -> Iterator[Hit]:
    """Yield `given not in self.tokens`: each of them is compared with `==`."""
    if not isinstance(known, n.Attr | n.Name) or not _TOKENS.search(tail(known)):
        return
    origin = code.origin(given)
    if origin.is_browser and not code.origin(known).is_browser:
        yield Hit(
            (code.spot(node),),
            f"`{tail(known)}` is searched with `{node.ops[0]}`",
            Confidence.MEDIUM,
            code.symbol,
            flow=code.flow(origin, node, "is compared"),
        )


# What hands a secret of the site's out by its name: `get_relay_secret()`
_FETCHED = re.compile(r"^get_(\w+_)?(secret|secret_key|api_key|signing_key)$")


def _is_secret(code: Code, node: n.Expr) -> bool:
    if isinstance(node, n.Joined):
        held = [part.value for part in node.parts if isinstance(part, n.Formatted)]
        return len(held) == 1 and _is_secret(code, held[0])
    if isinstance(node, n.Binary):
        return node.op == "+" and isinstance(node.left, n.Const) and _is_secret(code, node.right)
    if isinstance(node, n.Sequence):
        return any(_is_secret(code, item) for item in node.items)
    if isinstance(node, n.Call):
        is_digest = tail(node.func) in _DIGESTS and _is_keyed(code)
        is_fetched = bool(_FETCHED.search(tail(node.func)))
        return is_digest or is_fetched or _makes_token(node) or _makes_digest(code, node)
    name = tail(node)
    if isinstance(node, n.Name) and (_is_signature(code, node) or _is_configured(code, node)):
        return True
    if isinstance(node, n.Name) and any(map(_is_made_token, code.assigned(node.id))):
        return True
    if isinstance(node, n.Attr) and tail(node.value) == "settings" and SETTING.search(name):
        return is_secret_setting(node)
    if not isinstance(node, n.Attr | n.Name) or not (_TOKEN.search(name) or _SERVERS.match(name)):
        return False
    if _OF_CONTENT.search(name):
        return False
    if _SUM.search(name) and code.assigned(access_path(node)) and not _is_keyed(code):
        return False  # made here, of what anybody knows
    said = code.body.said(node)
    return said is None or not (_WORDS.fullmatch(said) or len(said) < _SHORTEST_SECRET)


_SHORTEST_SECRET = 8  # `SHA1_DIGEST = "sha1"` names what is used


# what tells whether a text is the one that was shown
_OF_CONTENT = re.compile(
    r"(content|text|file|page|body|source|target|image|data)_?(hash|digest)$", re.IGNORECASE
)
_SUM = re.compile(r"(^|_)(digest|hash)$", re.IGNORECASE)
# what an address holds in the place of a token that a session keeps: `set-password`
_WORDS = re.compile(r"[a-z]+(?:[-_ ][a-z]+)+")


def _is_keyed(code: Code) -> bool:
    """Whether code that makes a digest names a key: one of an upload alone is no secret."""
    return not _KEYED.isdisjoint(code.words) or any(map(_KEY.search, code.words))


def _makes_digest(code: Code, call: n.Call) -> bool:
    """Whether a function of the site hands back a keyed digest: `self.digest()`."""
    if not (isinstance(call.func, n.Attr | n.Name) and _GIVES_DIGEST.search(tail(call.func))):
        return False
    function = code.called(call)
    if function is None or _KEYED.isdisjoint(function.node.words):
        return False
    there = code.project.code_of(function)
    return any(tail(part.func) in _DIGESTS for part in there.every(n.Call))


_GIVES_DIGEST = re.compile(r"digest|sign|hmac|hash|mac$|expected|compute|calculate", re.IGNORECASE)


def _makes_token(call: n.Call) -> bool:
    """Whether a call's name says that it makes what proves something: `order.verification_hash()`."""
    return isinstance(call.func, n.Attr | n.Name) and bool(_MAKING.search(tail(call.func)))


def _is_made_token(value: n.Expr) -> bool:
    return isinstance(value, n.Call) and _makes_token(value)


def _is_signature(code: Code, node: n.Name) -> bool:
    """Whether a name stands for a keyed digest: `"sha1=" + hmac.new(KEY, body, sha1).hexdigest()`."""
    return any(
        isinstance(part, n.Call) and tail(part.func) in _DIGESTS
        for value in (code.assigned(node.id) if "hmac" in code.words else ())
        for part in inside(value)
    )


def _is_configured(code: Code, node: n.Name) -> bool:
    """Whether a name stands for a secret of the site's by its key: `settings.SYNC.get("bearer_token")`."""
    for value in code.assigned(node.id):
        holder, key = entry_of(value) or (None, None)
        is_named = bool(_TOKEN.search(text(key) or "")) and tail(holder) not in _OF_VISITS
        if is_named and not code.origin(value).is_browser:
            return True
    return False


_OF_VISITS = frozenset({"session", "cache", "kwargs"})


def _secret_name(node: n.Expr) -> str:
    if isinstance(node, n.Joined):
        return next(
            _secret_name(part.value) for part in node.parts if isinstance(part, n.Formatted)
        )
    if isinstance(node, n.Binary):
        return _secret_name(node.right)
    if isinstance(node, n.Sequence):  # what comes last is shown: `["Token", settings.API_KEY]`
        return _secret_name(node.items[-1])
    return tail(node.func) + "()" if isinstance(node, n.Call) else tail(node)
