"""Rows of whoever the request names, and of whoever asks only where it names nobody.

username = self.request.query_params.get("username") or self.request.user.username
return Grade.objects.filter(student__username=username)
"""

from collections.abc import Iterator, Mapping

from pickguard.kit import Project
from pickguard.kit.code import is_asker, tail
from pickguard.lessons.trust.named_calls import assigned_in
from pickguard.lessons.trust.ownership import MADE, TO_ONE, is_of_asker, owner_field, rows_of
from pickguard.lessons.trust.row_keys import taken_from
from pickguard.site.access.guards import PERMISSION_WORDS
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import entry_of, is_none, root
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, inside

_SENT = frozenset({"GET", "POST", "data", "query_params"})
_CHOOSES = frozenset({"filter", "get", "aget", "get_object_or_404", "get_list_or_404"})


def defaulted(project: Project, function: FunctionSymbol) -> Iterator[tuple[n.Expr, Model, str]]:
    """Yield where rows are taken by a user whom the request may name, with what leads to the user.

    Nothing else of the function may look at who asks.
    """
    words = function.node.words
    if _SENT.isdisjoint(words) or not PERMISSION_WORDS.isdisjoint(words):
        return
    names = _names(function)
    nodes = list(expressions(body(function.node))) if names else []
    if any(isinstance(node, n.Compare) and _is_held(node, names) for node in nodes):
        return
    for node in nodes:
        if not isinstance(node, n.Call) or tail(node.func) not in _CHOOSES:
            continue
        model = rows_of(project, function, taken_from(node))
        if model is None or model.is_user:
            continue
        owner = owner_field(project, model, 0) or ""
        for keyword in node.keywords:
            field = (keyword.name or "").partition("__")[0].removesuffix("_id")
            is_whose = field == owner and not MADE.search(owner)
            by_default = names.get(root(keyword.value))
            if by_default is not None and (is_whose or _is_named_alike(model, field, by_default)):
                yield node, model, field


def _is_named_alike(model: Model, field: str, by_default: n.Expr) -> bool:
    """Whether a relation of a model is called as what is known of who asks: `org_id` and `request.org.pk`."""
    found = model.field(field)
    is_relation = found is not None and found.kind.endswith(TO_ONE)
    return is_relation and any(
        isinstance(part, n.Attr) and part.name in (field, f"{field}_id") and is_of_asker(part)
        for part in inside(by_default)
    )


def _is_held(node: n.Compare, names: Mapping[str, n.Expr]) -> bool:
    """Whether a comparison holds one of some names against something; that there is one says nothing."""
    if all(map(is_none, node.rights)):
        return False
    return any(isinstance(part, n.Name) and part.id in names for part in inside(node))


def _names(function: FunctionSymbol) -> dict[str, n.Expr]:
    """Return the names that hold what was sent, or else something of whoever asks, with that."""
    assigned = assigned_in(function)
    askers = {name for name, values in assigned.items() if any(map(is_asker, values))}
    found = ((name, _default(values, askers)) for name, values in assigned.items())
    return {name: default for name, default in found if default is not None}


def _default(values: list[n.Expr], askers: set[str]) -> n.Expr | None:
    """Return what of whoever asks a name is given where nothing was sent; None of other names."""
    first, *others = values
    if isinstance(first, n.Call) and len(values) == 1 and len(first.args) == 2:
        others = [first.args[1]]
    if len(others) != 1 or not _is_sent(first) or not _is_of_asker(others[0], askers):
        return None
    return others[0]


def _is_sent(node: n.Expr) -> bool:
    """Whether it is `request.GET.get("user")`, or the like."""
    whence, _name = entry_of(node) or (None, None)
    return tail(whence) in _SENT


def _is_of_asker(node: n.Expr, askers: set[str]) -> bool:
    return any(
        is_asker(part) or is_of_asker(part) or (isinstance(part, n.Name) and part.id in askers)
        for part in inside(node)
    )
