"""Methods that a library hands what a browser sends: over a socket, or as the body of a request.

class Chat(AsyncJsonWebsocketConsumer):
    async def receive_json(self, content): ...

class XMLParser(BaseParser):
    def parse(self, stream, media_type=None, parser_context=None): ...

Sources: https://channels.readthedocs.io/en/stable/topics/consumers.html,
https://www.django-rest-framework.org/api-guide/parsers/
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from pickguard.site.symbols.classes import Classes
from pickguard.site.symbols.names import FunctionSymbol
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
    """Return the methods of a site's consumers and parsers that are handed what is sent, in the order of files."""
    return tuple(one for one in _received(classes) if not one.function.module.holds_tests)


def _received(classes: Classes) -> Iterator[Received]:
    for symbol in classes.of_kind("consumer"):
        for name in sorted(_HANDED):
            function = classes.names.own_member(symbol, name)
            if isinstance(function, FunctionSymbol):
                yield Received(function, function.node.params[1:])
    for symbol in classes.of_kind("parser"):
        function = classes.names.own_member(symbol, "parse")
        if isinstance(function, FunctionSymbol):
            yield Received(function, function.node.params[1:2])
