"""Questions of the site's own whether somebody may, that are asked and whose answer nobody reads.

def can_manage(user, event):                        def cancel(request, pk):
    return event.host_id == user.pk                     event = get_object_or_404(Event, pk=pk)
                                                        can_manage(request.user, event)
                                                        event.delete()
"""

import re
from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import tail
from pickguard.lessons.trust.asking import ASKS, MAY
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import inside, statements

_KNOWS_WHO = re.compile(r"(^|_)(user|request|account|member|actor|person)(_|$)")
_ANSWERS = frozenset({"has_perm", "has_perms", "has_module_perms", "exists", "aexists", "any", "all", "bool",
                      "isinstance", "check_object_permission"})  # fmt: skip
_CHANGES = re.compile(
    r"_*(get|set|add|grant|give|assign|revoke|remove|clean|save|make|list|filter|sync|update)_"
)
_BEGINNINGS = ("is_", "has_", "can_", "may_")


def of_unread_answers(project: Project) -> Iterator[Hit]:
    """Yield the calls, alone in a statement, of what only tells whether somebody may."""
    for name, questions in sorted(_questions(project).items()):
        for function in project.flow.callers.holding(name):
            if project.kind_of(function.module) is None and function not in questions:
                yield from _unread(project, function, name, questions)


def _unread(
    project: Project, function: FunctionSymbol, name: str, questions: list[FunctionSymbol]
) -> Iterator[Hit]:
    tried = _tried(function)
    for statement in statements(body(function.node)):
        call = statement.value if isinstance(statement, n.Do) else None
        if not isinstance(call, n.Call) or tail(call.func) != name or statement.span in tried:
            continue
        found = project.code_of(function).called(call)
        is_method = isinstance(call.func, n.Attr) and all(q.owner for q in questions)
        are_all = len(questions) == len(project.flow.callers.defined(name))
        if found in questions or (found is None and is_method and are_all):
            yield Hit(
                (
                    Spot(function.module.path, call.span),
                    Spot(questions[0].module.path, questions[0].node.span, "only answers"),
                ),
                f"nobody looks at what `{name}(…)` answers",
                Confidence.HIGH,
                function.name,
                mend=f"`if not {name}(…):` refuse",
            )


def _tried(function: FunctionSymbol) -> set[int]:
    """Return the spans of what stands in a `try`: it may be called to see whether it fails."""
    return {
        inner.span
        for statement in statements(body(function.node))
        if isinstance(statement, n.Try) and len(statement.body) == 1
        for inner in statement.body
    }


def _questions(project: Project) -> dict[str, list[FunctionSymbol]]:
    """Return what only tells whether somebody may, by name."""
    named: dict[str, list[FunctionSymbol]] = {}
    for function in project.flow.callers.functions:
        name = function.node.name
        if (
            MAY.search(name)
            and not _CHANGES.match(name)
            and project.kind_of(function.module) is None
        ):
            named.setdefault(name, []).append(function)
    telling = {name: list(filter(_only_tells, found)) for name, found in named.items()}
    raising = {name for name, found in named.items() if len(telling[name]) < len(found)}
    sure = {
        name: [one for one in found if raising.isdisjoint(_asked_on(one))]
        for name, found in telling.items()
    }
    return {name: found for name, found in sure.items() if found}


def _asked_on(function: FunctionSymbol) -> set[str]:
    """Return the names of what a function leaves its answer to."""
    return {
        tail(part.func)
        for statement in statements(body(function.node))
        if isinstance(statement, n.Return) and statement.value is not None
        for part in inside(statement.value)
        if isinstance(part, n.Call)
    }


def _only_tells(function: FunctionSymbol) -> bool:
    """Whether a function looks at somebody, answers yes or no in every case, and does nothing else."""
    if not any(_KNOWS_WHO.search(param.name) for param in function.node.params):
        return False
    if not {tail(one) for one in function.node.decorators} <= {"classmethod", "staticmethod"}:
        return False
    block = list(statements(body(function.node)))
    if any(isinstance(s, n.Raise | n.With | n.Assert | n.Delete | n.Function) for s in block):
        return False
    if any(isinstance(s, n.Do) and not isinstance(s.value, n.Const) for s in block):
        return False
    if any(isinstance(t, n.Attr) for s in block if isinstance(s, n.Assign) for t in s.targets):
        return False
    returned = [s.value for s in block if isinstance(s, n.Return)]
    constants = {value.value for value in returned if isinstance(value, n.Const)}
    is_sure = constants == {True, False} or any(not isinstance(one, n.Const) for one in returned)
    return is_sure and all(map(_is_answer, returned))


def _is_answer(value: n.Expr | None) -> bool:
    """Whether an expression says yes or no: a comparison, `user.is_staff`, `rows.exists()`."""
    if isinstance(value, n.Logic):
        return all(map(_is_answer, value.values))
    if isinstance(value, n.Unary):
        return value.op == "not"
    if isinstance(value, n.Const):
        return isinstance(value.value, bool)
    if isinstance(value, n.Call):
        name = tail(value.func)
        return name in _ANSWERS or name.startswith(_BEGINNINGS) or bool(ASKS.search(name))
    if isinstance(value, n.Attr):
        return value.name.startswith(_BEGINNINGS)
    return isinstance(value, n.Compare)
