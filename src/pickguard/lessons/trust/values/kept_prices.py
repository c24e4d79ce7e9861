"""Prices that an object of the site's own keeps on their way: `Line(price=sent, count=2).total`."""

import re
from collections.abc import Iterator

from pickguard.flow.callees.structured import structured
from pickguard.kit import Code
from pickguard.site.symbols.names import ClassSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument, is_own, spread_into
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions

_PRICE = re.compile(r"(^|_)(price|cost|fee|total|subtotal|discount)(_cents|_net|_gross)?$")


def kept_in(code: Code, value: n.Expr) -> Iterator[n.Expr]:
    """Yield what an object was given for the price that an attribute, or a method, of it reads."""
    read = value.func if isinstance(value, n.Call) and not value.args else value
    if not isinstance(read, n.Attr) or not isinstance(read.value, n.Name):
        return
    for made in code.made(read.value):
        if isinstance(made, n.Call):
            yield from _given(code, made, read.name)


def _given(code: Code, made: n.Call, name: str) -> Iterator[n.Expr]:
    """Yield what the making of an object is given for the fields that one of its names reads."""
    parsed = structured(code.body, made)
    symbol = code.resolve(parsed.kind if parsed is not None else made.func)
    if not isinstance(symbol, ClassSymbol):
        return
    fields = code.project.site.classes.fields(symbol)
    for field in _read_by(code, symbol, name):
        if field not in fields:
            continue
        if parsed is not None:
            yield parsed.value
        elif (item := argument(made, fields.index(field), field)) is not None:
            yield item
        else:
            yield from spread_into(made)


def _read_by(code: Code, symbol: ClassSymbol, name: str) -> Iterator[str]:
    """Yield the prices that a method or property of a class reads of `self`; a field is itself."""
    method = code.project.site.classes.method(symbol, name)
    if method is None:
        yield name
        return
    for node in expressions(body(method.node)):
        if isinstance(node, n.Attr) and is_own(node, node.name) and _PRICE.search(node.name):
            yield node.name
