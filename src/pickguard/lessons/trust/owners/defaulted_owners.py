"""Rows of whoever the request names, and of whoever asks only where it names nobody.

username = self.request.query_params.get("username") or self.request.user.username
return Grade.objects.filter(student__username=username)
"""

from collections.abc import Iterator

from pickguard.kit import Project
from pickguard.kit.code import is_asker, tail
from pickguard.lessons.trust.named_calls import assigned_in
from pickguard.lessons.trust.ownership import MADE, owner_field, rows_of
from pickguard.lessons.trust.row_keys import taken_from
from pickguard.site.guards import PERMISSION_WORDS
from pickguard.site.models import Model
from pickguard.site.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import entry_of, root
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, inside

_SENT = frozenset({"GET", "POST", "data", "query_params"})
_CHOOSES = frozenset({"filter", "get", "aget", "get_object_or_404", "get_list_or_404"})


def defaulted(project: Project, function: FunctionSymbol) -> Iterator[tuple[n.Expr, Model, str]]:
    """Yield where rows are taken by a user whom the request may name, with what leads to the user.

    Nothing else of the function may look at who asks.
    """
    words = function.node.words
    if "user" not in words or not PERMISSION_WORDS.isdisjoint(words):
        return
    names = _names(function)
    nodes = list(expressions(body(function.node))) if names else []
    if any(isinstance(node, n.Compare) and _mentions(node, names) for node in nodes):
        return
    for node in nodes:
        if not isinstance(node, n.Call) or tail(node.func) not in _CHOOSES:
            continue
        model = rows_of(project, function, taken_from(node))
        owner = owner_field(project, model, 0) if model is not None else None
        if model is None or owner is None or model.is_user or MADE.search(owner):
            continue
        for keyword in node.keywords:
            field = (keyword.name or "").partition("__")[0].removesuffix("_id")
            if field == owner and root(keyword.value) in names:
                yield node, model, owner


def _mentions(node: n.Expr, names: frozenset[str]) -> bool:
    return any(isinstance(part, n.Name) and part.id in names for part in inside(node))


def _names(function: FunctionSymbol) -> frozenset[str]:
    """Return the names that hold what was sent, or else something of whoever asks."""
    assigned = assigned_in(function)
    askers = {name for name, values in assigned.items() if any(map(is_asker, values))}
    return frozenset(name for name, values in assigned.items() if _is_default(values, askers))


def _is_default(values: list[n.Expr], askers: set[str]) -> bool:
    """Whether a name is given what was sent, and where that is nothing, something of whoever asks."""
    if len(values) == 2:
        return _is_sent(values[0]) and _is_of_asker(values[1], askers)
    value = values[0] if len(values) == 1 else None
    if isinstance(value, n.Call) and len(value.args) == 2 and _is_sent(value):
        return _is_of_asker(value.args[1], askers)
    return False


def _is_sent(node: n.Expr) -> bool:
    """Whether it is `request.GET.get("user")`, or the like."""
    whence, _name = entry_of(node) or (None, None)
    return tail(whence) in _SENT


def _is_of_asker(node: n.Expr, askers: set[str]) -> bool:
    return any(
        is_asker(part) or (isinstance(part, n.Name) and part.id in askers) for part in inside(node)
    )
