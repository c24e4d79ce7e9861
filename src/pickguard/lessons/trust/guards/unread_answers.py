"""Questions of the site's own whether somebody may, that are asked and whose answer nobody reads.

def can_manage(user, event):                        def cancel(request, pk):
    return event.host_id == user.pk                     event = get_object_or_404(Event, pk=pk)
                                                        can_manage(request.user, event)
                                                        event.delete()
"""

from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import tail
from pickguard.lessons.trust.asking import ASKS
from pickguard.site.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.lower import body
from pickguard.source.python.walk import statements

_KNOWS_WHO = frozenset({"user", "request", "account", "member", "actor", "person"})
_ANSWERS = frozenset({"has_perm", "has_perms", "has_module_perms", "exists", "aexists", "any", "all", "bool",
                      "isinstance", "check_object_permission"})  # fmt: skip
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
        found = project.code_of(function).resolve(call.func)
        is_method = isinstance(call.func, n.Attr) and all(q.owner for q in questions)
        if found in questions or (found is None and is_method):
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
        if isinstance(statement, n.Try)
        for inner in statement.body
    }


def _questions(project: Project) -> dict[str, list[FunctionSymbol]]:
    """Return what only tells whether somebody may, by name, where all that is called so does."""
    named: dict[str, list[FunctionSymbol]] = {}
    for function in project.flow.callers.functions:
        if ASKS.search(function.node.name) and project.kind_of(function.module) is None:
            named.setdefault(function.node.name, []).append(function)
    return {name: found for name, found in named.items() if all(map(_only_tells, found))}


def _only_tells(function: FunctionSymbol) -> bool:
    """Whether a function looks at somebody, answers yes or no in every case, and does nothing else."""
    if _KNOWS_WHO.isdisjoint(param.name for param in function.node.params):
        return False
    if function.node.decorators:
        return False
    block = list(statements(body(function.node)))
    if any(isinstance(s, n.Raise | n.With | n.Assert | n.Delete | n.Function) for s in block):
        return False
    if any(isinstance(s, n.Do) and not isinstance(s.value, n.Const) for s in block):
        return False
    if any(isinstance(t, n.Attr) for s in block if isinstance(s, n.Assign) for t in s.targets):
        return False
    returned = [s.value for s in block if isinstance(s, n.Return)]
    is_sure = [not isinstance(value, n.Const) for value in returned]
    return any(is_sure) and all(map(_is_answer, returned))


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
