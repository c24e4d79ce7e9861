"""Session rules about proxies: what a visitor's browser sends is meant for this site alone."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.origin import Origin
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument, tail, text
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import expressions

_WHOLE = frozenset({"META", "headers"})
_SAYS_COOKIE = frozenset({"cookie", "http_cookie"})


@code_rule(
    "sessions.headers-passed-on",
    words=("headers",),
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
    for call in code.every(n.Call):
        given = argument(call, -1, "headers")
        if given is None or tail(call.func)[:1].isupper():
            continue
        origin = code.origin(given)
        if origin.is_browser and _is_whole(origin) and not _leaves_cookies_out(code, origin):
            yield Hit(
                (code.spot(given),),
                "all that the visitor's browser has sent goes on, the session's cookie with it",
                Confidence.MEDIUM,
                code.symbol,
                flow=code.flow(origin, given, "goes to another host"),
            )


def _is_whole(origin: Origin) -> bool:
    """Whether it is all headers at once: `request.META.items()`, not one of them by its name."""
    source = origin.source
    return isinstance(source, n.Attr) and source.name in _WHOLE


def _leaves_cookies_out(code: Code, origin: Origin) -> bool:
    """Whether some text in the files on the way is the name of the header that holds cookies."""
    paths = {code.module.path, *(step.path for step in origin.steps)}
    return any(
        (text(node) or "").lower() in _SAYS_COOKIE
        for module in code.project.served()
        if module.path in paths
        for node in expressions(module.record.body, into_functions=True)
    )
