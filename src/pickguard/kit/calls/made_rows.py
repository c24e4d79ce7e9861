"""The rows that code makes: by a manager, or as an object that it saves.

Note.objects.create(text=text)      note = Note(text=text)      note = Note()
                                    note.save()                 note.text = text
                                                                note.save()
"""

from __future__ import annotations

from collections.abc import Iterator

from pickguard.kit.code import Code
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of

MAKES = ("create", "acreate", "get_or_create", "update_or_create")
_SAVES = ("save", "asave")
MAKING = frozenset({*MAKES, *_SAVES})
"""Words one of which stands in all code that makes a row."""


def made_rows(code: Code, *, set_later: bool = True) -> Iterator[n.Call]:
    """Yield what makes rows in a body of code, in the first of the three forms; their places are their own.

    Args:
        code: the body.
        set_later: whether what is set on a row behind the place where it is made is among its columns.
    """
    yield from code.calls(*MAKES)
    saved = [receiver_of(call) for call in code.calls(*_SAVES)]
    names = {one.id for one in saved if isinstance(one, n.Name)}
    for statement in code.statements if names else ():
        target = statement.targets[0] if isinstance(statement, n.Assign) else None
        if isinstance(statement, n.Assign) and isinstance(target, n.Name) and target.id in names:
            later = tuple(_set_later(code, target, statement)) if set_later else ()
            made = _made(code, statement.value, later)
            if made is not None:
                yield made
    for row in saved:
        made = _made(code, row, ()) if isinstance(row, n.Call) else None
        if made is not None:
            yield made


def _made(code: Code, row: n.Expr, later: tuple[n.Keyword, ...]) -> n.Call | None:
    """Return `Note.objects.create(…)` for `Note(…)`, with what the row is given later; None for anything else."""
    if not isinstance(row, n.Call) or row.args:
        return None
    if code.project.site.models.of(code.resolve(row.func)) is None:
        return None
    rows = n.Attr(row.func.span, row.func, "objects")
    given = (*row.keywords, *later)
    return n.Call(row.span, n.Attr(row.func.span, rows, "create"), (), given)


def _set_later(code: Code, row: n.Name, made: n.Assign) -> Iterator[n.Keyword]:
    """Yield the columns that are set on a row right behind the place where it was made: `note.text = text`."""
    for statement in code.statements:
        if statement.span <= made.span:
            continue
        if not isinstance(statement, n.Assign):
            return
        for target in statement.targets:
            if isinstance(target, n.Attr) and isinstance(target.value, n.Name):
                if target.value.id == row.id:
                    yield n.Keyword(target.name, statement.value)
