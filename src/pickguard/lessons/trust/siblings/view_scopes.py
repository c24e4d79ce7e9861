"""The one view that reaches all rows of a model, where other views take them from those of whoever asks.

class Scoped:                                       class Export(LoginRequiredMixin, View):
    def get_queryset(self):                             def get(self, request, pk):
        return Ticket.objects.filter(                       ticket = Ticket.objects.get(pk=pk)
            queue__agents=self.request.user)
"""

from collections import defaultdict
from collections.abc import Iterator

from msgspec import Struct

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import tail
from pickguard.lessons.trust.answering import functions_of_views
from pickguard.lessons.trust.asking import asks_who_may
from pickguard.lessons.trust.named_calls import names_of_calls
from pickguard.lessons.trust.openness import PUBLIC, proves_itself
from pickguard.lessons.trust.owners.whole_querysets import whole_queryset
from pickguard.lessons.trust.siblings.row_scopes import all_taken
from pickguard.site.access.guards import LOGIN_PERMISSIONS
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol, methods_of
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import given_to, items_of, root
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, inside, statements

_FEWEST = 3
# Methods of a view that hand out its rows; the second is what the first begins with, in some frameworks
_ROWS = ("get_queryset", "get_base_queryset")
_KNOWS_WHO = frozenset({"user", "session", "get_queryset", "owner", "get_user", "current_user"})
_WHO = frozenset({"user", "session", "owner"})
_CHOOSES = frozenset({"filter", "exclude"})
_APIS = ("rest_framework.generics.GenericAPIView", ".GenericViewSet", ".GenericAPIView")
_SHOWS_ONE = (".DetailView", ".UpdateView", ".DeleteView")


class _Odd(Struct, frozen=True):
    """What reaches all rows: where, and the view that it is in."""

    view: View | None
    symbol: ClassSymbol | FunctionSymbol
    spot: Spot


def of_view_scopes(project: Project) -> Iterator[Hit]:
    """Yield the views that take a row out of all, where three others or more leave those of whoever asks."""
    scoped: dict[str, list[tuple[View, FunctionSymbol]]] = defaultdict(list)
    odd: dict[str, list[_Odd]] = defaultdict(list)
    models: dict[str, Model] = {}
    for view, symbol in _classes(project):
        found = _scoping(project, view, symbol)
        if found is not None:
            models[found[0].label] = found[0]
            scoped[found[0].label].append((view, found[1]))
        elif view.model is not None and _shows_all(project, symbol):
            spot = Spot(symbol.module.path, symbol.node.span)
            odd[view.model.label].append(_Odd(view, symbol, spot))
    if not any(len(found) >= _FEWEST for found in scoped.values()):
        return
    for model, one in _whole_apis(project):
        odd[model.label].append(one)
    for view, function in functions_of_views(project):
        for model, taken in all_taken(project, view, function, {}):
            if taken.field or _looks(view.words | set(function.node.words)):
                continue
            if not _is_handed_request(function, taken.call):
                spot = Spot(function.module.path, taken.call.span)
                odd[model.label].append(_Odd(view, function, spot))
    for label, views in sorted(scoped.items()):
        yield from _hits(models[label], views, odd[label])


def _is_handed_request(function: FunctionSymbol, row: n.Call) -> bool:
    """Whether the row gets the request, and may ask itself: `page.serve_submissions(request)`."""
    block = body(function.node)
    names = set(names_of_calls(statements(block)).get(row.span, ()))
    return any(
        isinstance(node, n.Call)
        and isinstance(node.func, n.Attr)
        and root(node.func) in names
        and "request" in map(tail, given_to(node))
        for node in expressions(block)
    )


def _hits(
    model: Model, scoped: list[tuple[View, FunctionSymbol]], odd: list[_Odd]
) -> Iterator[Hit]:
    rights = {right for view, _method in scoped for right in view.permissions}
    left = [
        one
        for one in odd
        if one.view is None
        or (
            not set(one.view.permissions) - rights
            and not proves_itself(one.view)
            and not PUBLIC.search(one.view.name.rpartition(".")[2])
        )
    ]
    if model.is_user or len(scoped) < _FEWEST or len(left) > max(1, len(scoped) // 3):
        return
    for one in left:
        method = scoped[0][1]
        yield Hit(
            (one.spot, Spot(method.module.path, method.node.span, "leaves those of whoever asks")),
            f"any `{model.name}` is reached here; {len(scoped)} other views reach those of whoever asks",
            Confidence.MEDIUM,
            one.symbol.name,
        )


def _classes(project: Project) -> Iterator[tuple[View, ClassSymbol]]:
    seen: set[ClassSymbol] = set()
    for route, view in project.views():
        symbol = view.symbol
        if route.is_admin or view.login is not True or not isinstance(symbol, ClassSymbol):
            continue
        if symbol not in seen and project.kind_of(symbol.module) is None:
            seen.add(symbol)
            yield view, symbol


def _scoping(
    project: Project, view: View, symbol: ClassSymbol
) -> tuple[Model, FunctionSymbol] | None:
    """Return the model and the method of a class that leaves its rows to whoever asks."""
    for name in _ROWS:
        method = project.site.classes.method(symbol, name)
        if method is None or "user" not in method.node.words:
            continue
        for node in expressions(body(method.node)):
            if isinstance(node, n.Call) and tail(node.func) in _CHOOSES and _is_of_user(node):
                model = view.model or _model(project, method, node)
                return None if model is None else (model, method)
    return None


def _whole_apis(project: Project) -> Iterator[tuple[Model, _Odd]]:
    """Yield the APIs that begin with all rows of a model, and never look at who asks."""
    classes = project.site.classes
    for symbol in classes.all:
        if project.kind_of(symbol.module) is not None or not classes.inherits(symbol, *_APIS):
            continue
        for name in _ROWS:
            method = project.site.names.own_member(symbol, name)
            if not isinstance(method, FunctionSymbol) or PUBLIC.search(symbol.node.name):
                continue
            found = whole_queryset(project, method, None)
            line = [each for one in classes.own_line(symbol) for each in methods_of(one)]
            words = {word for each in line for word in each.node.words}
            looks = bool(words & _WHO) or asks_who_may(words) or _names_rights(project, symbol)
            if found is not None and not looks:
                yield found[1], _Odd(None, symbol, Spot(method.module.path, found[0].span))


def _names_rights(project: Project, symbol: ClassSymbol) -> bool:
    """Whether an API's `permission_classes` ask for more than a login, or others narrow what it hands out."""
    classes = project.site.classes
    held = classes.value(symbol, "permission_classes")
    if held is not None and any(
        tail(item) not in LOGIN_PERMISSIONS for item in items_of(held.value)
    ):
        return True
    heirs = classes.subclasses.get(symbol, [])
    return any(project.site.names.own_member(heir, name) for heir in heirs for name in _ROWS)


def _is_of_user(call: n.Call) -> bool:
    return any(
        isinstance(part, n.Attr) and part.name == "user" and tail(part.value) == "request"
        for keyword in call.keywords
        for part in inside(keyword.value)
    )


def _model(project: Project, method: FunctionSymbol, call: n.Call) -> Model | None:
    for part in inside(call.func):
        if isinstance(part, n.Name):
            return project.site.models.of(project.site.names.resolve(method.module, part))
    return None


def _shows_all(project: Project, symbol: ClassSymbol) -> bool:
    """Whether a generic view takes its one row from all of its model, and nothing of it knows who asks."""
    classes = project.site.classes
    if not classes.inherits(symbol, *_SHOWS_ONE) or classes.has_unknown_gate(symbol):
        return False
    if any(classes.method(symbol, name) is not None for name in ("get_queryset", "get_object")):
        return False
    if classes.value(symbol, "queryset") is not None:
        return False
    functions = [method for one in classes.own_line(symbol) for method in methods_of(one)]
    return not _looks({word for method in functions for word in method.node.words})


def _looks(words: frozenset[str] | set[str]) -> bool:
    return not _KNOWS_WHO.isdisjoint(words) or "get_object" in words or asks_who_may(words)
