"""Triggers of MariaDB and MySQL: read, told apart from their schema, and made in another one.

They are kept as the server tells them (`SHOW CREATE TRIGGER`), since `information_schema` gives a
body whose escapes are gone. A statement may name a schema, and would then change that one wherever it
is run; so every schema in its head gives way to the one that is meant.
"""

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from pickguard.backups.digest.mariadb import quote
from pickguard.backups.errors import DamagedError

_NAME = r'(?:`(?:[^`]|``)+`|"(?:[^"]|"")+"|[\w$]+)'
_HEAD = re.compile(
    rf"\s*(?P<make>CREATE\b.*?\bTRIGGER)\s+(?:IF\s+NOT\s+EXISTS\s+)?(?:{_NAME}\s*\.\s*)?{_NAME}\s+"
    rf"(?P<when>(?:BEFORE|AFTER)\s.*?)\bON\s+(?:{_NAME}\s*\.\s*)?{_NAME}\s+"
    rf"FOR\s+EACH\s+ROW\b(?:\s*(?:FOLLOWS|PRECEDES)\s+(?:{_NAME}\s*\.\s*)?{_NAME})?",
    re.IGNORECASE | re.DOTALL,
)


class Trigger(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One trigger.

    Attributes:
        head: the statement up to the trigger's name, with the definer.
        when: `BEFORE INSERT` and the like.
        body: what it does.
        mode: the mode of SQL that it is read in.
        collation: what its texts are compared by.
    """

    name: str
    table: str
    head: str
    when: str
    body: str
    mode: str
    collation: str


def read(cursor: Any, schema: str) -> tuple[Trigger, ...]:
    """Return the triggers of a schema, those of one event in the order in which they run."""
    found = []
    for name, table in _named(cursor, schema):
        cursor.execute(f"SHOW CREATE TRIGGER {quote(schema)}.{quote(name)}", [])
        _, mode, statement, _, collation, *_ = cursor.fetchone()
        found.append(_parsed(name, table, str(statement), str(mode), str(collation)))
    return tuple(found)


def _named(cursor: Any, schema: str) -> list[tuple[str, str]]:
    """Return the names of a schema's triggers with their tables, in the order in which they run."""
    cursor.execute(
        "SELECT trigger_name, event_object_table FROM information_schema.triggers WHERE "
        "trigger_schema = %s ORDER BY event_object_table, action_timing, event_manipulation, "
        "action_order",
        [schema],
    )
    return list(cursor.fetchall())


def _parsed(name: str, table: str, statement: str, mode: str, collation: str) -> Trigger:
    head = _HEAD.match(statement)
    if head is None:
        raise DamagedError(f"the server tells the trigger {name} in words that are not understood")
    body = statement[head.end() :]
    return Trigger(name, table, head["make"], head["when"].strip(), body, mode, collation)


def encode(triggers: Iterable[Trigger]) -> bytes:
    """Return triggers as a stream keeps them: JSON."""
    return msgspec.json.encode(tuple(triggers))


def decode(data: bytes) -> tuple[Trigger, ...]:
    """Read what `encode` wrote.

    Raises:
        DamagedError: it is something else.
    """
    try:
        return msgspec.json.decode(data, type=tuple[Trigger, ...])
    except msgspec.DecodeError as error:
        raise DamagedError(f"the stored triggers cannot be read: {error}") from error


def creation(trigger: Trigger, schema: str, *, if_absent: bool = False) -> str:
    """Return the statement that makes a trigger in a schema."""
    absent = " IF NOT EXISTS" if if_absent else ""
    return (
        f"{trigger.head}{absent} {quote(schema)}.{quote(trigger.name)} {trigger.when} "
        f"ON {quote(schema)}.{quote(trigger.table)} FOR EACH ROW{trigger.body}"
    )


def make(cursor: Any, schema: str, triggers: Iterable[Trigger]) -> None:
    """Make those triggers of a schema that it does not have; the session's modes are changed."""
    there = {name for name, _table in _named(cursor, schema)}
    for trigger in triggers:
        if trigger.name not in there:
            cursor.execute("SET SESSION sql_mode = %s", [trigger.mode])
            cursor.execute("SET SESSION collation_connection = %s", [trigger.collation])
            cursor.execute(creation(trigger, schema))  # as it is: it may hold percent signs


def drop(cursor: Any, schema: str) -> None:
    """Drop all triggers of a schema."""
    for name, _table in _named(cursor, schema):
        cursor.execute(_drop(name, schema), [])


def _drop(name: str, schema: str) -> str:
    return f"DROP TRIGGER IF EXISTS {quote(schema)}.{quote(name)}"


class Moved(NamedTuple):
    """Triggers whose tables go from one schema to another."""

    source: str
    target: str
    triggers: tuple[Trigger, ...]


def around(cursor: Any, rename: str, moves: list[Moved]) -> str:
    """Return one statement that drops triggers, renames their tables and makes them again.

    The server runs it to its end though the client is killed meanwhile, and gives the triggers back
    where the tables cannot be renamed. Its texts are handed over as variables of the session.
    https://mariadb.com/kb/en/begin-end/
    """
    block = _Block(cursor)
    each = [(move, trigger) for move in moves for trigger in move.triggers]
    back = [block.made(trigger, move.source, if_absent=True) for move, trigger in each]
    again = [block.made(trigger, move.target) for move, trigger in each]
    dropped = [_drop(trigger.name, move.source) for move, trigger in each]
    handler = "DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN " + _lines([*back, "RESIGNAL"]) + " END"
    return f"BEGIN NOT ATOMIC BEGIN {_lines([handler, *dropped, rename])} END; {_lines(again)} END"


def _lines(statements: list[str]) -> str:
    return " ".join(f"{statement};" for statement in statements)


class _Block:
    """Gives names to the texts of a block, by which the session knows them."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor
        self._names: dict[str, str] = {}

    def _named(self, text: str) -> str:
        if text not in self._names:
            self._names[text] = f"@pickguard_{len(self._names)}"
            self._cursor.execute(f"SET {self._names[text]} = %s", [text])
        return self._names[text]

    def made(self, trigger: Trigger, schema: str, *, if_absent: bool = False) -> str:
        mode, collation = self._named(trigger.mode), self._named(trigger.collation)
        statement = self._named(creation(trigger, schema, if_absent=if_absent))
        return (
            f"SET SESSION sql_mode = {mode}; SET SESSION collation_connection = {collation}; "
            f"EXECUTE IMMEDIATE {statement}"
        )
