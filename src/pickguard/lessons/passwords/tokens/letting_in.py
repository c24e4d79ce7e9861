"""What lets somebody in: the handlers that strangers reach, and what they call to do so."""

import re
from collections.abc import Iterator

from pickguard.kit import Code, Project, reading
from pickguard.kit.code import tail, text
from pickguard.lessons.passwords.doors import LOGINS, is_open
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import inside

_USES_UP = re.compile(r"delete|(^|_)used|consum|revoke|burn")
COUNTS = re.compile(
    r"attempt|tries|retr|throttl|limit|lock|count|fail|block|guard|axes|defender|wrong|^miss(es|ed)?$|strikes|^a?incr$"
)
LETS_IN = frozenset(
    {
        *LOGINS,
        "set_password",
        "create_token",
        "SetPasswordForm",
        "for_user",
        "Token",
        "AuthToken",
        "make_token",
    }
)


# A handler that is called by another one is a handler all the same
_HANDLERS = frozenset(
    {"get", "post", "put", "patch", "delete", "dispatch", "form_valid", "__init__", "__call__"}
)


def letting_in(project: Project) -> list[tuple[View, Code]]:
    """Return the handlers that strangers reach and that let somebody in, and what they call to do so."""
    found: dict[FunctionSymbol, View] = {}
    for view, function in project.handlers(is_open, LETS_IN):
        found.setdefault(function, view)
    for view, function in _called_by_handlers(project):
        found.setdefault(function, view)
    return [(view, project.code_of(function)) for function, view in found.items()]


def _called_by_handlers(project: Project) -> Iterator[tuple[View, FunctionSymbol]]:
    """Yield the functions that let somebody in for a handler which counts and spends nothing itself."""
    names = project.named_with(LETS_IN) - _HANDLERS
    for view, handler in project.handlers(is_open, names):
        code = project.code_of(handler)
        if any(COUNTS.search(word) or _USES_UP.search(word) for word in code.words):
            continue
        for call in code.calls(*names):
            function = code.called(call)
            if function is not None and not LETS_IN.isdisjoint(function.node.words):
                yield view, function


def is_limited(project: Project, view: View) -> bool:
    """Whether a limit stands in front of a view: its own, or that of all APIs."""
    if view.throttled or view.kind not in ("api", "viewset"):
        return view.throttled
    found = reading(project, "REST_FRAMEWORK", {})
    if found is None:
        # of itself REST framework limits nothing: a package for other sites leaves all to them
        return project.production is not None
    return not isinstance(found.value, dict) or bool(found.value.get("DEFAULT_THROTTLE_CLASSES"))


def counts_tries(code: Code) -> bool:
    """Whether something in a piece of code counts; what it answers, `"wrong"`, counts nothing."""
    answers = (s.value for s in code.statements if isinstance(s, n.Return) and s.value is not None)
    said = {text(part) for answer in answers if _is_answer(answer) for part in inside(answer)}
    return any(COUNTS.search(word) for word in code.words - said)


def _is_answer(value: n.Expr) -> bool:
    return isinstance(value, n.Call) and bool(_ANSWER.search(tail(value.func)))


_ANSWER = re.compile(r"Response|^(render|redirect)$")
