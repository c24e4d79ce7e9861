"""Functions that hand out all that hangs on a parent of the address, whoever that belongs to.

@api.get("/projects/{project_id}/tickets")
def tickets(request, project_id: int):
    return Ticket.objects.filter(project_id=project_id)
"""

from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import tail
from pickguard.lessons.trust.owners.owner_functions import asks_for_more, checks_owner
from pickguard.lessons.trust.ownership import TO_ONE, owned_parent, rows_of
from pickguard.lessons.trust.row_keys import choosing
from pickguard.site.access.guards import PERMISSION_WORDS
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, inside

_ENDINGS = ("_id", "__id", "__pk")
_SENT = frozenset({"kwargs", "GET", "query_params"})
# Anything that may tell one person from another
_KNOWS_WHO = frozenset({"user", "session", "auth", "owner"})


def of_parent_lists(project: Project, function: FunctionSymbol) -> Iterator[Hit]:
    """Yield the first list of children whose parent the address names, where nothing asks about that parent.

    Elsewhere the site takes such parents out of those of whoever asks.
    """
    words = set(function.node.words)
    if "filter" not in words or words & (PERMISSION_WORDS | _KNOWS_WHO):
        return
    if asks_for_more(function) or checks_owner(function):
        return
    named = frozenset(project.url_origins(function))
    for node in expressions(body(function.node)):
        found = _children(project, function, node, named) if isinstance(node, n.Call) else None
        if found is not None:
            model, relation, owner = found
            yield Hit(
                (Spot(function.module.path, node.span),),
                f"every `{model.name}` of the `{relation}` that the address names is taken, whoever its"
                f" `{owner}` is",
                Confidence.MEDIUM,
                function.name,
            )
            return


def _children(
    project: Project, function: FunctionSymbol, call: n.Call, named: frozenset[str]
) -> tuple[Model, str, str] | None:
    """Return the model of `Ticket.objects.filter(project=…)`, the relation, and whose its parent is."""
    chosen = choosing(call)
    if tail(call.func) != "filter" or len(chosen) != 1 or not _is_named(chosen[0].value, named):
        return None
    model = rows_of(project, function, receiver_of(call))
    relation = _bare(chosen[0].name or "")
    field = model.field(relation) if model is not None else None
    if model is None or field is None or not field.kind.endswith(TO_ONE):
        return None
    found = owned_parent(project, field)
    return (model, relation, found[1]) if found is not None else None


def _bare(name: str) -> str:
    ending = next((one for one in _ENDINGS if name.endswith(one)), "")
    return name.removesuffix(ending)


def _is_named(value: n.Expr, named: frozenset[str]) -> bool:
    """Whether the address names a value, as it is."""
    if isinstance(value, n.Name):
        return value.id in named
    return any(isinstance(part, n.Attr) and part.name in _SENT for part in inside(value))
