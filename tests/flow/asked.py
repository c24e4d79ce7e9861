"""Asks a linked site where the value comes from that a function gives to `sink`."""

from __future__ import annotations

from pickguard.flow.bodies.body import Body
from pickguard.flow.flow import Flow
from pickguard.flow.values.origin import Origin
from pickguard.site.link import Site
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail
from pickguard.source.python.walk import expressions


def body_of(site: Site, name: str, url: dict[str, Origin] | None = None) -> Body:
    """Return the body of a function by its dotted name; `url` is what a route binds of it."""
    symbol = site.names.dotted(name)
    assert isinstance(symbol, FunctionSymbol)
    flow = Flow(site, lambda f: (url or {}) if f == symbol else {}, tuple(site.modules))
    return flow.body(symbol)


def given_to_sink(body: Body, *clears: str) -> Origin:
    """Return the origin of the first argument of the first call of `sink` in a body."""
    calls = [x for x in expressions(body.block) if isinstance(x, n.Call) and tail(x.func) == "sink"]
    return body.origin(calls[0].args[0], frozenset(clears))
