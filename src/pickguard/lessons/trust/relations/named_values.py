"""Serializers and their fields that take the number of a row and look it up by hand, whoever it belongs to.

def to_internal_value(self, data):
    return Place.objects.get(id=data)
"""

from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import tail
from pickguard.lessons.trust.siblings.row_siblings import scoped_labels
from pickguard.lessons.trust.tenancy import belongs_to_tenant, has_tenants
from pickguard.site.access.guards import PERMISSION_WORDS
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of
from pickguard.source.python.bodies import body
from pickguard.source.python.queries import MANAGERS
from pickguard.source.python.walk import expressions, inside

_READS = "to_internal_value"
_FETCHERS = frozenset({"get", "get_object_or_404"})
_KEYS = frozenset({"pk", "id", "uuid"})
_LOOKS = PERMISSION_WORDS | {"user", "request", "context", "check_object_permissions"}


def of_values(project: Project) -> Iterator[Hit]:
    """Yield the lookups of `to_internal_value` that take any row of those that belong to somebody."""
    for symbol in project.site.classes.all:
        method = project.site.names.own_member(symbol, _READS)
        if not isinstance(method, FunctionSymbol) or project.kind_of(symbol.module) is not None:
            continue
        if not _LOOKS.isdisjoint(method.node.words):
            continue
        for call, model in _lookups(project, method):
            if _belongs(project, model):
                yield _hit(symbol, method, call, model)


def _hit(symbol: ClassSymbol, method: FunctionSymbol, call: n.Call, model: Model) -> Hit:
    return Hit(
        (Spot(method.module.path, call.span),),
        f"`{symbol.node.name}` takes any `{model.name}` whose number is sent",
        Confidence.MEDIUM,
        method.name,
    )


def _lookups(project: Project, method: FunctionSymbol) -> Iterator[tuple[n.Call, Model]]:
    """Yield the calls that take one row by what was sent, with its model."""
    sent = {param.name for param in method.node.params[1:]}
    for node in expressions(body(method.node)):
        if not isinstance(node, n.Call) or tail(node.func) not in _FETCHERS or not node.keywords:
            continue
        if not all(k.name in _KEYS for k in node.keywords):
            continue
        if not any(tail(part) in sent for k in node.keywords for part in inside(k.value)):
            continue
        model = project.site.models.of(project.site.names.resolve(method.module, _table(node)))
        if model is not None:
            yield node, model


def _table(call: n.Call) -> n.Expr | None:
    """Return `Place` of `Place.objects.get(…)`, and of `get_object_or_404(Place, …)`."""
    if tail(call.func) == "get_object_or_404":
        return call.args[0] if call.args else None
    manager = receiver_of(call)
    return manager.value if isinstance(manager, n.Attr) and manager.name in MANAGERS else None


def _belongs(project: Project, model: Model) -> bool:
    """Whether the site leaves people such rows of their own elsewhere."""
    if model.label.lower() in project.once(scoped_labels):
        return True
    return belongs_to_tenant(project, model) and project.once(has_tenants)
