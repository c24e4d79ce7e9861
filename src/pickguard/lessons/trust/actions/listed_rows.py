"""Lists of an API whose permission looks at the object: nothing asks it about the rows of a list.

class IsOwner(BasePermission):                        class Papers(ModelViewSet):
    def has_object_permission(self, request, view, obj):    queryset = Paper.objects.all()
        return obj.owner == request.user                    permission_classes = [IsOwner]

`GET /papers/7/` refuses what `GET /papers/` shows: https://www.django-rest-framework.org/api-guide/permissions/
"""

from collections.abc import Iterator

from msgspec import Struct

from pickguard.kit import Project, Spot
from pickguard.lessons.trust.login_alone import permission_classes
from pickguard.lessons.trust.ownership import rows_of_class
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.views.view import View

_LISTS = (
    ".ModelViewSet",
    ".ReadOnlyModelViewSet",
    ".ListModelMixin",
    ".ListAPIView",
    ".ListCreateAPIView",
)
# Methods and names of a class that may leave rows out, or answer lists in another way
_NARROW = ("get_queryset", "filter_queryset", "list", "get_permissions", "check_permissions", "initial", "dispatch",
           "permission_denied", "filter_backends", "http_method_names")  # fmt: skip
# What a permission may let through, whoever owns the row; or by which it knows a list
_LETS_THROUGH = frozenset({"SAFE_METHODS", "method", "action", "is_public", "public"})
_KNOWS_LIST = frozenset({"action", "detail", "kwargs", "is_staff", "is_superuser", "method"})


class Listed(Struct, frozen=True):
    """A list of everybody's rows: where it takes them, what they are, and what is asked about each one alone."""

    view: ClassSymbol
    place: Spot
    model: Model
    check: FunctionSymbol


def listed_rows(project: Project) -> Iterator[Listed]:
    """Yield the lists that hand out the rows which a permission would refuse one by one."""
    seen: set[ClassSymbol] = set()
    for _route, view in project.views():
        symbol = view.symbol
        if view.kind not in ("api", "viewset") or not isinstance(symbol, ClassSymbol):
            continue
        if symbol not in seen and _lists_all(project, view, symbol):
            seen.add(symbol)
            rows, check = rows_of_class(project, symbol), _check(project, symbol)
            if rows is not None and check is not None:
                model, held = rows
                yield Listed(symbol, Spot(held.module.path, held.value.span), model, check)


def _lists_all(project: Project, view: View, symbol: ClassSymbol) -> bool:
    classes = project.site.classes
    if not classes.inherits(symbol, *_LISTS) or classes.has_unknown_gate(symbol):
        return False
    return all(classes.member(symbol, name) is None for name in _NARROW) and "GET" in (
        view.methods or ("GET",)
    )


def _check(project: Project, symbol: ClassSymbol) -> FunctionSymbol | None:
    """Return what asks about each row, whatever is done with it, where nothing asks about the list."""
    classes = project.site.classes
    checks: list[FunctionSymbol] = []
    for asked in permission_classes(project, symbol):
        gates = classes.methods(asked, "has_permission")
        if not all(_KNOWS_LIST.isdisjoint(gate.node.words) for gate in gates):
            return None
        checks += classes.methods(asked, "has_object_permission")
    asks_always = all(_LETS_THROUGH.isdisjoint(check.node.words) for check in checks)
    return checks[0] if checks and asks_always else None
