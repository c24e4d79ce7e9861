"""Signals of a site's own: what is sent with one comes to the functions that receive it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pickguard.site.symbols.names import FunctionSymbol, ValueSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import items_of, tail

if TYPE_CHECKING:
    from pickguard.flow.bodies.body import Body
    from pickguard.flow.flow import Flow

_SENDS = frozenset({"send", "send_robust", "asend", "asend_robust"})


def sendings(flow: Flow, function: FunctionSymbol) -> Iterator[tuple[Body, n.Call]]:
    """Yield the calls that send the signals which a function receives: it gets their keywords."""
    for signal in _received(flow, function):
        for body in flow.callers.bodies_holding(signal.qualname):
            for call in body.every(n.Call):
                if isinstance(call.func, n.Attr) and call.func.name in _SENDS:
                    if body.resolve(call.func.value) == signal:
                        yield body, call


def receiving(function: FunctionSymbol) -> Iterator[n.Call]:
    """Yield the decorators that say which signals a function receives: `@receiver(pre_save, sender=Note)`."""
    for mark in function.node.decorators:
        if isinstance(mark, n.Call) and tail(mark.func) == "receiver" and mark.args:
            yield mark


def _received(flow: Flow, function: FunctionSymbol) -> Iterator[ValueSymbol]:
    """Yield the signals that a function is registered for: by `@receiver`, by `connect`."""
    for mark in receiving(function):
        for item in items_of(mark.args[0]):
            found = flow.site.names.resolve(function.module, item)
            if isinstance(found, ValueSymbol):
                yield found
    for candidate in flow.callers.holding(function.node.name, "connect"):
        body = flow.body(candidate)
        for call in body.every(n.Call):
            if isinstance(call.func, n.Attr) and call.func.name == "connect" and call.args:
                found = body.resolve(call.func.value)
                if isinstance(found, ValueSymbol) and body.resolve(call.args[0]) == function:
                    yield found
