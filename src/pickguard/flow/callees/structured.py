"""Calls that make an object of a class out of one value: `Order.model_validate(sent)`, `convert(sent, Order)`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from pickguard.flow.values.vocabulary import ADAPTED, CONVERTERS, VALIDATORS
from pickguard.site.symbols.names import ValueSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument, spread_into, tail

if TYPE_CHECKING:
    from pickguard.flow.bodies.body import Body

STRUCTURING = VALIDATORS | ADAPTED | frozenset(CONVERTERS)
"""The last names of such calls."""


class Structured(Struct, frozen=True):
    """What is made: an object of `kind`, an expression for a class, out of `value`."""

    kind: n.Expr
    value: n.Expr


def structured(body: Body, call: n.Call) -> Structured | None:
    """Return what a call makes an object of, and out of what; None of all other calls."""
    name = tail(call.func)
    if name not in STRUCTURING:
        return None
    if name in CONVERTERS:
        value, kind = CONVERTERS[name]
        return _pair(argument(call, *kind), argument(call, *value))
    receiver = call.func.value if isinstance(call.func, n.Attr) else None
    if name in ADAPTED:
        receiver = _adapted(body, receiver)
    return _pair(receiver, argument(call, 0))


def field_given(body: Body, call: n.Call, position: int, name: str) -> n.Expr | None:
    """Return what the making of an object gives to a field; of one value, or a spread one, the part of that name."""
    made = structured(body, call)
    item = None if made is not None else argument(call, position, name)
    if item is not None:
        return item
    whole = made.value if made is not None else next(iter(spread_into(call)), None)
    return n.Index(whole.span, whole, n.Const(whole.span, name)) if whole is not None else None


def _pair(kind: n.Expr | None, value: n.Expr | None) -> Structured | None:
    return Structured(kind, value) if kind is not None and value is not None else None


def _adapted(body: Body, adapter: n.Expr | None) -> n.Expr | None:
    """Return the class of `TypeAdapter(Order)`, also where a constant of the site holds it."""
    if isinstance(adapter, n.Name | n.Attr):
        held = body.resolve(adapter)
        adapter = held.value if isinstance(held, ValueSymbol) else None
    if isinstance(adapter, n.Call) and tail(adapter.func) == "TypeAdapter":
        return argument(adapter, 0)
    return None
