"""What runs a thing of the site unasked, where another place asks the thing itself who may.

report = get_report(name)                          for name in names:
if not report.may_run(request.user):                   done.append(get_report(name).run())
    return HttpResponseForbidden()
return report.run()
"""

from collections.abc import Iterator

from msgspec import Struct

from pickguard.base.scales import Confidence
from pickguard.kit import Code, Hit, Project, Spot
from pickguard.kit.around import decorators
from pickguard.kit.code import tail
from pickguard.lessons.trust.asking import MAY, asks_who_may, ends_refusing
from pickguard.lessons.trust.openness import KNOWS_WHO
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of, given_to
from pickguard.source.python.walk import inside

_WHO = frozenset({"request", "user"})
_MOST = 40


class _Asked(Struct, frozen=True):
    """What a function asks before it goes on, of what it got where, and what it then does with it."""

    function: FunctionSymbol
    question: n.If
    ask: str
    getter: FunctionSymbol
    done: frozenset[str]


def of_asked_things(project: Project) -> Iterator[Hit]:
    """Yield the places that run what they got in the same way, and ask nobody who may."""
    seen: set[tuple[str, int]] = set()
    for asked in _asked(project):
        for function in project.flow.callers.holding(asked.getter.node.name)[:_MOST]:
            call = _unasked(project, function, asked)
            if call is None or (function.module.path, call.span) in seen:
                continue
            seen.add((function.module.path, call.span))
            yield Hit(
                (
                    Spot(function.module.path, call.span),
                    Spot(asked.function.module.path, asked.question.span, "asked here"),
                ),
                f"`{tail(call.func)}` of what `{asked.getter.node.name}(…)` gives is called, and nobody"
                f" asks `{asked.ask}(…)`",
                Confidence.MEDIUM,
                function.name,
            )


def _asked(project: Project) -> Iterator[_Asked]:
    """Yield what refuses whoever a thing does not take, and goes on with the thing."""
    for owner, method in _questions(project):
        name = method.node.name
        for function in project.flow.callers.holding(name)[:_MOST]:
            if function.owner == owner or project.kind_of(function.module) is not None:
                continue
            code = project.code_of(function)
            for statement in code.statements:
                if isinstance(statement, n.If):
                    yield from _goes_on(project, owner, code, statement, name)


def _goes_on(
    project: Project, owner: ClassSymbol, code: Code, question: n.If, ask: str
) -> Iterator[_Asked]:
    thing = _refuses_by(question, ask)
    getter = _getter(code, thing) if thing is not None else None
    if thing is None or getter is None or code.function is None:
        return
    done = _done(project, owner, code, thing)
    if done:
        yield _Asked(code.function, question, ask, getter, done)


def _questions(project: Project) -> Iterator[tuple[ClassSymbol, FunctionSymbol]]:
    """Yield the methods of classes, no models, that tell by their name and what they take who may."""
    classes = project.site.classes
    for owner in classes.all:
        if project.kind_of(owner.module) is not None or classes.kinds(owner):
            continue
        for method in classes.own_methods(owner):
            names = {param.name for param in method.params}
            if names & _WHO and MAY.search(method.name):
                yield (
                    owner,
                    FunctionSymbol(owner.module, method, f"{owner.qualname}.{method.name}", owner),
                )


def _refuses_by(statement: n.If, ask: str) -> str | None:
    """Return the name of what is asked: `if not report.may_run(request.user): return …`."""
    test = statement.test
    call = test.operand if isinstance(test, n.Unary) and test.op == "not" else None
    if not isinstance(call, n.Call) or not isinstance(call.func, n.Attr) or call.func.name != ask:
        return None
    is_of_asker = any(tail(part) in _WHO for given in given_to(call) for part in inside(given))
    holder = call.func.value
    last = statement.body[-1] if statement.body else None
    ends = ends_refusing(statement.body) or isinstance(last, n.Return | n.Jump)
    return holder.id if is_of_asker and ends and isinstance(holder, n.Name) else None


def _getter(code: Code, name: str) -> FunctionSymbol | None:
    """Return the one function of the site that gives what a name stands for."""
    values = code.assigned(name)
    value = values[0] if len(values) == 1 else None
    return code.called(value) if isinstance(value, n.Call) else None


def _done(project: Project, owner: ClassSymbol, code: Code, name: str) -> frozenset[str]:
    """Return the methods of a thing that are called once it was asked."""
    return frozenset(
        call.func.name
        for call in code.every(n.Call)
        if isinstance(call.func, n.Attr)
        and tail(call.func.value) == name
        and not MAY.search(call.func.name)
        and project.site.classes.method(owner, call.func.name) is not None
    )


def _unasked(project: Project, function: FunctionSymbol, asked: _Asked) -> n.Call | None:
    """Return what a function that others reach does with a thing which it got the same way, and asks nothing about."""
    words = set(function.node.words)
    if function == asked.function or words & KNOWS_WHO or asks_who_may(words):
        return None
    if project.kind_of(function.module) is not None or not _is_reached(project, function):
        return None
    code = project.code_of(function)
    for call in code.calls(*asked.done):
        holder = call.func.value if isinstance(call.func, n.Attr) else None
        if isinstance(holder, n.Name):
            got = _getter(code, holder.id)
        else:
            got = code.called(holder) if isinstance(holder, n.Call) else None
        if got == asked.getter:
            return call
    return None


def _is_reached(project: Project, function: FunctionSymbol) -> bool:
    """Whether it answers requests, or a decorator of the site's own offers it."""
    names = {param.name for param in function.node.params}
    if "request" in names:
        return True
    found = (
        project.site.names.resolve(function.module, func_of(d))
        for d in decorators(project, function)
    )
    return any(isinstance(one, FunctionSymbol) for one in found)
