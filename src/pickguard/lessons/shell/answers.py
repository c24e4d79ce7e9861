"""What another machine sends: whoever runs it, or stands in between, has written it."""

from __future__ import annotations

from pickguard.flow.catalog import SinkKind
from pickguard.kit import Code
from pickguard.kit.code import tail
from pickguard.kit.values.sinks import sunk
from pickguard.source.python import nodes as n

# of `http.client` and of sockets
_RECEIVES = frozenset({"getresponse", "recv", "recvfrom", "recv_into", "urlopen"})


def is_answered(code: Code, value: n.Expr | None) -> bool:
    """Whether a value is what a request brought, or what a socket received: `requests.get(url).content`."""
    if value is None:
        return False
    asked = {id(found.call) for found in sunk(code, SinkKind.ADDRESS)}
    return any(
        isinstance(part, n.Call) and (tail(part.func) in _RECEIVES or id(part) in asked)
        for part in code.parts(value)
    )
