"""Cells of whole columns from the texts that MariaDB sends; what `mariadb` writes in SQL, faster.

As in `plain`, there is no answer where a column holds anything that would need a second look.
"""

from collections.abc import Callable, Sequence

from pickguard.backups.digest import cells as single
from pickguard.backups.digest.cells import Kind

_LONGEST_PLAIN = 1e15
_SECOND = len("2024-04-01 10:00:00")
_TAILS = {_SECOND: b".000000,", **{_SECOND + 1 + n: b"0" * (6 - n) + b"," for n in range(1, 7)}}
_NULL = b"~"
Column = Sequence[bytes | None]


def cells(kind: Kind, column: Column) -> bytes | None:
    r"""Return the cells of a column one after the other, None where SQL must write them.

    >>> cells(Kind.INTEGER, [b"1", None]), cells(Kind.DECIMAL, [b"1.50", b"100.00"])
    (b'1,~,', b'1.5,100,')
    >>> cells(Kind.FLOAT, [b"0.5", b"2"]), cells(Kind.FLOAT, [b"1e-5"])
    (b'0.5,2,', None)
    """
    return _WRITERS[kind](column) if kind in _WRITERS else None


def _joined(column: Column) -> bytes:
    """Write values that are cells already; what is done to all of them is then one step."""
    if None in column:
        column = [_NULL if value is None else value for value in column]
    return b",".join(column) + b","  # type: ignore[arg-type] # no null is left


def _floats(column: Column) -> bytes | None:
    """Write floats as they are where nobody would write an exponent."""
    text = _joined(column)
    numbers = [float(value) for value in column if value is not None]
    if b"e" in text or b"0.0000" in text or not numbers:
        return None
    plain = max(numbers) < _LONGEST_PLAIN and min(numbers) > -_LONGEST_PLAIN
    return text if plain else None


def _decimals(column: Column) -> bytes:
    """Write decimals without zeros at their end; all of a column have the same number of digits."""
    text = _joined(column)
    if b"." not in text:
        return text
    while b"0," in text:
        text = text.replace(b"0,", b",")
    return text.replace(b".,", b",")


def _moments(column: Column) -> bytes | None:
    sizes = {len(value) for value in column if value is not None}
    if len(sizes) != 1:
        return None
    tail = _TAILS[sizes.pop()]
    return _joined(column).replace(b",", tail).replace(_NULL + tail, single.NULL)


def _texts(column: Column) -> bytes:
    there = [value for value in column if value is not None]
    if len(there) == len(column) and max(map(len, there)) <= single.LONG_TEXT:
        return b"".join([b"%d:%b," % (len(value), value) for value in there])
    return b"".join([single.NULL if value is None else single.text(value) for value in column])


def _uuids(column: Column) -> bytes:
    text = _joined(column)[:-1].replace(b"-", b"").replace(b",", b",32:")
    return (b"32:%b," % text).replace(b"32:~", _NULL)


def _structured(column: Column) -> bytes:
    return b"".join(
        [single.NULL if value is None else single.structured(value) for value in column]
    )


_WRITERS: dict[Kind, Callable[[Column], bytes | None]] = {
    Kind.INTEGER: _joined,
    Kind.TRUTH: _joined,
    Kind.DURATION: _joined,
    Kind.DATE: _joined,
    Kind.FLOAT: _floats,
    Kind.DECIMAL: _decimals,
    Kind.DATETIME: _moments,
    Kind.TEXT: _texts,
    Kind.ADDRESS: _texts,
    Kind.UUID: _uuids,
    Kind.JSON: _structured,
}
