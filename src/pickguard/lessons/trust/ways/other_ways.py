"""Rows that a function asks about on one way, and changes on another on which nobody is asked.

def edit(request, pk):
    row = get_object_or_404(Note, pk=pk)
    if request.method == "GET":
        if row.owner != request.user:
            raise PermissionDenied
        return render(request, "edit.html", {"row": row})
    row.text = request.POST["text"]
    row.save()
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from pickguard.flow.bodies.ways_out import WayOut, ways_out
from pickguard.kit import Code
from pickguard.kit.code import tail
from pickguard.lessons.trust.asked_ways import is_asked, is_named_asker, writing
from pickguard.lessons.trust.asking import MAY, NOT_THERE, REFUSALS, asks_who_may, ends_refusing
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import given_to
from pickguard.source.python.walk import forks, inside

WHO = frozenset({"user", "auth", "request_user", "current_user", "owner"})
_ASKERS = frozenset({"user", "request", "auth", "user_acl"})
_KEY = re.compile(r"(^|_)(pk|id|ids|uuid|guid|slug|key|number)$")
_SENT = frozenset({"GET", "POST", "data", "query_params", "kwargs", "cleaned_data", "body", "META", "headers",
                   "COOKIES"})  # fmt: skip


def changed_unasked(code: Code) -> Iterator[tuple[WayOut, n.Expr]]:
    """Yield the ways on which a row is written unasked, with the question that another way is asked.

    Args:
        code: a function that answers requests.
    """
    function = code.function
    rows = dict(rows_named(code)) if function is not None else {}
    questions: dict[str, n.Expr] = {}
    for name, question in questions_about(code, rows) if rows else ():
        questions.setdefault(name, question)
    for name, row in rows.items():
        if name not in questions or function is None:
            continue
        for way in ways_out(function.node, row, writing(code)):
            if way.write is not None and not is_asked(code, without(way, row), WHO):
                yield way, questions[name]
                break


def without(way: WayOut, row: n.Call) -> WayOut:
    """Return a way without what took the row: were that to ask, nothing would have to ask again."""
    return WayOut(way.span, tuple(one for one in way.asked if one.expr != row), way.write, way.held)


def questions_about(code: Code, rows: Collection[str]) -> Iterator[tuple[str, n.Expr]]:
    """Yield the names of rows that something refuses to whoever may not have them, with the question."""
    for asked, then, other in forks(code.block):
        if ends_refusing(then) or ends_refusing(other):
            yield from _about_each(asked.test, rows)
    for statement in code.statements:
        if isinstance(statement, n.Do) and isinstance(statement.value, n.Call):
            if _refuses(code, statement.value):
                yield from _about_each(statement.value, rows)
    for call in code.every(n.Call):
        if MAY.search(tail(call.func)):
            yield from _about_each(call, rows)


def _about_each(question: n.Expr, rows: Collection[str]) -> Iterator[tuple[str, n.Expr]]:
    return ((name, question) for name in sorted(_asked_about(question, rows)))


def _asked_about(question: n.Expr, rows: Collection[str]) -> set[str]:
    """Return the names of rows that are brought together with who asks; what was sent says nothing of that."""
    found: set[str] = set()
    sent = {
        id(part.value)
        for part in inside(question)
        if isinstance(part, n.Attr) and part.name in _SENT
    }
    for part in inside(question):
        if isinstance(part, n.Compare | n.Call):
            inner = [one for one in inside(part) if id(one) not in sent]
            names = {one.id for one in inner if isinstance(one, n.Name)}
            if any(is_named_asker(one, _ASKERS, rows) for one in inner) or _asks(part):
                found |= names.intersection(rows)
    return found


def _asks(part: n.Expr) -> bool:
    return isinstance(part, n.Call) and asks_who_may({tail(part.func)})


def _refuses(code: Code, call: n.Call) -> bool:
    """Whether a call, alone in a statement, says no by raising to who is refused."""
    given = {tail(value) for value in given_to(call)}
    if given.isdisjoint(_ASKERS):
        return False
    return code.called_with(call, REFUSALS | NOT_THERE) is not None


def rows_named(code: Code) -> Iterator[tuple[str, n.Call]]:
    """Yield the names that get what is taken by what the browser says, with what takes it."""
    for statement in code.statements:
        if isinstance(statement, n.Assign) and isinstance(statement.value, n.Call):
            is_new = tail(statement.value.func)[:1].isupper()  # `Note(text=…)`
            if not is_new and _is_named(code, statement.value):
                yield from ((tail(t), statement.value) for t in statement.targets)


def _is_named(code: Code, call: n.Call) -> bool:
    """Whether the address or the request says what a call takes."""
    params = code.function.node.params if code.function is not None else ()
    named = {param.name for param in params if _KEY.search(param.name)}.union(code.from_url)
    return any(
        tail(part) in _SENT or (isinstance(part, n.Name) and part.id in named)
        for value in given_to(call)
        for part in inside(value)
    )
