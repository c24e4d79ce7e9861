"""Cells of whole columns from the values that SQLite hands out, where nothing about them is unusual.

What `sqlite` writes in SQL, a column at a time: far fewer steps a value. Where a column holds anything
that would need a second look, there is no answer, and SQL is asked.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from pickguard.backups.digest import cells as single
from pickguard.backups.digest.cells import Kind

_NONE = type(None)
_json = msgspec.json.Encoder().encode
_LONGEST_PLAIN = 1e15
Column = Sequence[Any]


def cells(kind: Kind, column: Column) -> bytes | None:
    r"""Return the cells of a column one after the other, None where SQL must write them.

    >>> cells(Kind.INTEGER, [1, None, -3]), cells(Kind.FLOAT, [0.5, 2.0])
    (b'1,~,-3,', b'0.5,2,')
    >>> cells(Kind.TEXT, ["a", "é"]), cells(Kind.TEXT, ["a", 7])
    (b'1:a,2:\xc3\xa9,', None)
    """
    return _WRITERS[kind](column)


def _numbers(column: Column, *, exact: bool) -> bytes | None:
    """Write numbers as JSON has them: one step for all, with the fewest digits that read back."""
    types = set(map(type, column))
    if not types <= {int, float, _NONE}:
        return None
    text = _json(column)[1:-1].replace(b"null", b"~") + b","
    if float not in types:
        return text
    if _large(column) or b"e" in text or b"0.0000" in text or (exact and b"-0.0," in text):
        return None
    return text.replace(b".0,", b",")


def _large(column: Column) -> bool:
    """Tell whether a column holds infinity, or what would be written with an exponent."""
    there = [value for value in column if value is not None]
    return bool(max(there) >= _LONGEST_PLAIN or min(there) <= -_LONGEST_PLAIN)


def _texts(column: Column) -> bytes | None:
    types = set(map(type, column))
    if types == {str}:
        return _filled(column)
    return b"".join(map(_text, column)) if types <= {str, bytes, _NONE} else None


def _filled(column: Sequence[str]) -> bytes:
    short = max(map(len, column)) <= single.LONG_TEXT
    if short and "".join(column).isascii():
        return "".join([f"{len(value)}:{value}," for value in column]).encode()
    encoded = [value.encode() for value in column]
    if max(map(len, encoded)) <= single.LONG_TEXT:
        return b"".join([b"%d:%b," % (len(value), value) for value in encoded])
    return b"".join(map(single.text, encoded))


def _text(value: str | bytes | None) -> bytes:
    if value is None:
        return single.NULL
    return single.text(value.encode()) if isinstance(value, str) else single.binary(value)


def _times(sizes: tuple[int, int]) -> Callable[[Column], bytes | None]:
    """Return what writes texts of a whole second, or of six digits of one."""
    tails = dict(zip(sizes, (".000000,", ","), strict=True))
    return lambda column: _sized(column, tails)


def _sized(column: Column, tails: dict[int, str]) -> bytes | None:
    if not set(map(type, column)) <= {str, _NONE}:
        return None
    there = [value for value in column if value is not None]
    lengths = set(map(len, there))
    if not lengths <= tails.keys() or "\0" in "".join(there):
        return None
    if len(there) == len(column) and len(lengths) == 1:
        tail = tails[lengths.pop()]
        return (tail.join(column) + tail).encode()
    return "".join(["~," if v is None else v + tails[len(v)] for v in column]).encode()


def _nulls(column: Column) -> bytes | None:
    """Write what holds nothing at all; JSON is to be parsed."""
    return single.NULL * len(column) if set(map(type, column)) == {_NONE} else None


_WRITERS: dict[Kind, Callable[[Column], bytes | None]] = {
    Kind.INTEGER: lambda column: _numbers(column, exact=False),
    Kind.TRUTH: lambda column: _numbers(column, exact=False),
    Kind.FLOAT: lambda column: _numbers(column, exact=False),
    Kind.DURATION: lambda column: _numbers(column, exact=False),
    Kind.DECIMAL: lambda column: _numbers(column, exact=True),
    Kind.DATETIME: _times((19, 26)),
    Kind.TIME: _times((8, 15)),
    Kind.DATE: lambda column: _sized(column, {10: ","}),
    Kind.JSON: _nulls,
    Kind.TEXT: _texts,
    Kind.UUID: _texts,
    Kind.BINARY: _texts,
    Kind.ADDRESS: _texts,
}
