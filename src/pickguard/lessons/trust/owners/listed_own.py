"""APIs whose `get_queryset` leaves out what is not one's own for the list alone.

if self.action == "list":
    return Note.objects.filter(owner=self.request.user)
return super().get_queryset()
"""

from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import tail
from pickguard.lessons.trust.actions.action_rules import lists_of, returned_for
from pickguard.lessons.trust.owners.owner_classes import CHANGING, NARROWING_API, looks_anywhere
from pickguard.lessons.trust.ownership import WHOLE, is_user, owner_field
from pickguard.lessons.trust.whole_rows import FOR_ALL
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.bodies import body
from pickguard.source.python.queries import MANAGERS
from pickguard.source.python.walk import inside

_CHANGES = ("update", "destroy")
_DEEPEST = 4


def of_listed_own(project: Project, view: View, symbol: ClassSymbol) -> Iterator[Hit]:
    """Yield what an API that asks for a login alone lists for its owner, and lets everybody change."""
    classes = project.site.classes
    method = classes.method(symbol, "get_queryset")
    owner = owner_field(project, view.model)
    if method is None or view.model is None or owner is None or view.model.is_user:
        return
    if method.owner != symbol or "user" not in method.node.words:
        return
    if not classes.inherits(symbol, *CHANGING) or _is_asked_elsewhere(project, symbol, method):
        return
    lists, block = lists_of(project, symbol, method.module), body(method.node)
    listed, held = returned_for(block, "list", lists)
    if not any(_knows_asker(one) for one in (listed, *held.values())):
        return
    changed = [returned_for(block, action, lists) for action in _CHANGES]
    if all(_is_whole(project, method, view.model, *one) for one in changed):
        yield Hit(
            (Spot(method.module.path, method.node.span),),
            f"`{symbol.node.name}` lists only one's own `{view.model.name}`,"
            " and lets whoever asks change every other",
            Confidence.MEDIUM,
            symbol.name,
        )


def _is_asked_elsewhere(project: Project, symbol: ClassSymbol, method: FunctionSymbol) -> bool:
    """Whether another part of a class may know whose the rows are, or take part in choosing them."""
    classes = project.site.classes
    others = [one for one in classes.own_methods(symbol) if one is not method.node]
    return (
        any(
            classes.member(symbol, name) is not None for name in (*NARROWING_API, "get_permissions")
        )
        or any(one.name == "get_queryset" for one in others)
        or looks_anywhere(project, symbol, but=method.node)
    )


def _knows_asker(value: n.Expr | None) -> bool:
    return value is not None and any(is_user(part) for part in inside(value))


def _is_whole(
    project: Project,
    method: FunctionSymbol,
    model: Model,
    value: n.Expr | None,
    held: dict[str, n.Expr],
) -> bool:
    """Whether a value is everybody's rows of a model, through the names that it goes by."""
    for _step in range(_DEEPEST):
        if value is None or _knows_asker(value):
            return False
        start = _before_links(value)
        if not isinstance(start, n.Name) or start.id not in held:
            return start is not None and _is_begun(project, method, model, start)
        value = held[start.id]
    return False


def _before_links(value: n.Expr) -> n.Expr | None:
    """Return what a chain begins at that leaves nobody's rows out: `super().get_queryset()`; None for another."""
    while isinstance(value, n.Call) and isinstance(value.func, n.Attr):
        name = value.func.name
        if name == "get_queryset":
            return value
        if name not in WHOLE and not (name in ("filter", "exclude") and _by_constants(value)):
            return None
        value = value.func.value
    return value


def _by_constants(call: n.Call) -> bool:
    """Whether rows are chosen by how they stand, and not by that they are meant for all: `filter(done=False)`."""
    return not call.args and all(
        isinstance(keyword.value, n.Const) and not FOR_ALL.search(keyword.name or "public")
        for keyword in call.keywords
    )


def _is_begun(project: Project, method: FunctionSymbol, model: Model, start: n.Expr) -> bool:
    if isinstance(start, n.Call):
        receiver = start.func.value if isinstance(start.func, n.Attr) else None
        return isinstance(receiver, n.Call) and tail(receiver.func) == "super"
    if not isinstance(start, n.Attr):
        return False
    if start.name == "queryset":
        return tail(start.value) == "self"
    if start.name not in MANAGERS:
        return False
    return project.site.models.of(project.site.names.resolve(method.module, start.value)) == model
