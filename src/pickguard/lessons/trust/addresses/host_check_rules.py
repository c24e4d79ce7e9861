"""Trust rules about checks of addresses that let other hosts through than those they name."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.catalog import SinkKind
from pickguard.flow.guards.guards import pattern_of
from pickguard.kit import Code, Hit, Project, Spot, code_rule
from pickguard.kit.calls.redirects import REDIRECTS
from pickguard.kit.code import tail, text
from pickguard.kit.values.sinks import sunk
from pickguard.site.symbols.names import ValueSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import is_false, is_none, items_of, receiver_of
from pickguard.source.python.walk import expressions, inside

_ADDRESS = re.compile(
    r"(^|_)(ur[il]|link|href|address|redirect\w*|next|target|return_to|callback|origin|referr?er|location)$",
    re.IGNORECASE,
)
_HOST = re.compile(r"(^|_)(host|hostname|netloc|domain|origin|server)(_name)?$", re.IGNORECASE)
_MAIL = re.compile(r"(^|_)(e?_?mail)(_address)?$", re.IGNORECASE)
# an address whose host may go on: `https://shop.example` fits `https://shop.example.evil.test`
_OPEN_ADDRESS = re.compile(r"^(https?:)?//[\w.-]*\w$")
_OPEN_HOST = re.compile(r"^[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}$", re.IGNORECASE)
_KNOWN = re.compile(
    r"redirect_?ur[il]s?|(allowed|trusted|permitted|registered|valid|safe)_?\w*(ur[il]|origin|host|domain|prefix|redirect)\w*"
    r"|(ur[il]|origin|host|domain|redirect)\w*_?(whitelist|allow_?list)",
    re.IGNORECASE,
)
_TELLS = re.compile(
    r"allow|permit|trust|valid|safe|is_own|is_internal|is_local|is_known|^check|^clean|verify|belongs|accept|same_(host|site|origin)"
    r"|^detect",
    re.IGNORECASE,
)
_CORS = "access-control-allow-origin"


@code_rule(
    "trust.weak-host-check",
    words=(
        "startswith",
        "endswith",
        "netloc",
        "urlparse",
        "urlsplit",
        "ip_address",
        "match",
        "search",
    ),
    title="a check of an address fits the addresses of other hosts as well",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(1023, 601, 918, 346),
    severity=Severity.MEDIUM,
    gain="`https://shop.example.evil.test` begins as yours does, `evilshop.example` ends so: both pass",
    mend="take the host out with `urlsplit(url).hostname`: is it one of yours, or does it end in `.` and yours?",
)
def weak_host_check(code: Code) -> Iterator[Hit]:
    """Find `url.startswith("https://shop.example")` and `host.endswith("shop.example")` where they decide.

    And `not urlsplit(url).netloc`: an address may have no host there and lead to one all the same.
    """
    yield from _without_host(code)
    yield from _names_unresolved(code)
    yield from _by_patterns(code)
    for call in code.calls("startswith", "endswith"):
        if not isinstance(call.func, n.Attr) or len(call.args) != 1:
            continue
        receiver, method = call.func.value, call.func.name
        if not _decides(code, call, receiver):
            continue
        open_end = _beginning(code, receiver, call.args[0]) if method == "startswith" else ""
        open_end = open_end or (_end(code, receiver, call.args[0]) if method == "endswith" else "")
        if open_end:
            yield Hit(
                (code.spot(call),),
                f"`{method}` fits other hosts than {open_end}: nothing ends the name where it is compared",
                Confidence.MEDIUM,
                code.symbol,
            )


def _by_patterns(code: Code) -> Iterator[Hit]:
    r"""Yield `re.match(r"https://shop\.example", url)`, and what does so by a compiled pattern, where it decides."""
    for call in code.calls("match", "search"):
        subject = _matched(code, call)
        if subject is None or not _ADDRESS.search(_called(subject)):
            continue
        pattern = pattern_of(call, code.body.conditions, code.body.scope.at(call.span))
        if pattern and _leaves_host_open(pattern) and _decides(code, call, subject):
            yield Hit(
                (code.spot(call), *_written(code, call)),
                "the pattern fits other hosts too: nothing ends the name where it ends",
                Confidence.MEDIUM,
                code.symbol,
                mend="end the host in the pattern, with `(/|$)`; or compare `urlsplit(url).hostname`",
            )


def _matched(code: Code, call: n.Call) -> n.Expr | None:
    """Return what a call looks for a pattern in."""
    position = 1 if code.is_from(call.func, "re") else 0
    return call.args[position] if len(call.args) > position else None


def _written(code: Code, call: n.Call) -> Iterator[Spot]:
    """Yield where a pattern is written that is looked for here."""
    kept = code.resolve(receiver_of(call))
    if isinstance(kept, ValueSymbol):
        yield Spot(kept.module.path, kept.value.span, "the pattern")


def _leaves_host_open(pattern: str) -> bool:
    r"""Whether a pattern of addresses ends with their host, `https?://shop\.example`, or lets all follow it."""
    before, slashes, rest = pattern.replace("\\/", "/").partition("//")
    host = _ANYTHING.sub("", rest)
    return bool(slashes and _SCHEME.fullmatch(before) and "/" not in host and _ENDING.search(host))


_SCHEME = re.compile(r"\^?[(?:]*https?[(s|htp)?:]*")
_ANYTHING = re.compile(r"(\(?\.[*+]\??\)?\$?)+$")
_ENDING = re.compile(r"\\\.[a-z]{2,}\)*$")


def _names_unresolved(code: Code) -> Iterator[Hit]:
    """Yield what looks at addresses of numbers, and lets every name pass that is none: it may lead to any of them."""
    if code.function is None or not code.words & _OF_ADDRESS:
        return
    if any(map(_RESOLVES.search, code.words)) or code.project.once(_connects_guarded):
        return
    for statement in code.statements:
        if not isinstance(statement, n.Try) or not _looks_at_number(statement):
            continue
        for handler in statement.handlers:
            if _lets_names_pass(code, handler):
                yield Hit(
                    (code.spot(handler.type or statement.body[0]),),
                    "a host that is no number passes, and is not looked up: its name may stand for `127.0.0.1`",
                    Confidence.MEDIUM,
                    code.symbol,
                    gain="an attacker's own name leads to an address inside: metadata, databases, admin pages",
                    mend="look the name up with `socket.getaddrinfo`, ask of each address, and connect to that one",
                )


def _connects_guarded(project: Project) -> bool:
    """Whether the site connects by a library that looks at each address itself."""
    return any("advocate" in project.imported_packages(module) for module in project.served())


_RESOLVES = re.compile(r"getaddrinfo|gethostby|resolve|dns|advocate|ssrf")
_OF_ADDRESS = frozenset({"urlparse", "urlsplit", "hostname", "netloc"})
_SAFE_NAME = re.compile(r"(^|_)(public|safe|allowed|valid|external|global|permitted|ok)(_|$)")
_UNSAFE_NAME = re.compile(r"(^|_)(private|internal|local|blocked|forbidden|reserved|loopback)(_|$)")


def _looks_at_number(statement: n.Try) -> bool:
    return any(
        isinstance(node, n.Call) and tail(node.func) in ("ip_address", "IPv4Address", "IPAddress")
        for node in expressions(statement.body)
    )


def _lets_names_pass(code: Code, handler: n.Handler) -> bool:
    """Whether what is no number of an address is answered as one that may be reached."""
    last = handler.body[-1] if handler.body else None
    name = code.function.node.name if code.function is not None else ""
    if not isinstance(last, n.Return) or last.value is None:
        return False
    asked = (code.called(part) for part in inside(last.value) if isinstance(part, n.Call))
    if any(one and any(map(_RESOLVES.search, one.node.words)) for one in asked):
        return False
    is_no = is_false(last.value) or is_none(last.value)
    if _UNSAFE_NAME.search(name):
        return is_no
    return bool(_SAFE_NAME.search(name)) and not is_no


def _without_host(code: Code) -> Iterator[Hit]:
    """Yield what lets an address through that has no host, where nobody looks at how it begins."""
    if code.words & _LOOKS_AT_BEGINNING or not code.words & _TAKING_APART:
        return
    asked: tuple[n.Expr, ...] = (*code.every(n.Unary), *code.every(n.Compare))
    for node in asked:
        host = _is_missing(node)
        if host is not None and _is_netloc(code, host) and _lets_through(code, node):
            yield Hit(
                (code.spot(node),),
                "an address without a host passes: `///evil.test`, `http:///evil.test`, `javascript:`",
                Confidence.MEDIUM,
                code.symbol,
                gain="to `urlsplit` these have no host; a browser goes to `evil.test`, or runs the script",
                mend="use `url_has_allowed_host_and_scheme`",
            )
            return


_TAKING_APART = frozenset({"urlparse", "urlsplit"})
_LOOKS_AT_BEGINNING = frozenset(
    {"scheme", "startswith", "is_safe_url", "url_has_allowed_host_and_scheme", "match", "fullmatch"}
)
_OF_SCHEME = 0
_OF_HOST = 1


def _is_missing(node: n.Expr) -> n.Expr | None:
    """Return what is asked to be empty: `not host`, `host == ""`; None of other questions."""
    if isinstance(node, n.Unary):
        return node.operand if node.op == "not" else None
    if isinstance(node, n.Compare) and node.ops == ("==",) and text(node.rights[0]) == "":
        return node.left
    return None


def _is_netloc(code: Code, node: n.Expr) -> bool:
    """Whether a value is the host of an address taken apart: `urlsplit(url).netloc`, `urlparse(url)[1]`."""
    made = code.made(node) if isinstance(node, n.Name) else [node]
    return any(_reads_netloc(value) for value in made) or _is_unpacked(code, node)


def _reads_netloc(value: n.Expr) -> bool:
    if isinstance(value, n.Attr):
        return value.name in ("netloc", "hostname")
    is_second = isinstance(value, n.Index) and isinstance(value.index, n.Const)
    return (
        is_second
        and isinstance(value, n.Index)
        and tail(getattr(value.value, "func", None)) in _TAKING_APART
        and getattr(value.index, "value", None) == _OF_HOST
    )


def _is_unpacked(code: Code, node: n.Expr) -> bool:
    """Whether a name is the second of `scheme, host, *rest = urlsplit(url)` whose first nobody reads."""
    for statement in code.statements:
        if not isinstance(statement, n.Assign) or not isinstance(node, n.Name):
            continue
        target = statement.targets[0]
        is_taken = tail(getattr(statement.value, "func", None)) in _TAKING_APART
        if is_taken and isinstance(target, n.Sequence) and len(target.items) > _OF_HOST:
            first = tail(target.items[_OF_SCHEME])
            read = sum(tail(part) == first for part in code.expressions)
            return tail(target.items[_OF_HOST]) == node.id and read <= 1
    return False


def _lets_through(code: Code, node: n.Expr) -> bool:
    """Whether it is what a function that tells by its name answers, or one way to say yes."""
    function = code.function
    if function is None or not _TELLS.search(function.node.name):
        return False
    returned = (s.value for s in code.statements if isinstance(s, n.Return) and s.value)
    return any(node in _ways(value) for value in returned)


def _ways(value: n.Expr) -> tuple[n.Expr, ...]:
    return value.values if isinstance(value, n.Logic) and value.op == "or" else (value,)


def _beginning(code: Code, receiver: n.Expr, given: n.Expr) -> str:
    """Return what is compared with the beginning of an address though the host may go on."""
    if not _ADDRESS.search(_called(receiver)):
        return ""
    for one in items_of(given):
        said = code.body.said(one)
        if said is not None and _OPEN_ADDRESS.match(said):
            return f"`{said}`"
        if said is None and _is_known(code, one):
            return f"`{tail(one)}`"
    return ""


def _is_known(code: Code, node: n.Expr) -> bool:
    """Whether a name goes over the addresses that are allowed: `any(uri.startswith(known) for known in …)`."""
    if not isinstance(node, n.Name):
        return False
    sources = [
        loop.source
        for comprehension in code.every(n.Comprehension)
        for loop in comprehension.loops
        if tail(loop.target) == node.id
    ]
    sources += [
        s.source for s in code.statements if isinstance(s, n.For) and tail(s.target) == node.id
    ]
    names = (part for source in sources for part in inside(source))
    return any(_KNOWN.search(tail(part)) for part in names if isinstance(part, n.Name | n.Attr))


def _end(code: Code, receiver: n.Expr, given: n.Expr) -> str:
    """Return what is compared with the end of a host though any letter may stand before it."""
    name = _called(receiver)
    if not (_HOST.search(name) or _MAIL.search(name)):
        return ""
    said = (code.body.said(one) for one in items_of(given))
    return next((f"`{end}`" for end in said if end and _OPEN_HOST.match(end)), "")


def _called(node: n.Expr) -> str:
    """Return the name of a value, also of `urlsplit(url).netloc.lower()`."""
    while isinstance(node, n.Call) and isinstance(node.func, n.Attr):
        key = text(node.args[0]) if node.func.name == "get" and node.args else None
        if key is not None:
            return key
        node = node.func.value
    return (text(node.index) or "") if isinstance(node, n.Index) else tail(node)


def _decides(code: Code, call: n.Call, asked: n.Expr) -> bool:
    """Whether the answer lets an address through: a function that tells by its name, or a sink behind it."""
    function = code.function
    if function is not None and _TELLS.search(function.node.name) and _is_answered(code, call):
        return True
    names = {part.id for part in inside(asked) if isinstance(part, n.Name)} - {"request", "self"}
    handed = (part for value in _harmed(code) for part in inside(value))
    return any(isinstance(part, n.Name) and part.id in names for part in handed)


def _is_answered(code: Code, call: n.Call) -> bool:
    """Whether a comparison is what a function answers by, or raises by."""
    for statement in code.statements:
        tested = statement.value if isinstance(statement, n.Return) else None
        if isinstance(statement, n.If):
            ends = any(isinstance(s, n.Return | n.Raise) for s in statement.body)
            tested = statement.test if ends and not _refuses_what_fits(statement, call) else None
        if tested is not None and any(part is call for part in inside(tested)):
            return True
    return False


def _refuses_what_fits(statement: n.If, call: n.Call) -> bool:
    """Whether what fits is refused: of a check that fits more, more is refused."""
    values = statement.test.values if isinstance(statement.test, n.Logic) else (statement.test,)
    last = statement.body[-1]
    is_no = isinstance(last, n.Raise) or (
        isinstance(last, n.Return) and (last.value is None or is_false(last.value))
    )
    return is_no and any(value is call for value in values)


def _harmed(code: Code) -> Iterator[n.Expr]:
    """Yield what is fetched, redirected to, or allowed to read."""
    for call in code.calls(*REDIRECTS):
        yield from call.args[:1]
    for kind in (SinkKind.ADDRESS, SinkKind.REDIRECT):
        yield from (found.value for found in sunk(code, kind))
    for statement in code.statements:
        if isinstance(statement, n.Assign) and isinstance(statement.targets[0], n.Index):
            if (text(statement.targets[0].index) or "").lower() == _CORS:
                yield statement.value
