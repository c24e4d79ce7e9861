"""A value as canonical text; what SQL expressions of `postgresql` and `mariadb` give, in Python.

| kind | cell |
|---|---|
| NULL | `~,` |
| whole number, truth, duration (microseconds) | `-12,` |
| float | the shortest digits that read back as the same, as PostgreSQL writes them: `1e-05,` `-0,` |
| decimal | no exponent, no zeros at the end: `1.5,` |
| date, time, date and time | ISO 8601 with six digits of a second, in UTC: `2024-04-01 10:00:00.000000,` |
| text, UUID (32 digits), all else | bytes of UTF-8 and their number: `3:abc,`; above 1 KiB `#` and SHA-256 |
| JSON | as PostgreSQL's jsonb writes it, as text |
| binary | `x` and hexadecimal; above 512 bytes `X` and SHA-256 |
"""

import hashlib
import json
import math
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

LONG_TEXT = 1024
LONG_BINARY = 512
NULL = b"~,"


class Kind(StrEnum):
    """How the values of a column are made canonical."""

    ADDRESS = "address"
    INTEGER = "integer"
    FLOAT = "float"
    DECIMAL = "decimal"
    TEXT = "text"
    BINARY = "binary"
    DATE = "date"
    TIME = "time"
    TRUTH = "truth"
    DATETIME = "datetime"
    DURATION = "duration"
    UUID = "uuid"
    JSON = "json"


def text(value: bytes) -> bytes:
    r"""Return the cell of a text.

    >>> text("né".encode())
    b'3:n\xc3\xa9,'
    """
    if len(value) > LONG_TEXT:
        return b"#%s," % hashlib.sha256(value).hexdigest().encode()
    return b"%d:%s," % (len(value), value)


def binary(value: bytes) -> bytes:
    r"""Return the cell of bytes.

    >>> binary(b"\x00\xff")
    b'x00ff,'
    """
    if len(value) > LONG_BINARY:
        return b"X%s," % hashlib.sha256(value).hexdigest().encode()
    return b"x%s," % value.hex().encode()


def floating(value: float) -> bytes:
    """Return the cell of a float, as PostgreSQL writes it.

    >>> [floating(x) for x in (100.0, -0.0, 1e-5, 1e15, 123456789012345.6, math.inf)]
    [b'100,', b'-0,', b'1e-05,', b'1e+15,', b'123456789012345.6,', b'Infinity,']
    """
    if not math.isfinite(value):
        word = "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        return f"{word},".encode()
    shortest = repr(value)
    if "e" not in shortest and abs(value) < 1e15:
        return f"{shortest.removesuffix('.0')},".encode()
    sign, digits, exponent = Decimal(shortest).normalize().as_tuple()
    assert isinstance(exponent, int)  # it is finite
    power = exponent + len(digits) - 1
    head = str(digits[0]) + ("." if len(digits) > 1 else "") + "".join(map(str, digits[1:]))
    return f"{'-' if sign else ''}{head}e{'-' if power < 0 else '+'}{abs(power):02d},".encode()


def decimal(value: float | str) -> bytes:
    """Return the cell of a decimal that was stored as text or as a float.

    >>> decimal("1.50"), decimal(1e20), decimal("-0.00")
    (b'1.5,', b'100000000000000000000,', b'0,')
    """
    try:
        number = Decimal(repr(value) if isinstance(value, float) else value)
    except InvalidOperation:
        return text(str(value).encode("utf-8", "surrogatepass"))
    if not number.is_finite():
        return f"{number},".encode()
    plain = format(number, "f")
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    return b"0," if plain in {"-0", ""} else f"{plain},".encode()


def structured(value: bytes) -> bytes:
    r"""Return the cell of JSON text; what is no JSON is a text like another.

    >>> structured(b'{"bb": 1e2, "a":[1.50,"\\u00e9"]}').decode()
    '30:{"a": [1.50, "é"], "bb": 100},'
    """
    try:
        parsed = json.loads(value, parse_float=Decimal, parse_constant=_no_constant)
        return text(_jsonb(parsed).encode())
    except (ValueError, RecursionError):
        return text(value)


def _no_constant(word: str) -> Any:
    raise ValueError(word)


def _jsonb(value: Any) -> str:
    """Return JSON as PostgreSQL writes it: keys by length and bytes, numbers without an exponent."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
        return "{" + ", ".join(f"{_quoted(key)}: {_jsonb(value[key])}" for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_jsonb, value)) + "]"
    if isinstance(value, Decimal):
        return _number(value)
    return _quoted(value) if isinstance(value, str) else json.dumps(value)


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _number(value: Decimal) -> str:
    if abs(value.adjusted()) > 200_000:  # more than jsonb takes; not to be written out
        raise ValueError(value)
    plain = format(value, "f")
    return plain.removeprefix("-") if not value else plain
