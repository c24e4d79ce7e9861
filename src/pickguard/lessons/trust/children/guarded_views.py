"""Generic views of rows of any parent, where a permission asks about the one that the address names.

class InOrg(BasePermission):                           path("orgs/<int:org_pk>/projects/<int:pk>/", …)
    def has_permission(self, request, view):
        return request.user.orgs.filter(             class Projects(ModelViewSet):
            pk=view.kwargs["org_pk"]).exists()           queryset = Project.objects.all()
                                                         permission_classes = [InOrg]
"""

from collections import defaultdict
from collections.abc import Iterator

from msgspec import Struct

from pickguard.kit import Code, Project, Spot
from pickguard.lessons.trust.children.guarded_parents import above, captured_by
from pickguard.lessons.trust.login_alone import permission_classes
from pickguard.lessons.trust.ownership import rows_of_class
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.urls.routes import Route

_ASKS = "has_permission"
# Methods of a class that may leave rows out, or ask about one, by means that are not to be seen
_NARROW = ("get_queryset", "get_object", "filter_queryset", "initial", "dispatch", "setup")

_CHOOSE = ("lookup_field", "lookup_url_kwarg", "filter_backends", "filterset_class")


class Unbound(Struct, frozen=True):
    """A view whose rows hang on another model than a permission has asked about.

    Attributes:
        view: its class.
        place: where it says which rows it takes.
        model: what they are rows of.
        parent: the model that the address names first.
        asked: the part of the address that the permission reads.
    """

    view: ClassSymbol
    place: Spot
    model: Model
    parent: Model
    asked: str


def guarded_views(code: Code) -> Iterator[Unbound]:
    """Yield the views that take rows of any parent, where this permission asks about one of the address."""
    function = code.function
    if function is None or function.node.name != _ASKS or "user" not in function.node.words:
        return
    told: set[ClassSymbol] = set()
    for route, view in code.project.once(_by_permission).get(function, ()):
        unbound = _unbound(code.project, function, route, view) if view not in told else None
        if unbound is not None:
            told.add(view)
            yield unbound


def _by_permission(project: Project) -> dict[FunctionSymbol, list[tuple[Route, ClassSymbol]]]:
    found: dict[FunctionSymbol, list[tuple[Route, ClassSymbol]]] = defaultdict(list)
    for route, view in project.views():
        if not isinstance(view.symbol, ClassSymbol):
            continue
        for asked in permission_classes(project, view.symbol):
            method = project.site.classes.method(asked, _ASKS)
            if method is not None:
                found[method].append((route, view.symbol))
    return found


def _unbound(
    project: Project, guard: FunctionSymbol, route: Route, view: ClassSymbol
) -> Unbound | None:
    rows = rows_of_class(project, view)
    asked = [name for name in captured_by(route) if name in guard.node.words]
    if rows is None or not asked or _looks(project, view, asked):
        return None
    model, held = rows
    place = Spot(held.module.path, held.value.span)
    for name in asked:
        parent = above(project, model, name)
        if parent is not None:
            return Unbound(view, place, model, parent, name)
    return None


def _looks(project: Project, view: ClassSymbol, asked: list[str]) -> bool:
    """Whether a view may look at what the address names, or ask about each row."""
    classes = project.site.classes
    if classes.has_unknown_gate(view) or any(classes.method(view, name) for name in _NARROW):
        return True
    words = {word for method in classes.own_methods(view) for word in method.words}
    if words.intersection(asked) or "kwargs" in words:
        return True
    if any(classes.value(view, name) is not None for name in _CHOOSE):
        return True
    return any(
        classes.method(one, "has_object_permission") for one in permission_classes(project, view)
    )
