"""What a statement of SQL that is executed as a text does to the rows of a table."""

from __future__ import annotations

import re

from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of, text
from pickguard.source.python.walk import inside

EXECUTING = frozenset({"execute", "executemany", "executescript"})
_MOST = 2_000  # letters
_WRITES = re.compile(
    r"\s*(?:(DELETE\s+FROM|TRUNCATE(?:\s+TABLE)?)|(?:INSERT|REPLACE)\s+INTO|INSERT\s+(?:OR\s+\w+\s+)?INTO|UPDATE)"
    r"\s+[\"`\[]?(\w*)",
    re.IGNORECASE,
)


def effect_of_statement(statement: n.Expr | None) -> str:
    """Return what a statement does, as the effects of rows are called; an empty text where it only reads."""
    found = _WRITES.match(_beginning(statement))
    if found is None:
        return ""
    return "deletes rows" if found[1] else "writes rows"


def table_of_statement(statement: n.Expr | None) -> str:
    """Return the table that a statement writes, where it is written out."""
    found = _WRITES.match(_beginning(statement))
    return found[2] if found is not None else ""


def texts_of_statement(statement: n.Expr) -> str:
    """Return the texts of a statement, one after the other; what is longer than people write is cut."""
    texts = (
        part.value
        for part in inside(statement)
        if isinstance(part, n.Const) and isinstance(part.value, str)
    )
    return "".join(texts)[:_MOST]


def _beginning(statement: n.Expr | None) -> str:
    """Return the text that a statement begins with, however the rest is put together."""
    node = statement
    while True:
        said = text(node)
        if said is not None:
            return said
        if isinstance(node, n.Joined) and node.parts:
            node = node.parts[0]
        elif isinstance(node, n.Binary) and node.op in ("+", "%"):
            node = node.left
        elif isinstance(node, n.Call):
            node = receiver_of(node)
        else:
            return ""
