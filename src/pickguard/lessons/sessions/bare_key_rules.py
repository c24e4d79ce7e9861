"""Session rules about code that reads the user's number out of a session, past Django's own `get_user`."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import tail, text
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of
from pickguard.source.python.walk import inside

_KEY = "_auth_user_id"
_NAME = "SESSION_KEY"
# What compares the hash of the password, or leaves it to Django
_ASKS = frozenset(
    {"HASH_SESSION_KEY", "get_session_auth_hash", "session_auth_hash", "get_session_auth_fallback_hash"}
    | {"get_user", "aget_user", "_auth_user_hash"}
)  # fmt: skip
_FETCHERS = frozenset({"get", "aget", "filter", "get_object_or_404", "get_by_natural_key"})
_USER = re.compile(r"(^|_)(user|account)(_|$|s$)|^user", re.IGNORECASE)
# What only looks through sessions, to end them or to tell who is there
_LISTS = frozenset({"all", "iterator", "delete", "flush"})


@code_rule(
    "sessions.user-past-hash",
    words=(_NAME, "session", "_auth_user_id"),
    packages=("django",),
    title="the user of a session is taken by its number, whatever became of the password",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(613, 287),
    severity=Severity.MEDIUM,
    gain="who holds a stolen session keeps it after the owner has changed the password",
    mend="ask Django for the user: `get_user(request)` compares the session with the password it was made with",
)
def user_past_hash(code: Code) -> Iterator[Hit]:
    """Find `User.objects.get(pk=session[SESSION_KEY])` where nothing compares the session's hash."""
    if code.function is None or code.words & (_ASKS | _LISTS):
        return
    reads = [node for node in code.expressions if _reads_number(code, node)]
    if not reads:
        return
    numbers = {tail(target) for target in _named(code, reads)}
    for call in code.calls(*_FETCHERS):
        if _takes_user(code, call, numbers) and _lets_in(code, call):
            yield Hit(
                (code.spot(call), code.spot(reads[0], "the number that the session keeps")),
                "the session's user is taken by number alone, and stays in after a change of the password",
                Confidence.MEDIUM,
                code.symbol,
            )
            return


def _reads_number(code: Code, node: n.Expr) -> bool:
    """Whether an expression is `session[SESSION_KEY]`, or `session.get("_auth_user_id")`."""
    if isinstance(node, n.Index):
        holder, key = node.value, node.index
    elif isinstance(node, n.Call) and isinstance(node.func, n.Attr) and node.args:
        if node.func.name not in ("get", "pop"):
            return False
        holder, key = node.func.value, node.args[0]
    else:
        return False
    names = {tail(part) for part in inside(func_of(holder))}
    if _HOLDERS.isdisjoint(names) and not any("session" in name.lower() for name in names):
        return False
    return text(key) == _KEY or (tail(key) == _NAME and code.is_from(key, "django"))


_HOLDERS = frozenset({"decoded", "data", "store"})


def _named(code: Code, reads: list[n.Expr]) -> Iterator[n.Expr]:
    """Yield what gets the number, as it is or as the model's key makes it."""
    known = {node.span for node in reads}
    names: set[str] = set()
    for statement in code.statements:
        if isinstance(statement, n.Assign):
            parts = list(inside(statement.value))
            if any(
                part.span in known or (isinstance(part, n.Name) and part.id in names)
                for part in parts
            ):
                names |= {tail(target) for target in statement.targets}
                yield from statement.targets


def _takes_user(code: Code, call: n.Call, numbers: set[str]) -> bool:
    """Whether a call takes a row of users by the number that a session keeps."""
    given = [part for k in call.keywords if k.name in ("pk", "id") for part in inside(k.value)]
    is_number = any(
        (isinstance(part, n.Name) and part.id in numbers) or _reads_number(code, part)
        for part in given
    )
    return is_number and any(_USER.search(tail(part)) for part in inside(call))


def _lets_in(code: Code, call: n.Call) -> bool:
    """Whether the row goes back to whoever asked, or becomes the user of a request."""
    assigns = [s for s in code.statements if isinstance(s, n.Assign)]
    names = {tail(t) for s in assigns if call in list(inside(s.value)) for t in s.targets}

    def holds(value: n.Expr | None) -> bool:
        parts = inside(value) if value is not None else ()
        return any(p is call or (isinstance(p, n.Name) and p.id in names) for p in parts)

    returned = any(isinstance(s, n.Return) and holds(s.value) for s in code.statements)
    return returned or any(holds(s.value) and any(map(_is_user, s.targets)) for s in assigns)


def _is_user(target: n.Expr) -> bool:
    """Whether something is `request.user`, or `scope["user"]`."""
    key = text(target.index) if isinstance(target, n.Index) else None
    return key == "user" or (isinstance(target, n.Attr) and target.name == "user")
