"""Deployment rules about other sites that may read answers with the visitor's cookies."""

import re
import warnings
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, Project, code_rule, reading, rule
from pickguard.kit.code import tail, text
from pickguard.lessons.deployment.patterns.slow_patterns import is_slow
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import inside

_REGEXES = ("CORS_ALLOWED_ORIGIN_REGEXES", "CORS_ORIGIN_REGEX_WHITELIST")


@rule(
    "deployment.open-cors",
    title="every site may read answers with the visitor's cookies",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(942,),
    severity=Severity.HIGH,
    gain="any page on the web reads, with the visitor's session, what only the visitor may see",
    mend="name the sites in `CORS_ALLOWED_ORIGINS`",
)
def open_cors(project: Project) -> Iterator[Hit]:
    """Find CORS for all origins together with credentials, and patterns that strangers' origins fit."""
    credentials = reading(project, "CORS_ALLOW_CREDENTIALS", False)
    with_cookies = credentials is not None and credentials.value is True
    for name in ("CORS_ALLOW_ALL_ORIGINS", "CORS_ORIGIN_ALLOW_ALL"):
        found = reading(project, name)
        if found is None or found.value is not True:
            continue
        if with_cookies:
            yield found.hit(" while `CORS_ALLOW_CREDENTIALS` is on")
        else:
            hit = found.hit(": answers without a login are open to every site", Severity.LOW)
            yield Hit(hit.spots, hit.message, Confidence.LOW, name, Severity.LOW)
    for name in _REGEXES if with_cookies else ():
        yield from _loose_patterns(project, name)


def _loose_patterns(project: Project, name: str) -> Iterator[Hit]:
    found = reading(project, name)
    if found is None or not isinstance(found.value, list | tuple):
        return
    for pattern in found.value:
        stranger = _stranger(pattern) if isinstance(pattern, str) else None
        if stranger:
            yield Hit(
                (found.spot,),
                f"`{pattern}` in `{name}` takes `{stranger}` too, while `CORS_ALLOW_CREDENTIALS` is on",
                found.confidence,
                name,
                mend=r"write the dots as `\.`, nothing but a label before the name, and `$` at the end:"
                r" `^https://[\w-]+\.example\.com$`",
            )


_HOST = re.compile(r"[a-z0-9-]+(?:\\?\.[a-z0-9-]+)*\\?\.[a-z]{2,}", re.IGNORECASE)
_CHEAP = 200


def _stranger(pattern: str) -> str | None:
    """Return an origin of somebody else's that a pattern takes, or None.

    Tried as django-cors-headers tries it, with `re.match`: origins are made of the hosts in the pattern.
    """
    if len(pattern) > _CHEAP or is_slow(pattern):
        return None
    hosts = [host.replace("\\", "") for host in _HOST.findall(pattern)]
    origins = ["https://evil.test", "https://www.evil.test"]
    origins += [
        f"{scheme}://{host}"
        for name in hosts
        for host in (f"{name}.evil.test", f"www.{name}.evil.test", f"evil{name}", f"www.evil{name}")
        for scheme in ("https", "http")
    ]
    try:
        with warnings.catch_warnings(action="ignore"):  # of the project's own patterns
            compiled = re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return None
    return next((origin for origin in origins if compiled.match(origin)), None)


_ALLOW = "Access-Control-Allow-Origin"
_CREDENTIALS = "Access-Control-Allow-Credentials"
_ASKS = re.compile(r"allowed|trusted|whitelist|is_origin|is_same|match|endswith", re.IGNORECASE)


@code_rule(
    "deployment.origin-reflected",
    words=(_ALLOW, "HTTP_ORIGIN", "Origin", "origin"),
    title="whatever site asks may read answers with the visitor's cookies",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(942, 346),
    severity=Severity.HIGH,
    gain="any page on the web reads, with the visitor's session, what only the visitor may see",
    mend="compare the origin with a list of yours first, or let `django-cors-headers` do it",
)
def origin_reflected(code: Code) -> Iterator[Hit]:
    """Find `response["Access-Control-Allow-Origin"] = request.headers["Origin"]` with credentials."""
    if not _allows_credentials(code) or any(map(_ASKS.search, code.words)):
        return
    for value, place in _allowed(code):
        if text(value) == "null":  # what a page in a sandboxed frame says of itself, on any site
            message = "`null` is allowed to read, with the visitor's cookies: any site can be that"
            yield Hit((code.spot(place),), message, Confidence.HIGH, code.symbol)
        origin = code.origin(value)
        if origin.is_browser and not _is_compared(code, value):
            yield Hit(
                (code.spot(place),),
                "the origin that asks is the one that is allowed, with its visitor's cookies",
                Confidence.HIGH,
                code.symbol,
                flow=code.flow(origin, value, "is allowed to read"),
            )


def _allowed(code: Code) -> Iterator[tuple[n.Expr, n.Expr | n.Stmt]]:
    """Yield what is put into the header that names who may read."""
    for statement in code.statements:
        target = statement.targets[0] if isinstance(statement, n.Assign) else None
        if isinstance(target, n.Index) and isinstance(statement, n.Assign):
            if (text(target.index) or "").lower() == _ALLOW.lower():
                yield statement.value, statement
    for node in code.every(n.Mapping):
        for key, value in zip(node.keys, node.values, strict=True):
            if (text(key) or "").lower() == _ALLOW.lower():
                yield value, value


def _allows_credentials(code: Code) -> bool:
    return any(
        isinstance(node.value, str) and node.value.lower() == _CREDENTIALS.lower()
        for node in code.every(n.Const)
    )


def _is_compared(code: Code, value: n.Expr) -> bool:
    """Whether a condition compares the value with anything, or hands it to a function."""
    names = {part.id for part in inside(value) if isinstance(part, n.Name)} - {"request", "self"}
    tests = [s.test for s in code.statements if isinstance(s, n.If)]
    tests += [node.test for node in code.every(n.Choice)]
    for test in tests:
        for node in inside(test):
            looks = isinstance(node, n.Compare) and not _is_none(node)
            calls = isinstance(node, n.Call) and tail(node.func) not in ("get", "bool", "len")
            if (looks or calls) and any(
                isinstance(part, n.Name) and part.id in names for part in inside(node)
            ):
                return True
    return False


def _is_none(node: n.Compare) -> bool:
    return any(isinstance(right, n.Const) and not right.value for right in node.rights)
