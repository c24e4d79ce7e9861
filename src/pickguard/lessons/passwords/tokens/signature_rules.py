"""Password rules about signatures that a site makes by hand."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import tail, text
from pickguard.lessons.passwords.tokens.token_rules import NO_SECRET, TOKEN, made_for
from pickguard.source.python import nodes as n

_WEAK = ("md5", "sha1")
_KEY = "SECRET_KEY"
# Parts of an expression that say nothing of what is signed
_TOOLS = frozenset(
    {_KEY, "settings", "encode", "join", "format", "str", "bytes", "force_bytes", "force_str", "smart_bytes",
     "smart_str", "getattr", "self", "b", "hashlib", *_WEAK}
)  # fmt: skip
_BY_CHANCE = frozenset(
    {"urandom", "random", "uuid4", "uuid1", "token_hex", "token_urlsafe", "token_bytes", "get_random_string",
     "getrandbits", "randint", "choice", "time", "now", "shortuuid", "nanoid"}
)  # fmt: skip


@code_rule(
    "passwords.homemade-signature",
    words=_WEAK,
    packages=("hashlib",),
    title="a signature is a fast hash of a value and the secret key",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(328, 347),
    severity=Severity.MEDIUM,
    gain="whoever has one such link tries keys at home, billions a second; the key found signs sessions as well",
    mend="use `django.core.signing.Signer(salt=…).sign(value)`, or `salted_hmac`",
)
def homemade_signature(code: Code) -> Iterator[Hit]:
    """Find `md5(f"{order.number}{settings.SECRET_KEY}")` where it is handed out as a proof."""
    if code.function is None or {_KEY, "getattr"}.isdisjoint(code.words):
        return
    for call in code.calls(*_WEAK):
        if not code.is_from(call.func, "hashlib"):
            continue
        names = _names(code, call)
        if _KEY not in names or names & _BY_CHANCE or not names - _TOOLS:
            continue
        name = _proof(code, call)
        if name and not _stays_in_session(code):
            yield Hit(
                (code.spot(call),),
                f"`{name}` is a mere `{tail(call.func)}` of a value and `{_KEY}`",
                Confidence.MEDIUM,
                code.symbol,
            )


def _stays_in_session(code: Code) -> bool:
    """Whether what a function makes is only kept in the session, and compared: no visitor sees one to try keys on."""
    settings = code.project.production
    if settings is not None and "signed_cookies" in str(settings.get("SESSION_ENGINE")):
        return False
    calls = code.project.flow.callers.of(code.function) if code.function is not None else []
    kept = [
        any(_keeps(statement, call) for statement in caller.statements)
        for caller, call, _is_bound in calls
    ]
    compared = [
        any(call in (node.left, *node.rights) for node in caller.every(n.Compare))
        for caller, call, _is_bound in calls
    ]
    return any(kept) and all(one or other for one, other in zip(kept, compared, strict=True))


def _keeps(statement: n.Stmt, call: n.Call) -> bool:
    """Whether it is `request.session["seal"] = seal_of(user)`."""
    return (
        isinstance(statement, n.Assign)
        and statement.value is call
        and all(
            isinstance(target, n.Index) and tail(target.value) == "session"
            for target in statement.targets
        )
    )


def _names(code: Code, call: n.Call) -> set[str]:
    """Return what a hash is made of, `update` included."""
    values = list(call.args)
    holders = {
        tail(target)
        for statement in code.statements
        if isinstance(statement, n.Assign) and statement.value is call
        for target in statement.targets
    }
    for update in code.calls("update"):
        if isinstance(update.func, n.Attr) and tail(update.func.value) in holders:
            values += update.args
    parts = [part for value in values for part in code.parts(value)]
    return {tail(part) for part in parts if isinstance(part, n.Name | n.Attr)} | {
        _KEY for part in parts if text(part) == _KEY
    }


def _proof(code: Code, call: n.Call) -> str:
    """Return the name that says that the hash proves something, or an empty text."""
    found = made_for(code, call)
    if found or code.function is None:
        return found
    name = code.function.node.name
    returned = (s for s in code.statements if isinstance(s, n.Return) and s.value is not None)
    if TOKEN.search(name) and not NO_SECRET.search(name) and any(returned):
        return name
    return ""
