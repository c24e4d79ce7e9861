"""Passwords that a statement of SQL is given as they were typed, to compare them or to store them.

cursor.execute(f"SELECT * FROM members WHERE name = '{name}' AND password = '{password}'")
"""

import re
from collections.abc import Iterator

from pickguard.flow.stored.written_sql import EXECUTING, texts_of_statement
from pickguard.kit import Code
from pickguard.kit.code import tail
from pickguard.lessons.passwords.names import HASHERS, is_password
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import parts

_COLUMN = r"[\"`]?\w*(?:password|passwd|pwd)\w*[\"`]?"
_COMPARES = re.compile(rf"\bWHERE\b.*{_COLUMN}\s*=", re.IGNORECASE | re.DOTALL)
# Accounts of the site: a password that somebody keeps for elsewhere cannot be hashed
_TABLE = (
    r"[\"`]?\w*(?:user|account|member|customer|person|people|login|auth|student|employee)\w*[\"`]?"
)
_STORES = re.compile(
    rf"\bUPDATE\s+{_TABLE}\s+SET\b(?:(?!\bWHERE\b).)*{_COLUMN}\s*=|\bINSERT\s+INTO\s+{_TABLE}\s*\([^)]*{_COLUMN}",
    re.IGNORECASE | re.DOTALL,
)
_RUNS = (*EXECUTING, "raw")


def compared_by_statement(code: Code) -> Iterator[n.Call]:
    """Yield the calls that have the database compare a password with a column."""
    yield from _stated(code, _COMPARES)


def stored_by_statement(code: Code) -> Iterator[n.Call]:
    """Yield the calls that have the database store a password."""
    yield from _stated(code, _STORES)


def _stated(code: Code, saying: re.Pattern[str]) -> Iterator[n.Call]:
    for call in code.calls(*_RUNS):
        for statement in _statements(code, call):
            given = [part for one in (statement, *call.args[1:]) for part in _as_they_are(one)]
            if saying.search(texts_of_statement(statement)) and any(
                _is_typed(code, p) for p in given
            ):
                yield call
                break


def _statements(code: Code, call: n.Call) -> list[n.Expr]:
    if not call.args:
        return []
    first = call.args[0]
    return code.assigned(first.id) if isinstance(first, n.Name) else [first]


def _as_they_are(value: n.Expr) -> Iterator[n.Expr]:
    """Yield what is put into a text, or handed on in a list; what a function makes of it is another matter."""
    yield value
    is_format = isinstance(value, n.Call) and tail(value.func) == "format"
    if is_format or isinstance(value, n.Joined | n.Formatted | n.Binary | n.Sequence | n.Mapping):
        for part in parts(value):
            yield from _as_they_are(part)


def _is_typed(code: Code, part: n.Expr) -> bool:
    return is_password(part) and code.origin(part, *HASHERS).is_browser
