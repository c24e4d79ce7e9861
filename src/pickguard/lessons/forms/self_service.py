"""Views that ask for a right, and let people at their own account without it."""

from collections.abc import Iterator

from pickguard.kit import Project
from pickguard.kit.code import is_asker, tail
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, inside

_WRITES = frozenset({"put", "patch", "post", "update", "partial_update", "any"})


def lets_oneself_pass(project: Project, view: View) -> bool:
    """Whether the check of a view returns early for whoever asks for their own account."""
    if not isinstance(view.symbol, ClassSymbol):
        return False
    return any(_returns_early(check) for check in _checks(project, view, view.symbol))


def edits_oneself(project: Project, form: ClassSymbol) -> bool:
    """Whether whoever asks fills in a form about their own account: `ProfileSerializer(request.user, data=…)`."""
    name = form.node.name
    return any(
        is_asker(part)
        for function in project.flow.callers.holding(name)
        for call in project.code_of(function).calls(name)
        for part in _filled_in(call)
    )


def _filled_in(call: n.Call) -> tuple[n.Expr, ...]:
    """Return what may be the row that a form is about; nothing where it is not given any data."""
    rows = tuple(k.value for k in call.keywords if k.name == "instance")
    is_sent = any(k.name in ("data", "files") for k in call.keywords)
    if not is_sent and len(call.args) < (1 if rows else 2):
        return ()
    return rows or call.args[:1]


def _checks(project: Project, view: View, symbol: ClassSymbol) -> Iterator[FunctionSymbol]:
    """Yield the own methods that the writing handlers of a class call, and the handlers."""
    for method, function in view.handlers:
        if method not in _WRITES:
            continue
        yield function
        for node in expressions(body(function.node)):
            if isinstance(node, n.Call) and isinstance(node.func, n.Attr):
                called = project.site.classes.method(symbol, node.func.name)
                if called is not None and tail(node.func.value) == "self":
                    yield called


def _returns_early(check: FunctionSymbol) -> bool:
    """Whether code goes `if obj == request.user: return` before it refuses."""
    return any(
        isinstance(statement, n.If)
        and _is_oneself(statement.test)
        and any(isinstance(last, n.Return) and last.value is None for last in statement.body[-1:])
        for statement in body(check.node)
    )


def _is_oneself(test: n.Expr) -> bool:
    return any(
        isinstance(part, n.Compare)
        and part.ops == ("==",)
        and isinstance(part.left, n.Name | n.Attr)
        and any(
            tail(right) in ("user", "pk", "id") and _asks_request(right) for right in part.rights
        )
        for part in inside(test)
    )


def _asks_request(node: n.Expr) -> bool:
    return any(isinstance(part, n.Name) and part.id in ("request", "self") for part in inside(node))
