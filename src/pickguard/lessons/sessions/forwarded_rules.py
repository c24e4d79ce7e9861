"""Session rules about proxies: what a visitor's browser sends is meant for this site alone."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.catalog import SinkKind
from pickguard.flow.values.origin import Origin
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument, tail, text
from pickguard.kit.values.sinks import sunk
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of
from pickguard.source.python.walk import expressions

_WHOLE = frozenset({"META", "headers"})
_SAYS_COOKIE = frozenset({"cookie", "http_cookie"})


@code_rule(
    "sessions.headers-passed-on",
    words=("headers",),
    sinks=(SinkKind.ADDRESS,),
    packages=("requests", "httpx", "urllib", "urllib3", "aiohttp"),
    title="a visitor's cookies go on to another host",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(200, 201),
    severity=Severity.MEDIUM,
    gain="the other host, or its log, has the session of whoever comes by, and is them on this site",
    mend="name the headers that may go on, or leave out `Cookie` and `Authorization`",
)
def headers_passed_on(code: Code) -> Iterator[Hit]:
    """Find outgoing requests that are given all headers of the request."""
    for call in {found.call.span: found.call for found in sunk(code, SinkKind.ADDRESS)}.values():
        given = argument(call, -1, "headers")
        if given is None:
            continue
        origin = code.origin(given)
        if (
            origin.is_browser
            and _is_whole(code, given, origin)
            and not _leaves_cookies_out(code, origin)
        ):
            yield Hit(
                (code.spot(given),),
                "all that the visitor's browser has sent goes on, the session's cookie with it",
                Confidence.MEDIUM,
                code.symbol,
                flow=code.flow(origin, given, "goes to another host"),
            )


def _is_whole(code: Code, given: n.Expr, origin: Origin) -> bool:
    """Whether it is all headers at once, and not those that a list names: `request.META.items()`."""
    source = origin.source
    if not isinstance(source, n.Attr) or source.name not in _WHOLE:
        return False
    if any(tail(made) in _WHOLE for made in code.made(given)):
        return True
    return any(
        isinstance(node, n.Call) and tail(node.func) in _TAKES_ALL and tail(_taken(node)) in _HELD
        for node in _on_the_way(code, origin)
    )


_TAKES_ALL = frozenset({"items", "copy", "dict"})
_HELD = _WHOLE | {"environ"}


def _taken(call: n.Call) -> n.Expr | None:
    return call.args[0] if tail(call.func) == "dict" and call.args else receiver_of(call)


def _leaves_cookies_out(code: Code, origin: Origin) -> bool:
    """Whether some text in the files on the way is the name of the header that holds cookies."""
    return any((text(node) or "").lower() in _SAYS_COOKIE for node in _on_the_way(code, origin))


def _on_the_way(code: Code, origin: Origin) -> Iterator[n.Expr]:
    """Yield all expressions of the files through which the headers go."""
    paths = {code.module.path, *(step.path for step in origin.steps)}
    for module in code.project.served():
        if module.path in paths:
            yield from expressions(module.record.body, into_functions=True)
