"""What a cookie puts on the request, and whoever lacks it is refused by: `request.desk = desk`, asked elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from pickguard.kit import Code, Project
from pickguard.kit.code import tail, text
from pickguard.lessons.sessions.cookie_rows import reads_cookie
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import inside, statements

# what a visitor says of themselves, and may: nobody else is let in by it
_AGREED = re.compile(r"consent|terms|accept|agree|(^|_)(age|adult|lang|theme)(_|$)", re.IGNORECASE)
_REFUSING = frozenset({"PermissionDenied", "HttpResponseForbidden"})


class Gate(Struct, frozen=True):
    """An attribute of the request that a cookie decides about, and where it is set."""

    statement: n.Assign
    attribute: str
    decided: n.Expr


def gates_by_cookie(code: Code) -> Iterator[Gate]:
    """Yield what is set on the request by a cookie that holds, or is, a fixed word which anybody can write.

    Of them only what somebody is refused by, anywhere in the site.
    """
    for statement in code.statements:
        if isinstance(statement, n.If):
            # what was set by a choice between two values stands on both of its ways
            word = next((c for c in _compared(statement.test) if _holds_cookie(code, c)), None)
            for one in statements(statement.body) if word is not None else ():
                if isinstance(one, n.Assign):
                    yield from _set(code, one, word)
        elif isinstance(statement, n.Assign):
            compared = next((c for c in _compared(statement.value) if _holds_cookie(code, c)), None)
            yield from _set(code, statement, compared)


def _set(code: Code, statement: n.Assign, word: n.Expr | None) -> Iterator[Gate]:
    """Yield the attributes of the request that a statement sets, and that refuse somebody."""
    asked = code.project.once(_asked_by_refusals)
    for target in statement.targets:
        if not isinstance(target, n.Attr) or not _is_set_on_request(target):
            continue
        if target.name not in asked or _AGREED.search(target.name):
            continue
        if word is not None:
            yield Gate(statement, target.name, word)
        elif asked[target.name] and _is_cookie(code, statement.value):
            yield Gate(statement, target.name, statement.value)


def _compared(test: n.Expr, *operators: str) -> Iterator[n.Expr]:
    """Yield what is held against a fixed text: `level` of `level == "desk"`."""
    for node in inside(test):
        if isinstance(node, n.Compare) and node.ops[0] in (operators or ("==",)):
            sides = (node.left, node.rights[0])
            yield from (side for side, other in (sides, sides[::-1]) if text(other))


def _holds_cookie(code: Code, node: n.Expr) -> bool:
    return not _is_set_on_request(node) and _is_cookie(code, node)


def _is_set_on_request(node: n.Expr) -> bool:
    return isinstance(node, n.Attr) and _is_request(node.value)


def _is_cookie(code: Code, node: n.Expr) -> bool:
    """Whether a value is read from a plain cookie, or is a part of one."""
    # of what a name was given: the comparison itself tells the flow that the value is known
    origins = map(code.origin, code.made(node))
    return any(o.is_browser and o.source is not None and reads_cookie(o.source) for o in origins)


def _asked_by_refusals(project: Project) -> dict[str, bool]:
    """Return the attributes of requests by which somebody is refused, and which are held against a fixed text."""
    found: dict[str, bool] = {}
    for code, _words in project.code(_REFUSING):
        for statement in code.statements:
            if isinstance(statement, n.If) and _refuses(statement.body):
                fixed = {tail(side) for side in _compared(statement.test, "==", "!=")}
                for part in inside(statement.test):
                    if isinstance(part, n.Attr) and _is_request(part.value):
                        found[part.name] = found.get(part.name, False) or part.name in fixed
    return found


def _refuses(block: tuple[n.Stmt, ...]) -> bool:
    last = block[-1] if block else None
    value = last.value if isinstance(last, n.Raise | n.Return) else None
    return value is not None and any(tail(part) in _REFUSING for part in inside(value))


def _is_request(node: n.Expr) -> bool:
    return tail(node) == "request"
