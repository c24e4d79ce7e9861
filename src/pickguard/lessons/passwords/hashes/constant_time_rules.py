"""Password rules about comparing in a time that tells how much of a secret was right."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.calls.log_lines import is_log_line
from pickguard.kit.code import tail, text
from pickguard.kit.settings.secret_settings import setting_name
from pickguard.lessons.passwords.compared import is_typed, lets_nobody_in
from pickguard.lessons.passwords.names import (
    SETTING,
    is_secret_setting,
)
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import (
    access_path,
    called_by,
    entry_of,
    given_to,
    is_none,
    items_of,
)
from pickguard.source.python.walk import inside, statements

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
        "token",
        *_DECODING,
        *_HELD,
        *_GIVEN,
    ),
    title="a secret is compared in a time that tells how much was right",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(208,),
    severity=Severity.LOW,
    gain="by measuring many answers, an attacker finds out byte by byte what is right",
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
        if not any(_is_secret(code, side) for side in sides) or lets_nobody_in(code, node):
            continue
        if any(_is_tried_once(code, side) for side in sides) or not _decides(code, node):
            continue
        browser = [s for s in sides if is_typed(code, s)]
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
        if isinstance(statement, n.Do) and _stands_in(node, statement.value):
            return not _is_only_shown(node, statement.value)
        value = statement.value if isinstance(statement, n.Assign | n.Return) else None
        if value is not None and _stands_in(node, value):
            # `changed = row.secret != secret` tells that something is new
            return node.ops[0] == "=="
    return True


def _is_only_shown(node: n.Compare, call: n.Expr) -> bool:
    """Whether the answer is printed, or goes into a log, and decides nothing."""
    if not isinstance(call, n.Call):
        return False
    is_written = is_log_line(call) or tail(call.func) == "print"
    return is_written and any(_stands_in(node, given) for given in given_to(call))


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


def _among_secrets(code: Code, node: n.Compare, given: n.Expr, known: n.Expr) -> Iterator[Hit]:
    """Yield `given not in self.tokens`: each of them is compared with `==`."""
    if not isinstance(known, n.Attr | n.Name) or not _TOKENS.search(tail(known)):
        return
    if any(map(_is_written_out, code.made(known))):
        return  # words by which secrets are told, and no secrets
    origin = code.origin(given)
    if origin.is_browser and not code.origin(known).is_browser:
        yield Hit(
            (code.spot(node),),
            f"`{tail(known)}` is searched with `{node.ops[0]}`",
            Confidence.MEDIUM,
            code.symbol,
            flow=code.flow(origin, node, "is compared"),
        )


def _is_written_out(value: n.Expr) -> bool:
    """Whether it is a list of texts that stands in the code: `frozenset({"token", "secret"})`."""
    listed = value.args[0] if isinstance(value, n.Call) and len(value.args) == 1 else value
    items = items_of(listed) if isinstance(listed, n.Sequence) else ()
    return bool(items) and all(text(item) is not None for item in items)


# What hands a secret of the site's out by its name: `get_relay_secret()`
_FETCHED = re.compile(
    r"^get_(\w+_)?(secret|secret_key|api_key|signing_key|(api|auth|access)_token)$"
)


# Settings that hold a password, or a key, for each of some names
_TABLE = re.compile(r"(^|_)(USERS|ACCOUNTS|LOGINS|CREDENTIALS|PASSWORDS|TOKENS|SECRETS|API_?KEYS)$")


def _is_of_table(node: n.Expr) -> bool:
    """Whether a value is what the settings hold for a name: `settings.BASIC_AUTH_USERS.get(name)`."""
    holder, _key = entry_of(node) or (None, None)
    is_setting = isinstance(holder, n.Attr) and tail(holder.value) == "settings"
    return is_setting and bool(_TABLE.search(tail(holder)))


def _is_secret(code: Code, node: n.Expr) -> bool:
    if isinstance(node, n.Joined):
        held = [part.value for part in node.parts if isinstance(part, n.Formatted)]
        return len(held) == 1 and _is_secret(code, held[0])
    if isinstance(node, n.Binary):
        return node.op == "+" and isinstance(node.left, n.Const) and _is_secret(code, node.right)
    if isinstance(node, n.Sequence):
        return any(_is_secret(code, item) for item in node.items)
    if _is_of_table(node):
        return True
    if SETTING.search(setting_name(node)):
        return is_secret_setting(node)
    if isinstance(node, n.Call):
        is_digest = tail(node.func) in _DIGESTS and _is_keyed(code)
        is_fetched = bool(_FETCHED.search(tail(node.func)))
        return is_digest or is_fetched or _makes_token(node) or _makes_digest(code, node)
    name = tail(node)
    if isinstance(node, n.Name) and (_is_signature(code, node) or _is_configured(code, node)):
        return True
    if isinstance(node, n.Name) and any(map(_is_made_token, code.assigned(node.id))):
        return True
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
    for value in code.made(node):
        if is_secret_setting(value) or _hands_out(code, value):
            return True
        holder, key = entry_of(value) or (None, None)
        is_named = bool(_TOKEN.search(text(key) or "")) and tail(holder) not in _OF_VISITS
        if is_named and not code.origin(value).is_browser:
            return True
    return False


def _hands_out(code: Code, call: n.Expr) -> bool:
    """Whether a function of the site returns a secret setting, or one of the environment: `device_secret(name)`."""
    function = code.called(call) if isinstance(call, n.Call) else None
    if function is None or _HOLDERS.isdisjoint(function.node.words):
        return False
    return any(map(_is_set, code.project.code_of(function).returned))


_HOLDERS = frozenset({"environ", "getenv", "settings"})


def _is_set(value: n.Expr) -> bool:
    """Whether a value is a secret that the settings or the environment hold."""
    if is_secret_setting(value):
        return True
    holder, key = entry_of(value) or (None, None)
    if isinstance(value, n.Call) and tail(value.func) == "getenv" and value.args:
        key = value.args[0]
    elif tail(holder) != "environ":
        return False
    said = key.parts if isinstance(key, n.Joined) else (key,)
    return any(_KEY.search(text(part) or "") for part in said)


_OF_VISITS = frozenset({"session", "cache", "kwargs"})


def _secret_name(node: n.Expr) -> str:
    if isinstance(node, n.Joined):
        return next(
            _secret_name(part.value) for part in node.parts if isinstance(part, n.Formatted)
        )
    if isinstance(node, n.Binary):
        return _secret_name(node.right)
    if setting_name(node):
        return setting_name(node)
    if isinstance(node, n.Sequence):  # what comes last is shown: `["Token", settings.API_KEY]`
        return _secret_name(node.items[-1])
    if _is_of_table(node):
        holder, _key = entry_of(node) or (None, None)
        return f"{tail(holder)}[…]"
    return tail(node.func) + "()" if isinstance(node, n.Call) else tail(node)
