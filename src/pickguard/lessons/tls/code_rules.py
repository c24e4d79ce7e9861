"""Transport rules that look at code."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, Spot, code_rule
from pickguard.kit.code import argument, is_false, tail, text
from pickguard.lessons.tls.default_contexts import WORDS as DEFAULT_CONTEXTS
from pickguard.lessons.tls.default_contexts import unchecking
from pickguard.lessons.tls.defaults import off_by_default, off_in_class, off_where_missing
from pickguard.lessons.tls.unknown_hosts import WORDS as UNKNOWN_HOSTS
from pickguard.lessons.tls.unknown_hosts import unknown_hosts
from pickguard.site.symbols.names import ClassSymbol, External, ValueSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path, is_none, receiver_of
from pickguard.source.python.walk import inside

_CLIENTS = ("requests", "httpx", "aiohttp", "urllib3", "ldap3", "boto3", "botocore")
_CALLS = ("get", "post", "put", "patch", "delete", "head", "options", "request", "stream")
# whose calls take `verify`, often from a mapping that many of them share
_TAKING_OPTIONS = ("requests", "httpx")
_WORDS = ("verify", "verify_ssl", "CERT_NONE", "_create_unverified_context", "check_hostname",
          "ssl", "OPT_X_TLS_NEVER", "OPT_X_TLS_ALLOW", *UNKNOWN_HOSTS)  # fmt: skip
# settings that say how Redis and brokers are reached
_CONNECTIONS = ("CACHES", "CHANNEL_LAYERS", "RQ_QUEUES", "BROKER_USE_SSL", "CELERY_BROKER_USE_SSL",
                "CELERY_REDIS_BACKEND_USE_SSL", "redis", "Redis", "ConnectionPool")  # fmt: skip
_OPTIONS = "options of requests that check no certificate"
_MAKERS = ("Client", "AsyncClient", "Session", "TCPConnector", "ClientSession", "client")


@code_rule(
    "tls.unverified",
    words=(*_WORDS, *_CONNECTIONS, *DEFAULT_CONTEXTS, "**"),
    title="the other side's certificate is not checked",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(295, 297),
    severity=Severity.HIGH,
    gain="whoever sits on the way answers in the server's place and reads and changes everything",
    mend='remove it; where the certificate is private, pass its authority (`verify="ca.pem"`)',
)
def unverified(code: Code) -> Iterator[Hit]:
    """Find switched-off certificate and host name checks."""
    yield from _of_clients(code)
    for call in code.calls("_create_unverified_context"):
        yield _hit(code, call, "an SSL context that checks nothing")
    for call in unchecking(code):
        said = f"`{tail(call.func)}(…)` takes every certificate, unless it is handed a context that checks"
        yield Hit((code.spot(call),), said, Confidence.MEDIUM, code.symbol, mend=_CONTEXT)
    for place, sure in unknown_hosts(code):
        said = "whichever key the host shows is taken for the right one"
        yield Hit((code.spot(place),), said, sure, code.symbol, mend=_KNOWN_HOSTS)
    for statement in code.statements:
        if isinstance(statement, n.Assign):
            yield from _assigned(code, statement)
    for option in code.every(n.Attr):
        if option.name in ("OPT_X_TLS_NEVER", "OPT_X_TLS_ALLOW"):
            yield _hit(code, option, "LDAP over TLS without checking the certificate")
    for options in code.every(n.Mapping):
        if _switches_off(options):
            if not code.packages.isdisjoint(_TAKING_OPTIONS):
                yield _hit(code, options, _OPTIONS)
        elif _asks_for_no_certificate(options):
            yield _hit(code, options, "the connection takes every certificate")


_CONTEXT = "hand it `ssl.create_default_context()`"
_KNOWN_HOSTS = "name the host's key (`load_host_keys`), and refuse others with `RejectPolicy`, paramiko's default"


def _of_clients(code: Code) -> Iterator[Hit]:
    """Yield the calls of clients that are told to check no certificate, or are told nothing else."""
    for call in code.calls(*_CALLS, *_MAKERS):
        off = argument(call, -1, "verify", "verify_ssl", "ssl")
        if is_false(off) and _is_client(code, call):
            yield _hit(code, call, f"`{tail(call.func)}(…)` checks no certificate")
        elif off is not None and _is_client(code, call):
            yield from _by_default(code, off)
        yield from _handed_on(code, call)
    for call in code.calls("setdefault"):
        if text(argument(call, 0)) == "verify" and is_false(argument(call, 1, "default")):
            if not code.packages.isdisjoint(_TAKING_OPTIONS):
                yield _hit(code, call, _UNSAID)


_UNSAID = "the check is off where nobody says that it is on"


def _by_default(code: Code, off: n.Expr) -> Iterator[Hit]:
    """Yield the default that switches the check off for those who do not ask for it."""
    found = off_by_default(code, off)
    if found is not None:
        said = f"`{found.name}` of `{found.called}` is off for whoever does not give it"
        yield Hit((code.spot(off),), said, found.sure, code.symbol, mend=_ON_BY_DEFAULT)
    elif off_in_class(code, off):
        said = f"`{tail(off)}` is off in the class, and nothing sets it"
        yield Hit((code.spot(off),), said, Confidence.MEDIUM, code.symbol, mend=_ON_BY_DEFAULT)
    elif off_where_missing(code, off):
        yield Hit((code.spot(off),), _UNSAID, Confidence.MEDIUM, code.symbol, mend=_ON_BY_DEFAULT)


_ON_BY_DEFAULT = (
    'let the default be `True`, and pass a private authority where there is one (`verify="ca.pem"`)'
)


def _handed_on(code: Code, call: n.Call) -> Iterator[Hit]:
    """Yield what a client is handed as a whole: `requests.post(url, **options())`, `**{**DEFAULTS, …}`."""
    handed = [k.value for k in call.keywords if not k.name]
    for part in (p for value in handed for p in inside(value)):
        function = code.called(part) if isinstance(part, n.Call) else None
        shared = code.resolve(part) if isinstance(part, n.Name) else None
        if function is not None and function != code.function and _is_client(code, call):
            there = code.project.code_of(function)
            for value in (v for returned in there.returned for v in there.made(returned)):
                if isinstance(value, n.Mapping) and _switches_off(value):
                    yield _hit(there, value, _OPTIONS)
        elif isinstance(shared, ValueSymbol) and isinstance(shared.value, n.Mapping):
            # where it stands, its module may be looked at by itself
            is_seen = not set(_WORDS).isdisjoint(shared.module.record.words)
            if _switches_off(shared.value) and _is_client(code, call) and not is_seen:
                spot = Spot(shared.module.path, shared.value.span)
                yield Hit((spot,), _OPTIONS, Confidence.HIGH, code.symbol)


def _is_client(code: Code, call: n.Call) -> bool:
    """Whether the call is one of an HTTP client, or of a session made from one."""
    if code.is_from(call.func, *_CLIENTS):
        return True
    receiver = receiver_of(call)
    if code.is_made_by(receiver, *_CLIENTS) or _is_heir(code, receiver):
        return True
    return not isinstance(receiver, n.Name) and "session" in tail(receiver).lower()


def _is_heir(code: Code, receiver: n.Expr | None) -> bool:
    """Whether something is made of a class of the site's own that builds on a client: `Session(requests.Session)`."""
    made = (code.resolve(value.func) for value in code.made(receiver) if isinstance(value, n.Call))
    lines = (code.project.site.classes.line(one) for one in made if isinstance(one, ClassSymbol))
    return any(
        isinstance(base, External) and base.name.startswith(tuple(f"{c}." for c in _CLIENTS))
        for line in lines
        for base in line
    )


def _switches_off(node: n.Mapping) -> bool:
    """Whether a mapping holds what is handed to a client as a whole: `{"verify": False, "timeout": 5}`."""
    pairs = zip(node.keys, node.values, strict=True)
    return any(text(key) == "verify" and is_false(value) for key, value in pairs)


def _asks_for_no_certificate(node: n.Mapping) -> bool:
    """Whether a mapping is how a client of Redis, or Celery, is told to check nothing: `{"ssl_cert_reqs": None}`."""
    pairs = zip(node.keys, node.values, strict=True)
    return any(
        text(key) == "ssl_cert_reqs"
        and (is_none(value) or tail(value) == "CERT_NONE" or (text(value) or "").lower() == "none")
        for key, value in pairs
    )


def _assigned(code: Code, statement: n.Assign) -> Iterator[Hit]:
    for target in statement.targets:
        if not isinstance(target, n.Attr):
            continue
        if target.name == "_create_default_https_context":
            if tail(statement.value) == "_create_unverified_context":
                yield _hit(
                    code, statement, "no client of this process checks a certificate any more"
                )
        elif target.name == "check_hostname" and is_false(statement.value):
            if not _checks_nothing(code, target.value):
                yield _hit(code, statement, "the host name in the certificate is not checked")
        elif target.name == "verify_mode" and tail(statement.value) == "CERT_NONE":
            yield _hit(code, statement, "the certificate is not checked")
        elif target.name == "verify" and _is_session(code, target.value):
            if is_false(statement.value):
                yield _hit(code, statement, "the session checks no certificate")
            else:
                yield from _by_default(code, statement.value)


def _is_session(code: Code, holder: n.Expr) -> bool:
    return "session" in tail(holder).lower() or code.is_made_by(holder, *_CLIENTS)


def _checks_nothing(code: Code, context: n.Expr) -> bool:
    """Whether the same context is told to check no certificate either, which is graver and told alone."""
    made = code.body.assigned.get(f"{access_path(context)}.verify_mode", ())
    return any(tail(value) == "CERT_NONE" for value, _span in made)


def _hit(code: Code, node: n.Expr | n.Stmt, message: str) -> Hit:
    chosen = Confidence.LOW if code.is_conditional(node.span) else Confidence.HIGH
    return Hit((code.spot(node),), message, chosen, code.symbol)
