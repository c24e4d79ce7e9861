"""Cells of whole columns that SQLite's own aggregates put together: no value is handed out by itself.

For databases in UTF-8 (https://sqlite.org/json1.html, https://sqlite.org/lang_aggfunc.html). JSON tells
numbers, texts and NULL apart, and fails on bytes. Where a column holds anything but what its kind
expects, there is no answer.
"""

import re
import sqlite3
from collections.abc import Callable
from typing import NamedTuple

from pickguard.backups.digest import cells as single
from pickguard.backups.digest.cells import Kind

IS_ABLE = sqlite3.sqlite_version_info >= (3, 43)  # octet_length
_STRANGE = b"\xff"  # in no text of UTF-8
_NUMBERS = re.compile(rb"[-\d,nul]*")
_DATES = re.compile(rb'(?:"[-\d]{10}",?|null,?)*+')
_MOMENTS = re.compile(rb'(?:"[-\d]{10} [\d:]{8}(?:\.\d{6})?",?|null,?)*+')
_TIMES = re.compile(rb'(?:"[\d:]{8}(?:\.\d{6})?",?|null,?)*+')
_WHOLE_SECOND = re.compile(rb'(?<=:\d\d)"')


class _Way(NamedTuple):
    """How a column is gathered: the SQL for it, and what makes cells of the answer."""

    sql: Callable[[str], str]
    cells: Callable[[bytes], bytes | None]


def is_known(kind: Kind) -> bool:
    """Tell whether columns of a kind can be gathered."""
    return kind in _WAYS


def sql(kind: Kind, column: str) -> str:
    """Return the expression that gathers a column, over rows in the order of their keys."""
    return f"CAST({_WAYS[kind].sql(column)} AS BLOB)"


def cells(kind: Kind, answer: bytes) -> bytes | None:
    r"""Return the cells of a column one after the other, None where it holds anything unusual.

    >>> cells(Kind.INTEGER, b"[1,null,-3]"), cells(Kind.INTEGER, b"[1.5]")
    (b'1,~,-3,', None)
    >>> cells(Kind.DATE, b'["2024-04-01",null]'), cells(Kind.TIME, b'["10:00:00"]')
    (b'2024-04-01,~,', b'10:00:00.000000,')
    """
    return _WAYS[kind].cells(answer)


def _json(column: str) -> str:
    return f"json_group_array({column})"


def _texts(column: str) -> str:
    size, strange = f"octet_length({column})", f"x'{_STRANGE.hex()}'"
    return (
        f"group_concat(CASE typeof({column}) WHEN 'text' THEN CASE WHEN {size} > {single.LONG_TEXT} "
        f"THEN {strange} ELSE {size} || ':' || {column} END WHEN 'null' THEN '~' ELSE {strange} END)"
    )


def _of_numbers(answer: bytes) -> bytes | None:
    inner = answer[1:-1]
    return _ended(inner.replace(b"null", b"~")) if _NUMBERS.fullmatch(inner) else None


def _of_texts(answer: bytes) -> bytes | None:
    return None if _STRANGE in answer else _ended(answer)


def _of_dates(answer: bytes) -> bytes | None:
    inner = answer[1:-1]
    if not _DATES.fullmatch(inner):
        return None
    return _ended(inner.replace(b'"', b"").replace(b"null", b"~"))


def _of_times(pattern: re.Pattern[bytes]) -> Callable[[bytes], bytes | None]:
    def cells(answer: bytes) -> bytes | None:
        inner = answer[1:-1]
        if not pattern.fullmatch(inner):
            return None
        return _ended(_six_digits(inner).replace(b'"', b"").replace(b"null", b"~"))

    return cells


def _six_digits(texts: bytes) -> bytes:
    """Give six digits of a second to the quoted times that have none."""
    with_digits = texts.count(b".")
    if not with_digits:
        return _ended(texts).replace(b'",', b".000000,")[:-1]
    if 2 * with_digits == texts.count(b'"'):
        return texts
    return _WHOLE_SECOND.sub(b'.000000"', texts)


def _ended(inner: bytes) -> bytes:
    return inner + b","


_NUMBER = _Way(_json, _of_numbers)
_TEXT = _Way(_texts, _of_texts)
_WAYS = {
    Kind.INTEGER: _NUMBER,
    Kind.TRUTH: _NUMBER,
    Kind.DURATION: _NUMBER,
    Kind.DATE: _Way(_json, _of_dates),
    Kind.DATETIME: _Way(_json, _of_times(_MOMENTS)),
    Kind.TIME: _Way(_json, _of_times(_TIMES)),
    Kind.TEXT: _TEXT,
    Kind.UUID: _TEXT,
    Kind.ADDRESS: _TEXT,
}
