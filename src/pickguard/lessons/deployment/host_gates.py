"""Middlewares of the site's own that turn away requests for hosts that the site does not know."""

from collections.abc import Iterable, Iterator

from pickguard.kit import Code, Project
from pickguard.kit.code import argument, tail, text
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of, items_of
from pickguard.source.python.walk import expressions, inside, statements

_METHODS = ("__call__", "process_request", "process_view")
_HOSTS = frozenset({"host", "http_host"})
_REFUSALS = frozenset(
    {"DisallowedHost", "SuspiciousOperation", "BadRequest", "Http404", "PermissionDenied"}
    | {"HttpResponseBadRequest", "HttpResponseNotFound", "HttpResponseForbidden"}
)
_STATUSES = frozenset({400, 403, 404, 421})


def turns_away_hosts(project: Project) -> bool:
    """Whether a middleware refuses a request because of the host that it is for."""
    return any(_refuses(project.code_of(method)) for method in _gates(project))


def _gates(project: Project) -> Iterator[FunctionSymbol]:
    for name in project.middleware or ():
        found = project.site.names.dotted(name)
        if isinstance(found, ClassSymbol):
            methods = (project.site.classes.method(found, one) for one in _METHODS)
            yield from (method for method in methods if method is not None)


def _refuses(code: Code) -> bool:
    names = _told_by_host(code)
    for branch in code.statements if names else ():
        if isinstance(branch, n.If) and names & _names((branch.test,)):
            if any(map(_is_refusal, statements((*branch.body, *branch.other)))):
                return True
        if isinstance(branch, n.Try) and names & _names(expressions(branch.body)):
            handled = (statements(handler.body) for handler in branch.handlers)
            if any(_is_refusal(one) for block in handled for one in block):
                return True
    return False


def _told_by_host(code: Code) -> frozenset[str]:
    """Return the names of the host, and of what is made of it or found by it."""
    names: frozenset[str] = frozenset()
    for _ in range(4):
        found = {
            item.id
            for statement in code.statements
            if isinstance(statement, n.Assign) and _speaks_of_host(statement.value, names)
            for target in statement.targets
            for item in items_of(target)
            if isinstance(item, n.Name)
        }
        if found <= names:
            break
        names |= found
    return names


def _speaks_of_host(value: n.Expr, names: frozenset[str]) -> bool:
    return any(
        (isinstance(part, n.Call) and tail(part.func) == "get_host")
        or (text(part) or "").lower() in _HOSTS
        or (isinstance(part, n.Name) and part.id in names)
        for part in inside(value)
    )


def _names(nodes: Iterable[n.Expr]) -> set[str]:
    return {part.id for node in nodes for part in inside(node) if isinstance(part, n.Name)}


def _is_refusal(statement: n.Stmt) -> bool:
    """Whether a statement ends a request with an error."""
    if isinstance(statement, n.Raise):
        return statement.value is not None and tail(func_of(statement.value)) in _REFUSALS
    answer = statement.value if isinstance(statement, n.Return) else None
    if not isinstance(answer, n.Call):
        return False
    status = argument(answer, -1, "status")
    is_error = isinstance(status, n.Const) and status.value in _STATUSES
    return is_error or tail(answer.func) in _REFUSALS
