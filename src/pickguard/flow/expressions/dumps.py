"""The fields of an object as a mapping: `asdict(order)`, `vars(order)`, `payload.model_dump()`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from pickguard.flow.stored.stored import is_validated
from pickguard.flow.values.definitions import Env
from pickguard.flow.values.instance import Sort
from pickguard.flow.values.origin import Origin, joined
from pickguard.site.symbols.names import ClassSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail

if TYPE_CHECKING:
    from pickguard.flow.bodies.body import Body

# of `dataclasses` and `attrs`; the last is built in, and what `order.__dict__` is read as
_FUNCTIONS = frozenset({"asdict", "vars"})
# of named tuples
_OF_RECORDS = frozenset({"_asdict"})
# of schemas and models of pydantic
_OF_SCHEMAS = frozenset({"dict", "model_dump"})
_NAMES = _FUNCTIONS | _OF_RECORDS | _OF_SCHEMAS


class Dumped(Struct, frozen=True):
    """The object whose fields a mapping holds, and its class."""

    value: n.Expr
    symbol: ClassSymbol


def dumped_by(body: Body, call: n.Call, env: Env) -> Dumped | None:
    """Return the object whose fields a call gives by their names; None of all other calls."""
    name, func = tail(call.func), call.func
    if name not in _NAMES:
        return None
    value = func.value if isinstance(func, n.Attr) else None
    if name in _FUNCTIONS:
        value = call.args[0] if len(call.args) == 1 else None
    found = body.flow.types.of(body, value, env) if value is not None else None
    if value is None or found is None or found.sort is not Sort.INSTANCE:
        return None
    is_dumped = name not in _OF_SCHEMAS or is_validated(body, found.symbol)
    return Dumped(value, found.symbol) if is_dumped else None


def dumped_origin(body: Body, call: n.Call, env: Env, clears: frozenset[str]) -> Origin | None:
    """Return the origin of all fields of an object together, where a call gives them; None elsewhere."""
    dumped = dumped_by(body, call, env)
    fields = body.flow.site.classes.fields(dumped.symbol) if dumped is not None else ()
    if dumped is None or not fields:
        return None
    return joined(
        body.local_origin(n.Attr(call.span, dumped.value, field), clears, env) for field in fields
    )
