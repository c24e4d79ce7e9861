"""Password rules about tokens that a site makes itself: guessable ones, and those that stay good."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument, is_false, tail, text
from pickguard.lessons.passwords.doors import LOGINS
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of
from pickguard.source.python.walk import inside

# What stays as it is when the token has been used
_STAYS = frozenset({"pk", "id", "uuid", "email", "username", "get_username", "user", "timestamp", "self", "encode",
                    "str", "text_type", "six", "force_str", "format", "join", "profile", "account"})  # fmt: skip


@code_rule(
    "passwords.token-reusable",
    words=("timestamp", "pk", "id", "user"),
    title="a token stays good after it was used",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(613, 640),
    severity=Severity.MEDIUM,
    gain="who finds the link later, in a history, a log or a mailbox, comes in with it once more",
    mend="put something into the hash that the use changes: `user.password`, `user.last_login`, `user.is_active`",
)
def token_reusable(code: Code) -> Iterator[Hit]:
    """Find `_make_hash_value` of nothing but what says which account it is."""
    function, owner = code.function, code.owner
    if function is None or owner is None or function.node.name != "_make_hash_value":
        return
    words = code.words - {param.name for param in function.node.params}
    names = {
        tail(node) for node in code.expressions if isinstance(node, n.Name | n.Attr)
    } - {param.name for param in function.node.params}  # fmt: skip
    inherits = code.project.site.classes.inherits(owner, "PasswordResetTokenGenerator")
    if inherits and "super" not in words and names <= _STAYS and names & {"pk", "id", "email"}:
        yield Hit(
            (
                code.spot(
                    next((s for s in code.statements if isinstance(s, n.Return)), function.node)
                ),
            ),
            "nothing in the hash changes when the token is used",
            Confidence.MEDIUM,
            code.symbol,
        )


_HASHES = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "blake2b", "new")
TOKEN = re.compile(
    r"(^|_)(token|secret|otp|reset|invite|api_?key|activation|auth_?key|access_?key|session_?key|verification)(_|$|s$)",
    re.IGNORECASE,
)
NO_SECRET = re.compile(
    r"csrf|(^|_)(cache|e?tag|file|content|digest|checksum)(_|$)|_id$|^jti$", re.IGNORECASE
)
_HIDDEN = re.compile(
    r"secret|random|urandom|uuid4|token|salt|password|private|nonce|getrandbits|choice|os_|key$|sign|hmac|settings",
    re.IGNORECASE,
)
# What others know, or can tell within some seconds; a number alone marks a thing as often as a person
_KNOWN = frozenset({"email", "username", "time", "now", "today", "utcnow", "phone", "date_joined"})  # fmt: skip


@code_rule(
    "passwords.token-of-known-parts",
    words=(*_HASHES, "hexdigest"),
    packages=("hashlib", "Crypto", "Cryptodome"),
    title="a token is the hash of what anybody knows",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(330, 340, 640),
    severity=Severity.HIGH,
    gain="whoever knows the address and about when the token was made computes it, and needs no mail",
    mend="use `secrets.token_urlsafe()`, or `default_token_generator.make_token(user)`",
)
def token_of_known_parts(code: Code) -> Iterator[Hit]:
    """Find `token = md5(f"{user.email}{time()}")` and its kin."""
    if code.function is None:
        return
    for digest, hashed in _hashed(code):
        parts = [part for value in hashed for part in code.parts(value)]
        parts += [part for one in parts for part in _put_together(code, one)]
        names = {tail(part) for part in parts} | {word for p in parts if (word := text(p))}
        if not names & _KNOWN or any(map(_HIDDEN.search, names)) or _is_signed(code, digest):
            continue
        name = made_for(code, digest)
        if name:
            yield Hit(
                (code.spot(digest),),
                f"`{name}` is the hash of nothing that is secret",
                Confidence.MEDIUM,
                code.symbol,
            )


def _is_signed(code: Code, digest: n.Call) -> bool:
    """Whether a hash only names what a token is for, which is signed: `super().make_token(digest)`."""
    calls = code.calls("make_token", "sign", "sign_object")
    return any(part is digest for call in calls for given in call.args for part in inside(given))


def _put_together(code: Code, part: n.Expr) -> Iterator[n.Expr]:
    """Yield the parts of what a function of the site returns: `sha1(self._hash_value())`."""
    function = code.called(part) if isinstance(part, n.Call) else None
    if function is None or function == code.function:
        return
    for value in code.project.code_of(function).returned:
        yield from inside(value)


def _hashed(code: Code) -> Iterator[tuple[n.Call, list[n.Expr]]]:
    """Yield the hashes that code makes, with what goes into each: at once, or by `update`."""
    for call in code.calls(*_HASHES):
        if call.args and code.is_from(call.func, "hashlib"):
            yield call, [call.args[-1]]
    for digest in code.calls("hexdigest"):
        maker = receiver_of(digest)
        if isinstance(maker, n.Name) and any(_is_empty(code, v) for v in code.assigned(maker.id)):
            updates = [c for c in code.calls("update") if tail(receiver_of(c)) == maker.id]
            yield digest, [call.args[0] for call in updates if call.args]


def _is_empty(code: Code, value: n.Expr) -> bool:
    """Whether it is a hash that nothing went into yet: `hashlib.md5()`, `MD5.new()`."""
    if not isinstance(value, n.Call) or value.args or not isinstance(value.func, n.Attr | n.Name):
        return False
    if tail(value.func) == "new" and code.is_from(value.func, "Crypto", "Cryptodome"):
        return True
    return tail(value.func) in _HASHES and code.is_from(value.func, "hashlib")


def made_for(code: Code, call: n.Call) -> str:
    """Return the name that says what a hash is for, or an empty text."""
    names = []
    for statement in code.statements:
        if isinstance(statement, n.Assign) and any(p is call for p in inside(statement.value)):
            names += [tail(target) for target in statement.targets]
        if isinstance(statement, n.Return) and statement.value is not None:
            if isinstance(statement.value, n.Compare):
                continue  # it says whether another one is right
            if code.function is not None and any(p is call for p in inside(statement.value)):
                names.append(code.function.node.name)
    for outer in code.every(n.Call):
        names += [
            k.name for k in outer.keywords if k.name and any(p is call for p in inside(k.value))
        ]
    return next((m for m in names if TOKEN.search(m) and not NO_SECRET.search(m)), "")


_SUBJECTS = frozenset(
    {"sub", "user_id", "userid", "user", "uid", "username", "email", "id", "user_pk", "pk"}
)
# What the site can look up, and has thrown away once the token shall be good no more
_REVOCABLE = frozenset(
    {"key", "token", "session", "session_key", "sid", "device", "version", "nonce"}
)
_DATES = re.compile(r"^(exp|expires?(_at|_in)?|expiry|nbf|ttl|lifetime|max_age|jti|valid_until)$")


@code_rule(
    "passwords.token-without-end",
    words=("encode", "get_signed_cookie", "decode"),
    title="a signed token is good for ever",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(613,),
    severity=Severity.MEDIUM,
    gain="a token that leaks once, from a log, a backup or an old phone, opens the account for good",
    mend='put `"exp": timezone.now() + timedelta(minutes=15)` into it, and renew it',
)
def token_without_end(code: Code) -> Iterator[Hit]:
    """Find `jwt.encode({"sub": …})` with no time in it at all."""
    yield from _cookies(code)
    yield from _taken_late(code)
    if "encode" not in code.words or {"jwt", "jose"}.isdisjoint(code.packages):
        return
    if any(map(_DATES.match, code.words | _said(code))):
        return
    for call in code.calls("encode"):
        payload = argument(call, 0, "payload", "claims")
        if not code.is_from(call.func, "jwt", "jose") or payload is None:
            continue
        values = _claims(code, payload)
        if "iat" in _said(code) and _asks_age(code):
            continue
        if len(values) == 1 and isinstance(values[0], n.Mapping) and _names_account(values[0]):
            yield Hit(
                (code.spot(call),),
                "the token says who somebody is, and never ends",
                Confidence.MEDIUM,
                code.symbol,
            )


# What goes on where a token has run out: another is made, or it is thrown away
_AFTER_END = re.compile(
    r"refresh|renew|log_?out|revoke|expire|blacklist|block|introspect|peek|debug"
)


def _taken_late(code: Code) -> Iterator[Hit]:
    """Yield `jwt.decode(…, options={"verify_exp": False})`, where nobody else looks at the date."""
    if code.function is None or _AFTER_END.search(code.function.node.name):
        return
    for call in code.calls("decode"):
        options = argument(call, -1, "options")
        if not isinstance(options, n.Mapping) or not code.is_from(call.func, "jwt", "jose"):
            continue
        pairs = zip(options.keys, options.values, strict=True)
        is_off = any(text(key) == "verify_exp" and is_false(value) for key, value in pairs)
        if is_off and not _looks_at_date(code):
            yield Hit(
                (code.spot(call),),
                "the token is believed however long ago it ended",
                Confidence.MEDIUM,
                code.symbol,
                mend='leave `"verify_exp"` on, which is what `decode` does by itself',
            )


def _looks_at_date(code: Code) -> bool:
    """Whether the code, or what it calls, looks at the date itself."""
    around = (word for one in code.reached(1) for word in one.words | _said(one))
    return any(map(_DATES.match, around))


def _cookies(code: Code) -> Iterator[Hit]:
    """Yield the signed cookie that logs somebody in, of whatever age."""
    for call in code.calls("get_signed_cookie"):
        if argument(call, 3, "max_age") is not None or code.function is None:
            continue
        callers = code.project.flow.callers.of(code.function)
        words = set(code.words).union(*(body.words for body, _call, _is_bound in callers))
        if words & set(LOGINS) and not any(map(_DATES.match, words)):
            yield Hit(
                (code.spot(call),),
                "whoever has the cookie is let in, however old it is",
                Confidence.MEDIUM,
                code.symbol,
                mend="read it with `max_age=…`, as it was written",
            )
            return


def _said(code: Code) -> set[str]:
    return {node.value for node in code.every(n.Const) if isinstance(node.value, str)}


def _claims(code: Code, payload: n.Expr) -> list[n.Expr]:
    """Return what a payload may be: a mapping here, or what a function of the site makes, without an end."""
    values: list[n.Expr] = [payload]
    if isinstance(payload, n.Name):
        values = code.assigned(payload.id)
    if len(values) != 1 or not isinstance(values[0], n.Call):
        return values
    function = code.called(values[0])
    if function is None:
        return values
    there = code.project.code_of(function)
    said = _said(there)
    if any(map(_DATES.match, there.words | said)) or ("iat" in said and _asks_age(code)):
        return []
    return [made for value in there.returned for made in there.made(value)]


def _asks_age(code: Code) -> bool:
    """Whether what reads tokens somewhere on the site looks at when they were made."""
    readers = (code.project.code_of(f) for f in code.project.flow.callers.holding("decode"))
    return any("iat" in _said(reader) or "iat" in reader.words for reader in readers)


def _names_account(claims: n.Mapping) -> bool:
    keys = {text(key) for key in claims.keys}
    return None not in keys and bool(keys & _SUBJECTS) and not keys & _REVOCABLE
