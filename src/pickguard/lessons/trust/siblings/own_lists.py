"""The one action that hands out or changes all rows, where its class hands out those of whoever asks.

`get_queryset` leaves the caller's notes; `export` beside it begins anew, with `Note.objects.all()`.
"""

import re
from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import tail
from pickguard.lessons.trust.actions.action_rules import ACTIONS
from pickguard.lessons.trust.answering import functions_of_views
from pickguard.lessons.trust.asking import asks_who_may
from pickguard.lessons.trust.whole_rows import CHANGES, FOR_ALL, all_rows
from pickguard.site.access.guards import LOGIN_PERMISSIONS
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.views.view import HTTP_METHODS, View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument, func_of, given_to
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, inside

_HANDLERS = frozenset({*ACTIONS, *HTTP_METHODS})
_MARKS = frozenset({"action", "list_route", "detail_route"})
_CHOOSES = frozenset({"filter", "exclude", "Q"})
_SCOPES = re.compile(
    r"for_user|for_request|of_user|by_user|owned|visible|accessible|readable|viewable|restrict"
)
# What looks at who asks, or takes the rows the way of the class
_OTHERWISE = frozenset({"user", "session", "owner", "get_object", "get_queryset", "filter_queryset",
                        "check_object_permissions", "current_user", "request_user", "is_staff"})  # fmt: skip


def of_own_lists(project: Project) -> Iterator[Hit]:
    """Yield where an action takes all rows of the model whose rows its class hands out by the caller."""
    for view, function in functions_of_views(project):
        symbol = view.symbol
        if not isinstance(symbol, ClassSymbol) or not _is_action(view, function):
            continue
        past = _scope(project, symbol)
        if past is None or past == function or asks(function):
            continue
        for rows, model in all_rows(project, function, view.model):
            is_same = model == view.model or model.name in past.node.words
            if is_same and not model.is_user:
                yield _hit(function, past, rows, model)


def _hit(function: FunctionSymbol, past: FunctionSymbol, rows: n.Call, model: Model) -> Hit:
    does = "changes" if tail(rows.func) in CHANGES else "takes"
    return Hit(
        (
            Spot(function.module.path, rows.span),
            Spot(past.module.path, past.node.span, "hands out those of whoever asks"),
        ),
        f"`{function.node.name}` {does} everybody's `{model.name}`; `get_queryset` beside it leaves"
        " those of whoever asks",
        Confidence.MEDIUM,
        function.name,
    )


def _is_action(view: View, function: FunctionSymbol) -> bool:
    """Whether a function answers requests of an API that asks for no more than a login."""
    if view.kind not in ("api", "viewset") or set(view.permissions) - LOGIN_PERMISSIONS:
        return False
    named = {tail(func_of(decorator)) for decorator in function.node.decorators}
    return function.node.name in _HANDLERS or not _MARKS.isdisjoint(named)


def _scope(project: Project, symbol: ClassSymbol) -> FunctionSymbol | None:
    """Return the `get_queryset` of a class, where it leaves the rows of whoever asks."""
    method = project.site.classes.method(symbol, "get_queryset")
    if method is None or "user" not in method.node.words:
        return None
    return method if any(map(is_own_choice, expressions(body(method.node)))) else None


def is_own_choice(node: n.Expr) -> bool:
    """Whether a call chooses rows by the user: `filter(owner=request.user)`, `restrict(user, "view")`."""
    if isinstance(node, n.Attr):
        return node.name not in ("objects", "id", "pk") and _is_relation_of_user(node)
    if not isinstance(node, n.Call):
        return False
    if tail(node.func) not in _CHOOSES and not _SCOPES.search(tail(node.func)):
        return False
    given = given_to(node)
    return any(tail(part) == "user" for value in given for part in inside(value))


def _is_relation_of_user(node: n.Attr) -> bool:
    """Whether an attribute is a relation of the user's, of which rows are taken: `user.notes`."""
    return (
        tail(node.value) == "user" and node.name.endswith(("_set", "s")) and "is_" not in node.name
    )


def asks(function: FunctionSymbol) -> bool:
    """Whether an action looks at who asks, asks for more than the class does, or is meant for everybody."""
    words = set(function.node.words)
    if words & _OTHERWISE or asks_who_may(words):
        return True
    if FOR_ALL.search(function.node.name):
        return True
    for decorator in function.node.decorators:
        asked = (
            argument(decorator, 99, "permission_classes") if isinstance(decorator, n.Call) else None
        )
        if asked is not None and {tail(part) for part in inside(asked)} - LOGIN_PERMISSIONS - {""}:
            return True
    return False
