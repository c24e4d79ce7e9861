"""Rows that a statement of SQL has selected: what they hold is what was stored, as it is with the ORM's.

cursor.execute("SELECT name, text FROM note")
notes = cursor.fetchall()
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pickguard.flow.stored.written_sql import EXECUTING, texts_of_statement
from pickguard.flow.values.origin import Kind, Origin, Step
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail

if TYPE_CHECKING:
    from pickguard.flow.bodies.body import Body

_FETCHES = frozenset({"fetchone", "fetchall", "fetchmany"})
# numbers and the database's own words hold nobody's text
_SELECTS = re.compile(
    r"\s*SELECT\s+(?!(COUNT|SUM|AVG|MIN|MAX|EXISTS|VERSION|PG_\w+|CURRENT_\w+|LAST_INSERT_ID)\b)(?!\d)[\s\S]+?\bFROM\b"
    r"(?!\s+(information_schema|pg_|sqlite_))",
    re.IGNORECASE,
)


def fetched_origin(body: Body, node: n.Call) -> Origin | None:
    """Return the origin of the rows that a cursor hands out; None where their statement selects numbers alone.

    A function that is handed the cursor makes the same of the rows of any statement: `dictfetchall(cursor)`.
    """
    if tail(node.func) not in _FETCHES or body.selects_texts is False:
        return None
    step = Step(body.module.path, node.span, "from storage")
    return Origin(frozenset({Kind.STORED}), node, (step,))


def is_fetched(origin: Origin) -> bool:
    """Whether a value is of such rows, by its origin."""
    return isinstance(origin.source, n.Call) and tail(origin.source.func) in _FETCHES


def selects_texts(body: Body) -> bool | None:
    """Whether one of the statements that a body executes selects what people wrote; None where none is written out."""
    stated = list(filter(None, map(texts_of_statement, _stated(body))))
    return any(map(_SELECTS.match, stated)) if stated else None


def _stated(body: Body) -> Iterator[n.Expr]:
    """Yield the statements that a body executes, behind the names that they are given there."""
    for call in body.every(n.Call):
        if tail(call.func) in EXECUTING and call.args:
            first = call.args[0]
            named = body.assigned.get(first.id, ()) if isinstance(first, n.Name) else ()
            yield from [value for value, _span in named] or [first]
