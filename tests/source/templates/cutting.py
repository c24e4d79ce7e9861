"""Cuts the text that a span names out of a file."""

import msgspec

from pickguard.base.spans import unpack


def cut(text, packed):
    """Return the text of a span."""
    span = unpack(packed)
    lines = text.split("\n")[span.line - 1 : span.end_line]
    lines[-1] = lines[-1][: span.end_column - 1]
    lines[0] = lines[0][span.column - 1 :]
    return "\n".join(lines)


def every_struct(value):
    """Yield each struct in a tree, the outer ones first."""
    if isinstance(value, msgspec.Struct):
        yield value
        value = msgspec.structs.astuple(value)
    if isinstance(value, tuple):
        for item in value:
            yield from every_struct(item)
