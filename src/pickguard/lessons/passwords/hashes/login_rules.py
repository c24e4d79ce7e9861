"""Password rules about logins written by hand: they go past what the backends keep."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import tail
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path
from pickguard.source.python.walk import inside

_CHECK = "check_password"
_FETCHES = frozenset({"get", "aget", "first", "afirst", "last", "get_object_or_404", "get_by_natural_key"})  # fmt: skip
_QUERIES = frozenset({"objects", "_default_manager", "get_user_model", "filter", "get_object_or_404"})  # fmt: skip
_ACCOUNT = re.compile(r"user|account|member|customer|admin|staff|person|profile", re.IGNORECASE)
# Who verifies on behalf of Django, and is counted and asked for more by what called it
_VERIFIES = re.compile(r"Backend(Mixin)?$|Authentication$|Manager$|QuerySet$|Command$|Hasher$")


@code_rule(
    "passwords.checked-by-hand",
    words=(_CHECK,),
    title="a login checks the password past the authentication backends",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(287, 307),
    severity=Severity.MEDIUM,
    gain="limits on attempts, second factors and closed accounts hold in the backends alone: here a robot"
    " guesses on",
    mend="call `django.contrib.auth.authenticate`, and write a backend where another name should log in",
)
def checked_by_hand(code: Code) -> Iterator[Hit]:
    """Find `check_password` of an account that the same code looked up by what it was told."""
    if code.function is None or code.function.node.name.startswith("authenticate"):
        return
    if code.owner is not None and _VERIFIES.search(code.owner.node.name):
        return
    for call in code.calls(_CHECK):
        account = _account(call) if call.args else None
        if account is None or _is_of_asker(code, account) or _refuses_the_same(code, call):
            continue
        if _is_fetched(code, account) and _is_sent(code, call):
            yield Hit(
                (code.spot(call),),
                f"the password of `{access_path(account)}` is checked here, not by a backend",
                Confidence.MEDIUM,
                code.symbol,
            )


def _refuses_the_same(code: Code, call: n.Call) -> bool:
    """Whether whoever knows the password is turned away: a new one must not be the old one."""
    return any(
        isinstance(statement, n.If)
        and statement.test is call
        and any(isinstance(last, n.Raise) for last in statement.body[-1:])
        for statement in code.statements
    )


def _is_of_asker(code: Code, account: n.Expr) -> bool:
    """Whether the account is compared with that of whoever asks: a change of one's own password."""
    path = access_path(account)
    return any(
        path in paths and any(one.endswith("request.user") for one in paths)
        for node in code.every(n.Compare)
        for paths in [{access_path(part) for part in (node.left, *node.rights)}]
    )


def _is_sent(code: Code, call: n.Call) -> bool:
    """Whether the password came from a browser, not from a terminal."""
    kinds = code.project.site.classes.kinds(code.owner) if code.owner is not None else frozenset()
    return bool(kinds & {"form", "serializer"}) or code.origin(call.args[0]).is_browser


def _account(call: n.Call) -> n.Expr | None:
    """Return `user` of `user.check_password(raw)` and of `check_password(raw, user.password)`."""
    if isinstance(call.func, n.Attr):
        return call.func.value
    encoded = call.args[1] if len(call.args) > 1 else None
    return encoded.value if isinstance(encoded, n.Attr) and encoded.name == "password" else None


def _is_fetched(code: Code, account: n.Expr) -> bool:
    """Whether this code chose the account, by a query; the one who asks is chosen already."""
    path = access_path(account)
    if not path or not _ACCOUNT.search(path):
        return False
    return any(_is_query(value) for value in code.assigned(path))


def _is_query(value: n.Expr) -> bool:
    if not isinstance(value, n.Call) or tail(value.func) not in _FETCHES:
        return False
    names = {tail(part) for part in inside(value)}
    return bool(names & _QUERIES) and not _asks_by_caller(value)


def _asks_by_caller(value: n.Call) -> bool:
    """Whether the row is that of whoever asks: `User.objects.get(pk=request.user.pk)`."""
    return any(access_path(part).endswith("request.user") for part in inside(value))
