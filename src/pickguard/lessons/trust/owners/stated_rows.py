"""Rows that a statement of SQL names by their id: `cursor.execute("DELETE FROM notes_note WHERE id = %s", [pk])`."""

import re
from collections.abc import Iterator

from pickguard.flow.stored.written_sql import EXECUTING, texts_of_statement
from pickguard.kit import Project
from pickguard.kit.code import tail
from pickguard.lessons.trust.named_calls import assigned_in
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions

# Nothing but the id says which row: what stands behind it is a placeholder
_BY_ID = re.compile(
    r"\b(?:FROM|UPDATE)\s+[\"`]?(\w+)[\"`]?\s(?:.*\s)?WHERE\s+(?:\w+\.)?[\"`]?(?:id|pk)[\"`]?\s*=\s*"
    r"(?:'?%s'?|'?%d'?|%\(\w+\)s|'?\{\w*\}'?|\?|:\w+|'')?\s*;?\s*$",
    re.IGNORECASE | re.DOTALL,
)


def stated_rows(project: Project, function: FunctionSymbol) -> Iterator[tuple[n.Call, Model]]:
    """Yield the calls that execute such a statement, with the model whose table it names."""
    if EXECUTING.isdisjoint(function.node.words):
        return
    for node in expressions(body(function.node)):
        if isinstance(node, n.Call) and tail(node.func) in EXECUTING and node.args:
            for statement in _said(function, node.args[0]):
                found = _BY_ID.search(texts_of_statement(statement))
                model = None if found is None else _of_table(project, found[1].lower())
                if model is not None:
                    yield node, model


def _said(function: FunctionSymbol, value: n.Expr) -> list[n.Expr]:
    return assigned_in(function).get(value.id, []) if isinstance(value, n.Name) else [value]


def _of_table(project: Project, table: str) -> Model | None:
    """Return the model whose rows stand in a table that Django has named: `notes_note`."""
    models = project.site.models.all
    return next((m for m in models if m.label.lower().replace(".", "_") == table), None)
