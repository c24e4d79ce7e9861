"""What is written down of a page that failed: `except Exception as e: sheet.status = "failed"; sheet.save()`."""

import re

from pickguard.flow.bodies.effects import Effect
from pickguard.kit import Project
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path
from pickguard.source.python.walk import expressions, statements


def notes_failure(project: Project, effect: Effect) -> bool:
    """Whether a row is saved where an error is handled, and nothing but the error was put into it there."""
    row = effect.row
    handlers = (h for tried in project.code_of(effect.function).tries for h in tried.handlers)
    blocks = [h.body for h in handlers if any(e.span == effect.span for e in expressions(h.body))]
    if effect.what != "saves a row" or not row or not blocks:
        return False
    written = [
        target.name
        for statement in statements(blocks[-1])
        if isinstance(statement, n.Assign)
        for target in statement.targets
        if isinstance(target, n.Attr) and access_path(target.value) == row
    ]
    return bool(written) and all(map(_OF_FAILURE.search, written))


_OF_FAILURE = re.compile(r"(^|_)(status|state|fail(ed|ure)?|errors?|exception|traceback)(_|$)")
