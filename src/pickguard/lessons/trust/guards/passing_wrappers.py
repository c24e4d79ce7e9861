"""Guards of the site's own that run the view for those whom they refuse, once they have logged in.

def owner_required(view):
    def wrapped(request, pk):
        if request.user.is_staff or request.user.pk == pk:
            return view(request, pk)
        return login_required(view)(request, pk)
    return wrapped
"""

from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import tail
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import inside, statements

_LOGGED_IN = frozenset({"is_authenticated", "is_anonymous", "is_active"})


def of_passing_wrappers(project: Project) -> Iterator[Hit]:
    """Yield what a guard answers to those whom it refuses, where that is the view behind a login."""
    for function in project.flow.callers.holding("login_required"):
        if project.kind_of(function.module) is not None:
            continue
        views = frozenset(param.name for param in function.node.params)
        for inner in statements(body(function.node)):
            if isinstance(inner, n.Function):
                yield from _passing(function, body(inner), views)


def _passing(
    function: FunctionSymbol, block: tuple[n.Stmt, ...], views: frozenset[str]
) -> Iterator[Hit]:
    last = block[-1] if block else None
    if not isinstance(last, n.Return) or _behind_login(last.value) not in views:
        return
    allowed = [s for s in block[:-1] if isinstance(s, n.If) and _asks_more(s, views)]
    if allowed and all(_goes_on(s, views) for s in block[:-1]):
        yield Hit(
            (
                Spot(function.module.path, last.span),
                Spot(function.module.path, allowed[0].test.span, "whoever may is asked for here"),
            ),
            f"`{function.node.name}` runs the view for everybody who has logged in",
            Confidence.HIGH,
            function.name,
            mend="ask for the login first, and refuse the others: `raise PermissionDenied`",
        )


def _behind_login(value: n.Expr | None) -> str:
    """Return the `view` of `login_required(view)(request, …)`."""
    guarded = value.func if isinstance(value, n.Call) else None
    if not isinstance(guarded, n.Call) or tail(guarded.func) != "login_required":
        return ""
    view = guarded.args[0] if len(guarded.args) == 1 else None
    return view.id if isinstance(view, n.Name) else ""


def _asks_more(statement: n.If, views: frozenset[str]) -> bool:
    """Whether a condition runs the view for some of those who have logged in."""
    if _is_of_login(statement.test):
        return any(isinstance(s, n.If) and _asks_more(s, views) for s in statement.body)
    return any(
        isinstance(s, n.Return) and isinstance(s.value, n.Call) and tail(s.value.func) in views
        for s in statement.body
    )


def _is_of_login(test: n.Expr) -> bool:
    """Whether a condition asks for a login alone."""
    if isinstance(test, n.Unary):
        return test.op == "not" and _is_of_login(test.operand)
    return tail(test.func if isinstance(test, n.Call) else test) in _LOGGED_IN


def _goes_on(statement: n.Stmt, views: frozenset[str]) -> bool:
    """Whether somebody who has logged in, and may not, gets past a statement."""
    if isinstance(statement, n.Return | n.Raise):
        return False
    if not isinstance(statement, n.If):
        return True
    if _is_of_login(statement.test):
        is_other = isinstance(statement.test, n.Unary) != ("is_anonymous" in _names(statement.test))
        block = statement.other if is_other else statement.body
    elif _asks_more(statement, views):
        block = statement.other
    else:
        block = (*statement.body, *statement.other)
    return all(_goes_on(inner, views) for inner in block)


def _names(test: n.Expr) -> set[str]:
    return {tail(node) for node in inside(test)}
