"""The consumers of Channels: what a browser sends over a socket, and which methods are handed it.

class Chat(AsyncJsonWebsocketConsumer):
    async def receive_json(self, content): ...

Source: https://channels.readthedocs.io/en/stable/topics/consumers.html
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from pickguard.site.classes import Classes
from pickguard.site.modules import is_test
from pickguard.site.names import FunctionSymbol
from pickguard.source.python import nodes as n

_HANDED = frozenset({"receive", "receive_json", "websocket_receive", "handle"})


class Received(Struct, frozen=True):
    """One method that is handed what a browser sends.

    Attributes:
        sent: the parameters that the browser fills.
    """

    function: FunctionSymbol
    sent: tuple[n.Param, ...]


def find_received(classes: Classes) -> tuple[Received, ...]:
    """Return the methods of a site's consumers that are handed what is sent, in the order of files."""
    return tuple(one for one in _received(classes) if not is_test(one.function.module))


def _received(classes: Classes) -> Iterator[Received]:
    for symbol in classes.of_kind("consumer"):
        for name in sorted(_HANDED):
            function = classes.names.own_member(symbol, name)
            if isinstance(function, FunctionSymbol):
                yield Received(function, function.node.params[1:])
