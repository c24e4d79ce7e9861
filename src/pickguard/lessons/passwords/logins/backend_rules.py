"""Password rules about what tells Django who asks: login backends, API authentication, middleware."""

import re
from collections.abc import Callable, Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, Project, Spot, code_rule, rule
from pickguard.kit.code import tail, text
from pickguard.site.symbols.names import ClassSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path
from pickguard.source.python.walk import inside

_FETCHES = frozenset({"get", "aget", "first", "afirst", "filter", "get_object_or_404", "get_or_create",
                      "aget_or_create", "get_by_natural_key", "Q"})  # fmt: skip
# What says which account it is, and proves nothing
_NAMES = re.compile(
    r"^(pk|id|user_id|username|email|email_address|phone|phone_number|mobile|login)(__i?exact)?$"
)
_BESIDE = frozenset({"is_active", "defaults"})
# Something was verified, whatever it is
_PROVES = re.compile(
    r"check_|verif|token|sign(?!als?$|up|in|ed_?up)|otp|code|compare_digest|secret|password|valid|nonce|hash|digest"
    r"|assert|oauth|saml|ticket|session|hmac|decrypt|challenge|credential|magic|key|bind|ldap|trust|proxy|proxies"
    r"|remote_addr|ip_addr|debug|testing|super$|authenticate$|impersonat|staff|superuser",
    re.IGNORECASE,
)
_ASKED_HERE = frozenset({"user_can_authenticate", "is_authenticated"})
_APIS = ("BaseAuthentication", "TokenAuthentication")
_PASSES = frozenset({"__call__", "__acall__", "process_request", "process_view"})


@code_rule(
    "passwords.backend-unproved",
    words=_FETCHES,
    title="who is named is believed to be the one who asks",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(287, 290, 303),
    severity=Severity.HIGH,
    gain="a stranger sends the name or address of an account, with any password or none, and is its owner",
    mend="ask `user.check_password(password)`, or verify a signature or token that only the account's owner has",
)
def backend_unproved(code: Code) -> Iterator[Hit]:
    """Find backends that never read the password, and headers that name the user with no proof."""
    function, owner = code.function, code.owner
    if function is None or owner is None or code.enclosing is not None:
        return
    name = function.node.name
    params = [param.name for param in function.node.params]
    rest = next((p.name for p in function.node.params if p.kind == "**"), "")
    if name == "authenticate" and ("password" in params or rest):
        yield from _backend(code, params, rest)
    elif name == "authenticate" and code.project.site.classes.inherits(owner, *_APIS):
        yield from _named_by_request(code, _returned(code))
    elif name in _PASSES and "user" in code.words:
        yield from _named_by_request(code, _set_on_request(code))


def _is_proved(code: Code, rest: str = "") -> bool:
    return any(map(_PROVES.search, code.words - _ASKED_HERE - {"password", rest}))


def _backend(code: Code, params: list[str], rest: str) -> Iterator[Hit]:
    """Find a backend that a login with a password reaches, and that never looks at it."""
    if _is_read(code, "password") or _is_proved(code, rest):
        return
    if rest in code.words and "password" in params:
        return

    def is_given(value: n.Expr) -> bool:
        if rest and access_path(value) == f"{rest}['username']":
            return True
        return isinstance(value, n.Name) and value.id in sent

    # without a parameter for it, only what every login page sends is sure to come with a password
    sent = set(params) - {"self", "request", "password", rest}
    if "password" not in params:
        sent &= {"username"}
    for value in _returned(code):
        taken = _taken(code, value, is_given)
        if taken is not None:
            yield Hit(
                (code.spot(value), code.spot(taken, "the account that is named")),
                "the account that is named is let in, and the password is never looked at",
                Confidence.HIGH,
                code.symbol,
            )
            return


def _is_read(code: Code, name: str) -> bool:
    """Whether a parameter is looked at, beyond whether there is one."""
    bare = {
        id(part)
        for statement in code.statements
        if isinstance(statement, n.If) and not _compares(statement.test)
        for part in inside(statement.test)
    }
    return any(node.id == name and id(node) not in bare for node in code.every(n.Name))


def _compares(test: n.Expr) -> bool:
    return any(
        isinstance(part, n.Call) or (isinstance(part, n.Compare) and set(part.ops) & {"==", "!="})
        for part in inside(test)
    )


def _named_by_request(code: Code, values: list[n.Expr]) -> Iterator[Hit]:
    if not values or _is_proved(code):
        return
    for value in values:
        taken = _taken(code, value, lambda given: _is_sent(code, given))
        if taken is not None:
            yield Hit(
                (code.spot(taken),),
                "the request names the user, and nothing proves that it comes from them",
                Confidence.MEDIUM,
                code.symbol,
            )
            return


def _is_sent(code: Code, node: n.Expr) -> bool:
    """Whether the browser writes a value: not what the server itself says, such as `REMOTE_USER`."""
    origin = code.origin(node)
    if not origin.is_browser or origin.source is None:
        return False
    parts = list(inside(origin.source))
    keys = [said for part in parts if (said := text(part))]
    of_server = any(tail(part) in ("META", "environ") for part in parts)
    return not of_server or any(key.startswith("HTTP_") for key in keys)


def _returned(code: Code) -> list[n.Expr]:
    found = []
    for statement in code.statements:
        if isinstance(statement, n.Return) and statement.value is not None:
            value = statement.value
            found.append(value.items[0] if isinstance(value, n.Sequence) and value.items else value)
    return found


def _set_on_request(code: Code) -> list[n.Expr]:
    return [
        statement.value
        for statement in code.statements
        if isinstance(statement, n.Assign)
        for target in statement.targets
        if access_path(target) in ("request.user", "request._cached_user")
    ]


def _taken(code: Code, account: n.Expr, is_given: Callable[[n.Expr], bool]) -> n.Call | None:
    """Return the query that takes an account by nothing but its name, or None."""
    values = [account]
    if isinstance(account, n.Name):
        values = [*code.assigned(account.id)]
    for value in values:
        for node in inside(value):
            if not isinstance(node, n.Call) or tail(node.func) not in _FETCHES:
                continue
            given = [k for k in node.keywords if k.name not in _BESIDE]
            if given and all(k.name and _NAMES.match(k.name) for k in given):
                if any(is_given(k.value) for k in given):
                    return node
    return None


@rule(
    "passwords.named-by-header",
    title="a header of the request says who is logged in",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(290, 287),
    severity=Severity.HIGH,
    gain="whoever gets past the proxy, or finds a spelling that it leaves alone, sends the header and is whom it names",
    mend="let the proxy set `REMOTE_USER`, or look at something that only it knows, before the header is read",
)
def named_by_header(project: Project) -> Iterator[Hit]:
    """Find `RemoteUserMiddleware` told to read a header that any client can send."""
    installed = {path.rpartition(".")[2] for path in project.middleware or ()}
    for symbol in project.site.classes.all:
        if symbol.node.name in installed and _only_reads(project, symbol):
            header = project.site.classes.value(symbol, "header")
            if header is not None and (text(header.value) or "").startswith("HTTP_"):
                yield Hit(
                    (Spot(header.module.path, header.value.span),),
                    f"`{text(header.value)}` comes with the request, and says who is logged in",
                    Confidence.MEDIUM,
                    symbol.node.name,
                )


def _only_reads(project: Project, symbol: ClassSymbol) -> bool:
    """Whether a middleware does what Django's does, and looks at nothing before."""
    methods = project.site.classes.own_methods(symbol)
    return project.site.classes.inherits(symbol, ".RemoteUserMiddleware") and not any(methods)
