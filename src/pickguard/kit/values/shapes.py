"""What an expression says, wherever it stands: two calls that are written alike have the same shape."""

from typing import TypeAlias

from msgspec import Struct

from pickguard.source.python import nodes as n

Shape: TypeAlias = "tuple[object, ...]"


def shape(node: n.Expr) -> Shape:
    """Return the words of an expression without its place in the file."""
    return _shape(node)


def _shape(value: object) -> Shape:
    if isinstance(value, Struct):
        parts = (getattr(value, name) for name in value.__struct_fields__ if name != "span")
        return (type(value).__name__, *map(_shape, parts))
    if isinstance(value, tuple):
        return tuple(map(_shape, value))
    return (type(value).__name__, value)
