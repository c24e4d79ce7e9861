"""The bodies of functions: encoded until somebody asks for one, for nobody asks for most."""

from __future__ import annotations

import msgspec
from msgspec.structs import force_setattr

from pickguard.source.python import nodes as n

DEFINITION = "<definition>"
"""Stands among the words of a function that has functions or classes inside."""


class Block(tuple[n.Stmt, ...]):  # noqa: SLOT001 - a tuple of any length has none
    """The statements of a function's body."""

    expressions: tuple[n.Expr, ...] | None = None
    """All expressions in them, once somebody asked: many rules ask for those of the same views."""


encoded = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[n.Stmt, ...]).decode


def body(function: n.Function) -> tuple[n.Stmt, ...]:
    """Return the statements of a function; from then on they stand in place of the encoded ones."""
    code = function.code
    if isinstance(code, bytes):
        code = Block(_decode(code))
        force_setattr(function, "code", code)
    return code


def only_returned(function: n.Function) -> n.Expr | None:
    """Return the value that a function returns, where it does nothing else; else None."""
    block = body(function)
    only = block[0] if len(block) == 1 else None
    return only.value if isinstance(only, n.Return) else None
