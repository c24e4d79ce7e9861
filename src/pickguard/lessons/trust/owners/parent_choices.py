"""New rows that are hung on a parent whose number the browser names, whoever that belongs to.

@api.post("/tickets")
def create_ticket(request, data: TicketIn):
    Ticket.objects.create(project_id=data.project_id, reporter=request.user)
"""

from collections.abc import Iterator

from msgspec.structs import replace

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.calls.made_rows import MAKES, MAKING, made_rows
from pickguard.kit.code import tail
from pickguard.kit.templates.pages import PAGES
from pickguard.lessons.trust.asking import asks_who_may
from pickguard.lessons.trust.owners.owner_functions import (
    asks_for_more,
    called_function,
    handed_on,
    is_named,
)
from pickguard.lessons.trust.ownership import owned_parent, rows_of
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import given_to, receiver_of
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, inside

# What is told who asks, and looks at nothing
_TELLS = (
    frozenset(MAKES) | PAGES | {"info", "debug", "warning", "error", "success", "send_mail", "log"}
)
_NOT_SENT = frozenset({"self", "cls", "request", "info", "user"})
_SCOPING = frozenset(
    {"session", "get_queryset", "full_clean", "is_valid", "check_object_permissions"}
)


def of_parent_choices(project: Project, function: FunctionSymbol) -> Iterator[Hit]:
    """Yield the new row whose parent the browser names, where the site takes such parents by who asks."""
    words = set(function.node.words)
    if words & _SCOPING or asks_who_may(words):
        return
    if asks_for_more(function) or any(map(_looks, expressions(body(function.node)))):
        return
    given = frozenset(param.name for param in function.node.params) - _NOT_SENT
    if not words.isdisjoint(MAKING):
        yield from _made(project, function, given)
    for call in expressions(body(function.node)):
        if isinstance(call, n.Call):
            yield from _made_there(project, function, call, given)


def _made_there(
    project: Project, function: FunctionSymbol, call: n.Call, given: frozenset[str]
) -> Iterator[Hit]:
    """Yield the call that hands the number of a parent to a function which makes the row."""
    callee = called_function(project, function, call)
    if callee is None or callee == function or MAKING.isdisjoint(callee.node.words):
        return
    if asks_who_may(set(callee.node.words)) or any(map(_looks, expressions(body(callee.node)))):
        return
    handed = frozenset(handed_on(function, call, callee, given))
    for hit in _made(project, callee, handed) if handed else ():
        there = replace(hit.spots[0], label="the new row")
        yield replace(
            hit, spots=(Spot(function.module.path, call.span), there), symbol=function.name
        )
        return


def _made(project: Project, function: FunctionSymbol, given: frozenset[str]) -> Iterator[Hit]:
    for node in made_rows(project.code_of(function)):
        model = rows_of(project, function, receiver_of(node))
        for keyword in node.keywords if model is not None else ():
            found = _parent(project, model, keyword.name or "")
            if found is None or not is_named(function, keyword.value, given):
                continue
            parent, owner = found
            yield Hit(
                (Spot(function.module.path, keyword.value.span),),
                f"the new row hangs on any `{parent.name}`, whoever its `{owner}` is",
                Confidence.MEDIUM,
                function.name,
            )
            return


def _looks(node: n.Expr) -> bool:
    """Whether an expression compares, or hands on, who asks; to be written down is no look."""
    if isinstance(node, n.Compare):
        return any(tail(part) == "user" for part in inside(node))
    if not isinstance(node, n.Call) or tail(node.func) in _TELLS:
        return False
    given = given_to(node)
    return any(
        tail(part) in ("user", "request") for value in given for part in _not_sent(value)
    ) or (isinstance(node.func, n.Attr) and any(tail(part) == "user" for part in inside(node.func)))


def _not_sent(value: n.Expr) -> Iterator[n.Expr]:
    """Yield the parts of an argument but those of what a request keeps: `request.POST["project"]`."""
    if isinstance(value, n.Name) or tail(value) == "user":
        yield value


def _parent(project: Project, model: Model | None, name: str) -> tuple[Model, str] | None:
    """Return the model that a column `project_id` leads to and whose its rows are, where the site asks so."""
    if model is None or not name.endswith("_id"):
        return None
    return owned_parent(project, model.field(name.removesuffix("_id")))
