"""CSRF rules about web sockets: browsers send cookies with them from any page."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import tail
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import text
from pickguard.source.python.walk import inside

_BY_COOKIE = frozenset(
    {"AuthMiddlewareStack", "SessionMiddlewareStack", "AuthMiddleware", "SessionMiddleware"}
)
_ASKS_ORIGIN = "OriginValidator"


@code_rule(
    "csrf.socket-from-any-page",
    words=("ProtocolTypeRouter",),
    title="any page may open a web socket in a visitor's name",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(1385, 352),
    severity=Severity.HIGH,
    gain="a page elsewhere opens the socket with the visitor's cookies, reads what comes and sends what it likes",
    mend="put `AllowedHostsOriginValidator` around `AuthMiddlewareStack`",
)
def socket_from_any_page(code: Code) -> Iterator[Hit]:
    """Find sockets that know the user by a cookie and do not ask which page opens them."""
    for call in code.calls("ProtocolTypeRouter"):
        for argument in call.args:
            if isinstance(argument, n.Mapping):
                yield from _of_protocols(code, argument)


def _of_protocols(code: Code, protocols: n.Mapping) -> Iterator[Hit]:
    for key, value in zip(protocols.keys, protocols.values, strict=True):
        if text(key) != "websocket":
            continue
        around = {tail(node.func) for node in _stands(code, value) if isinstance(node, n.Call)}
        if around & _BY_COOKIE and not any(name.endswith(_ASKS_ORIGIN) for name in around):
            yield Hit(
                (code.spot(value),),
                "web sockets are opened with a visitor's cookies from any page",
                Confidence.HIGH,
                code.symbol,
            )


def _stands(code: Code, value: n.Expr) -> Iterator[n.Expr]:
    """Yield what a value is made of, where it is a name that of what the name stands for."""
    yield from inside(value)
    for node in inside(value):
        if isinstance(node, n.Name):
            for held, _span in code.body.assigned.get(node.id, ()):
                yield from inside(held)
