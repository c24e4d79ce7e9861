"""Trust rules about addresses that were looked at before a library follows where they lead on."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.catalog import SinkKind
from pickguard.flow.values.definitions import Checked
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument, is_false, is_true, tail
from pickguard.kit.values.sinks import Sunk, sunk
from pickguard.site.symbols.names import ClassSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path
from pickguard.source.python.walk import inside

# what tells of an address whether it is one of the server's own network
_LOOKS = frozenset(
    {
        "is_global",
        "is_private",
        "is_loopback",
        "is_link_local",
        "is_reserved",
        "getaddrinfo",
        "gethostbyname",
    }
    | {"ip_address", "ip_network"}
)
# what goes on by itself unless it is told not to, and what does so only where it is told to
_FOLLOWS = frozenset({"requests", "urllib", "aiohttp"})
_FOLLOWS_IF_TOLD = frozenset({"httpx"})
# code that goes from one address to the next itself, or reaches only where it looked
_BY_HAND = re.compile(
    r"^(Location|location|is_redirect|max_redirects|history|mount|redirect_request|HTTPRedirectHandler|hooks)$"
)


@code_rule(
    "trust.followed-past-check",
    words=(),
    packages=tuple(sorted(_FOLLOWS | _FOLLOWS_IF_TOLD)),
    sinks=(SinkKind.ADDRESS,),
    title="an address is looked at, and where it leads on is not",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(918, 367),
    severity=Severity.MEDIUM,
    gain="a page that passes the check answers `Location: http://169.254.169.254/`, and the server goes there",
    mend="pass `allow_redirects=False` and look at each address that it leads on to, or look at the connection itself",
)
def followed_past_check(code: Code) -> Iterator[Hit]:
    """Find `requests.get(url)` behind a check of where `url` leads to, with redirects followed."""
    if code.function is None or any(map(_BY_HAND.match, code.words)):
        return
    if code.words.isdisjoint(_LOOKS | code.project.named_with(_LOOKS)) or _has_own_handler(code):
        return
    for found in sunk(code, SinkKind.ADDRESS):
        if not _follows(found):
            continue
        path = access_path(found.value)
        check = _checks(code, path, found.call) if path else None
        check = check or next(_handing_back(code, found.value), None)
        if check is not None:
            address = f"`{path}`" if path else "the address"
            yield Hit(
                (code.spot(found.call), code.spot(check, "looks only at the first address")),
                f"{address} was looked at, and `{tail(found.call.func)}(…)` follows wherever it leads on to",
                Confidence.MEDIUM,
                code.symbol,
                mend=_OF_URLLIB if found.sink.package == "urllib" else "",
            )


_OF_URLLIB = "give `build_opener` a handler whose `redirect_request` looks at each address that it leads on to"


def _has_own_handler(code: Code) -> bool:
    """Whether an opener is made with a class of the site's that decides on each redirect."""
    made = (
        part for call in code.calls("build_opener") for given in call.args for part in inside(given)
    )
    symbols = (code.resolve(part) for part in made if isinstance(part, n.Name | n.Attr))
    return any(
        isinstance(one, ClassSymbol)
        and code.project.site.classes.method(one, "redirect_request") is not None
        for one in symbols
    )


def _follows(found: Sunk) -> bool:
    """Whether a library goes on to where an answer sends it."""
    call = found.call
    told = argument(call, -1, "allow_redirects") or argument(call, -1, "follow_redirects")
    told = told or argument(call, -1, "redirect")
    if found.sink.package in _FOLLOWS_IF_TOLD:
        return is_true(told)
    is_spread = any(keyword.name is None for keyword in call.keywords)
    return found.sink.package in _FOLLOWS and not is_false(told) and not is_spread


def _checks(code: Code, path: str, request: n.Call) -> n.Call | None:
    """Return the call that looks where an address leads to, before it is fetched; None where nothing does."""
    known = code.body.scope.at(request.span).get(path)
    is_checked = isinstance(known, Checked) and known.holds(frozenset())
    for call in code.every(n.Call):
        if call.span >= request.span or not _is_given(call, path):
            continue
        if tail(call.func) in _LOOKS or _looks(code, call, is_checked=is_checked):
            return call
    return None


def _handing_back(code: Code, value: n.Expr) -> Iterator[n.Call]:
    """Yield the calls that look at an address and hand it back: `url = public(url)`."""
    for made in code.made(value):
        function = code.called_with(made, _LOOKS) if isinstance(made, n.Call) else None
        if (
            function is None
            or not isinstance(made, n.Call)
            or not _looks(code, made, is_checked=False)
        ):
            continue
        params = {param.name for param in function.node.params}
        if any(tail(one) in params for one in code.project.code_of(function).returned):
            yield made


def _is_given(call: n.Call, path: str) -> bool:
    return any(access_path(part) == path for given in call.args for part in inside(given))


def _looks(code: Code, call: n.Call, *, is_checked: bool) -> bool:
    """Whether a function of the site refuses addresses of private networks."""
    function = code.called_with(call, _LOOKS)
    if function is None:
        return False
    there = code.project.code_of(function)
    return is_checked or any(isinstance(s, n.Raise) for s in there.statements)
