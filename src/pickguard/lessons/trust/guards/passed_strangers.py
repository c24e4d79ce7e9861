"""Refusals that bite only those who are logged in, where whoever is not goes on.

if request.user.is_authenticated and document.owner != request.user:
    raise PermissionDenied
"""

import re
from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.around import decorators
from pickguard.kit.code import is_asker, tail
from pickguard.lessons.trust.asking import MAY, ends_refusing
from pickguard.lessons.trust.openness import proves_itself
from pickguard.site.access.guards import SENDING_AWAY
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.views.graphql import GraphqlField
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import given_to
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, inside, statements

_LOGGED_IN = "is_authenticated"
_LOGGED_OUT = "is_anonymous"
# What else lets somebody in who has no account: a link with a proof in it, an invitation, the session
_PROVES = re.compile(
    r"(^|_)(tokens?|uuid|hash|hmac|secrets?|sign|signed|signer|signing|signature|sessions?|sso"
    r"|invit\w*|verif\w*|otp|nonce|passwords?|cookies?)(_|$)",
    re.IGNORECASE,
)
_KEYS = frozenset({"id", "pk"})


def of_passed_strangers(project: Project) -> Iterator[Hit]:
    """Yield the refusals of views and GraphQL fields open to all that ask only the logged-in."""
    seen: set[FunctionSymbol] = set()
    for _route, view in project.views():
        if _lets_strangers_in(view) and not view.stopped and not proves_itself(view):
            for function in _functions(project, view):
                if function not in seen:
                    seen.add(function)
                    yield from _in_function(function)
    for one in project.site.graphql:
        if one.function not in seen and not _is_decorated(project, one):
            seen.add(one.function)
            yield from _in_function(one.function)


def _lets_strangers_in(view: View) -> bool:
    """Whether nothing around a view asks for a login, as far as the code of an app without settings tells."""
    is_plain = view.kind not in ("api", "viewset") and not view.guards
    return view.login is False or (view.login is None and is_plain)


def _functions(project: Project, view: View) -> Iterator[FunctionSymbol]:
    """Yield what a request may run of a view's own code."""
    yield from (function for _method, function in view.handlers)
    if isinstance(view.symbol, ClassSymbol):
        yield from project.site.classes.own_functions(view.symbol)


def _is_decorated(project: Project, field: GraphqlField) -> bool:
    """Whether a decorator of a field asks who it is, by its name."""
    around = decorators(project, field.function)
    named = {tail(part) for one in around for part in inside(one)}
    return bool(named & SENDING_AWAY) or any(map(MAY.search, named))


def _in_function(function: FunctionSymbol) -> Iterator[Hit]:
    """Yield the refusal of a function that asks for the login nowhere else."""
    words = function.node.words
    if not {_LOGGED_IN, _LOGGED_OUT} & set(words) or any(map(_PROVES.search, words)):
        return
    block = body(function.node)
    asked = [node for node in expressions(block) if tail(node) in (_LOGGED_IN, _LOGGED_OUT)]
    if len({node.span for node in asked}) > 1 or not SENDING_AWAY.isdisjoint(words):
        return
    names = _names_of_asker(block)
    for statement in statements(block):
        told = _told(statement, names) if isinstance(statement, n.If) else None
        if told is not None:
            yield Hit(
                (Spot(function.module.path, told.span),),
                f"`{function.node.name}` refuses only those who are logged in:"
                " who is not is asked nothing, and goes on",
                Confidence.MEDIUM,
                function.name,
                mend="ask for the login itself, or refuse with `or`: not logged in, or not the owner",
            )


def _names_of_asker(block: tuple[n.Stmt, ...]) -> set[str]:
    """Return the names that a function gives to whoever asks: `user = request.user`."""
    return {
        target.id
        for statement in statements(block)
        if isinstance(statement, n.Assign) and _is_person(statement.value, set())
        for target in statement.targets
        if isinstance(target, n.Name)
    }


def _is_person(node: n.Expr | None, names: set[str]) -> bool:
    """Whether an expression is whoever asks: `request.user`, `info.context.user`, or a name of theirs."""
    if isinstance(node, n.Name):
        return node.id in names
    if node is None or is_asker(node):
        return node is not None
    return isinstance(node, n.Attr) and node.name == "user" and tail(node.value) == "context"


def _told(statement: n.If, names: set[str]) -> n.Expr | None:
    """Return the test of a condition that refuses some of those who are logged in, and nobody else."""
    test = statement.test
    if statement.other:
        return None
    if isinstance(test, n.Logic) and test.op == "and" and ends_refusing(statement.body):
        first, *others = test.values
        asks = _asks_for_login(first, names) and any(_lacks_right(one, names) for one in others)
        return test if asks else None
    if not _asks_for_login(test, names) or len(statement.body) != 1:
        return None
    within = statement.body[0]
    refuses = isinstance(within, n.If) and not within.other and ends_refusing(within.body)
    return (
        test if refuses and isinstance(within, n.If) and _lacks_right(within.test, names) else None
    )


def _asks_for_login(node: n.Expr, names: set[str]) -> bool:
    """Whether an expression is true for those who are logged in."""
    wanted = _LOGGED_IN
    if isinstance(node, n.Unary) and node.op == "not":
        node, wanted = node.operand, _LOGGED_OUT
    if isinstance(node, n.Call) and not given_to(node):
        node = node.func
    return isinstance(node, n.Attr) and node.name == wanted and _is_person(node.value, names)


def _lacks_right(node: n.Expr, names: set[str]) -> bool:
    """Whether an expression is true for those whose the row is not, or who lack a permission for it."""
    wanted = "!="
    if isinstance(node, n.Unary) and node.op == "not":
        node, wanted = node.operand, "=="
        if isinstance(node, n.Call):
            return MAY.search(tail(node.func)) is not None
    if not isinstance(node, n.Compare) or node.ops != (wanted,):
        return False
    sides = [_without_key(side) for side in (node.left, *node.rights)]
    others = [side for side in sides if not _is_person(side, names)]
    return len(others) == 1 and isinstance(others[0], n.Attr)


def _without_key(node: n.Expr) -> n.Expr:
    """Return the row of `row.pk`; `owner_id` stays, as a field of the row that is asked about."""
    return node.value if isinstance(node, n.Attr) and node.name in _KEYS else node
