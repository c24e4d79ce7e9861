"""Class views and viewsets that hand out any row of a model which belongs to users."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import tail, text
from pickguard.lessons.trust.actions.action_rules import asked_before, lists_of, named_permissions
from pickguard.lessons.trust.asking import held_against_asker
from pickguard.lessons.trust.login_alone import tests_login_alone
from pickguard.lessons.trust.owners.whole_querysets import whole_queryset
from pickguard.lessons.trust.ownership import (
    MADE,
    is_user,
    narrowing_owner,
    owner_field,
    rows_of_class,
)
from pickguard.site.access.guards import PERMISSION_WORDS
from pickguard.site.models.models import Model
from pickguard.site.symbols.classes import Classes
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.urls.routes import Route
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of, items_of
from pickguard.source.python.bodies import body
from pickguard.source.python.queries import MANAGERS
from pickguard.source.python.walk import expressions, inside, statements

# Their queryset is all that they hand out and change
_GENERIC_APIS = (".RetrieveAPIView", ".UpdateAPIView", ".DestroyAPIView", ".ListAPIView", ".ListCreateAPIView",
                 ".RetrieveUpdateAPIView", ".RetrieveDestroyAPIView", ".RetrieveUpdateDestroyAPIView")  # fmt: skip
CHANGING = (".ModelViewSet", ".UpdateModelMixin", ".DestroyModelMixin", ".RetrieveUpdateDestroyAPIView",
             ".RetrieveUpdateAPIView", ".RetrieveDestroyAPIView", ".UpdateAPIView", ".DestroyAPIView")  # fmt: skip
_SINGLE = (
    ".DetailView",
    ".UpdateView",
    ".DeleteView",
    ".BaseDetailView",
    ".BaseUpdateView",
    ".SingleObjectMixin",
)
_MAKING = (".CreateView", ".BaseCreateView")
_LISTS = (".ListView", ".BaseListView")
NARROWING = (
    "get_queryset",
    "get_object",
    "dispatch",
    "test_func",
    "has_permission",
    "queryset",
    "setup",
)
NARROWING_API = ("get_object", "filter_queryset", "permission_required", "dispatch", "initial",
                  "check_permissions", "check_object_permissions")  # fmt: skip
_LOOKING = PERMISSION_WORDS | {
    "user",
    "session",
    "auth",
    "owner",
    "check_object_permissions",
    "get_objects_for_user",
}


def of_class(project: Project, route: Route, view: View, symbol: ClassSymbol) -> Iterator[Hit]:
    """Yield what a class view that asks for a login alone hands out of others."""
    classes = project.site.classes
    if view.kind == "viewset" or (view.kind == "api" and classes.inherits(symbol, *_GENERIC_APIS)):
        if classes.member(symbol, "get_permissions") is None:
            yield from _in_viewset(project, view, symbol)
        return
    method = classes.method(symbol, "get_queryset")
    if method is not None and method.owner == symbol and view.login:
        yield from _of_parent(project, symbol, method)
    owner = owner_field(project, view.model)
    if owner is None or view.model is None:
        return
    is_list = _lists_rows(project, symbol, view.model) and not MADE.search(owner)
    is_single = takes_one(classes, symbol) and re.search(r"<|\(\?P", route.known)
    if not is_list and not is_single:
        return
    idle = {"test_func"} if tests_login_alone(project, symbol) else set()
    if is_single and _takes_from_all(project, view.model, symbol):
        idle.add("get_queryset")
    taken = rows_of_class(project, symbol)
    if taken is not None and taken[0] == view.model:
        idle.add("queryset")
    if any(classes.member(symbol, name) is not None for name in NARROWING if name not in idle):
        return
    if any(_joins_person(one) or _compares_person(one) for one in classes.own_methods(symbol)):
        return
    # whoever made a row may have made it for all to see
    is_sure = not is_list and "." not in owner and not MADE.search(owner)
    is_sure = is_sure and not _shows_person(project, view.model, owner, symbol)
    sure = Confidence.HIGH if is_sure else Confidence.MEDIUM
    yield Hit(
        (Spot(symbol.module.path, symbol.node.span),),
        f"`{symbol.node.name}` shows or changes any `{view.model.name}`, whoever its `{owner}` is",
        Confidence.LOW if _is_profile(project, view.model, symbol) else sure,
        symbol.name,
    )


def of_actions(project: Project, view: View) -> Iterator[Hit]:
    """Yield what a viewset lets every member change whose `get_permissions` asks more of other actions."""
    symbol = view.symbol
    if view.kind != "viewset" or not isinstance(symbol, ClassSymbol):
        return
    method = project.site.classes.method(symbol, "get_permissions")
    if method is None or method.owner != symbol or "action" not in method.node.words:
        return
    lists, held = (
        lists_of(project, symbol, method.module),
        project.site.classes.value(symbol, "permission_classes"),
    )
    inherited = None if held is None else named_permissions(held.value)
    asked = {
        asked_before(body(method.node), one, inherited, lists) for one in ("update", "destroy")
    }
    if asked == {("IsAuthenticated",)}:
        yield from _in_viewset(project, view, symbol)


def takes_one(classes: Classes, symbol: ClassSymbol) -> bool:
    """Whether a page is about one row that is there; a page that makes one is built alike."""
    return classes.inherits(symbol, *_SINGLE) and not classes.inherits(symbol, *_MAKING)


def _is_profile(project: Project, model: Model, symbol: ClassSymbol) -> bool:
    """Whether a page shows an account by the name that it is known by: `slug_field = "handle"`."""
    classes = project.site.classes
    shows = classes.inherits(symbol, ".DetailView")
    return shows and model.is_user and classes.value(symbol, "slug_field") is not None


def _shows_person(project: Project, model: Model, owner: str, symbol: ClassSymbol) -> bool:
    """Whether a page only shows the one row that each account has: members may be meant to see each other."""
    field = model.field(owner)
    is_shown = project.site.classes.inherits(symbol, ".DetailView")
    return is_shown and field is not None and field.kind == "OneToOneField"


def _takes_from_all(project: Project, model: Model, symbol: ClassSymbol) -> bool:
    """Whether the `get_queryset` of a page leaves nobody's rows out, and nothing looks at who asks."""
    method = project.site.classes.method(symbol, "get_queryset")
    if method is None or looks_anywhere(project, symbol):
        return False
    found = whole_queryset(project, method, model)
    return found is not None and found[1] == model


def _joins_person(method: n.Function) -> bool:
    """Whether a method hands the person to the row, which then knows: `self.object.subscribe(request.user)`."""
    return "user" in method.words and any(
        isinstance(node, n.Call)
        and isinstance(node.func, n.Attr)
        and tail(node.func.value) in ("object", "instance")
        and any(tail(value) == "user" for value in node.args)
        for node in expressions(body(method))
    )


def _compares_person(method: n.Function) -> bool:
    """Whether a method holds who asks against the row: `if self.object.owner != request.user`."""
    if "user" not in method.words:
        return False
    rows = {"object", *_taken(method)}
    held = map(held_against_asker, expressions(body(method)))
    return any(one is not None and tail(one.value) in rows for one in held)


def _taken(method: n.Function) -> Iterator[str]:
    """Yield the names of the row that a method takes: `note` of `note = self.get_object()`."""
    for statement in statements(body(method)):
        if isinstance(statement, n.Assign) and tail(func_of(statement.value)) == "get_object":
            yield from (target.id for target in statement.targets if isinstance(target, n.Name))


def _lists_rows(project: Project, symbol: ClassSymbol, model: Model) -> bool:
    """Whether a page lists the rows of a model as the library does it; a list of members is usual."""
    classes = project.site.classes
    own = ("get", "get_context_data", "paginate_queryset")
    return (
        classes.inherits(symbol, *_LISTS)
        and not model.is_user
        and all(classes.method(symbol, name) is None for name in own)
    )


def _in_viewset(project: Project, view: View, symbol: ClassSymbol) -> Iterator[Hit]:
    """Find viewsets over all rows of a model that belongs to users."""
    classes = project.site.classes
    if any(classes.member(symbol, name) is not None for name in NARROWING_API):
        return
    if _filters_by_user(project, symbol) or _only_makes(project, symbol):
        return
    method = classes.method(symbol, "get_queryset")
    if method is not None:
        yield from _in_method(project, view, symbol, method)
        return
    queryset, owner = classes.value(symbol, "queryset"), owner_field(project, view.model)
    if queryset is None or owner is None or view.model is None:
        return
    made = queryset.value
    if tail(func_of(made)) == "none":
        return
    spot = Spot(queryset.module.path, made.span)
    # a list of members is usual; what it shows of them is the serializer's matter
    if not view.model.is_user:
        yield _every_row(symbol, spot, view.model, owner)
    elif _changes_rows(project, symbol):
        yield _every_account(symbol, spot, view.model)


def _changes_rows(project: Project, symbol: ClassSymbol) -> bool:
    """Whether an API changes the rows that it takes, and nothing in it looks at who asks."""
    if not project.site.classes.inherits(symbol, *CHANGING) or looks_anywhere(project, symbol):
        return False
    named = project.site.classes.value(symbol, "http_method_names")
    return named is None or any((text(one) or "") in _CHANGES for one in items_of(named.value))


_CHANGES = frozenset({"put", "patch", "delete"})


def _every_account(symbol: ClassSymbol, spot: Spot, model: Model) -> Hit:
    return Hit(
        (spot,),
        f"`{symbol.node.name}` lets whoever has logged in change every `{model.name}`",
        Confidence.MEDIUM,
        symbol.name,
    )


def _only_makes(project: Project, symbol: ClassSymbol) -> bool:
    """Whether an API makes rows and never takes one: no mixin hands any out, and no method asks for them."""
    classes = project.site.classes
    if not classes.inherits(symbol, ".CreateModelMixin") or classes.inherits(symbol, *_TAKING):
        return False
    return all(_ROWS.isdisjoint(method.words) for method in classes.own_methods(symbol))


_TAKING = (*CHANGING, *_GENERIC_APIS, ".ListModelMixin", ".RetrieveModelMixin")
_ROWS = frozenset({"get_object", "get_queryset", "filter_queryset", "queryset", "objects"})


def _filters_by_user(project: Project, symbol: ClassSymbol) -> bool:
    """Whether a filter backend that the view names looks at who asks, or cannot be read."""
    backends = project.site.classes.value(symbol, "filter_backends")
    if backends is None:
        return False
    items = items_of(backends.value)
    for item in items:
        found = project.site.names.resolve(backends.module, item)
        if isinstance(found, ClassSymbol) and "user" in found.node.words:
            return True
        if isinstance(found, ClassSymbol):
            method = project.site.classes.method(found, "filter_queryset")
            if method is not None and not _LOOKING.isdisjoint(method.node.words):
                return True
        elif tail(item).startswith(("Object", "Is")) or tail(item).endswith("PermissionsFilter"):
            return True
    return False


def _in_method(
    project: Project, view: View, symbol: ClassSymbol, method: FunctionSymbol
) -> Iterator[Hit]:
    """Find what `get_queryset` chooses by the address alone, or shows of others and lets them change."""
    if method.owner != symbol or (not view.permissions and view.login is not True):
        return
    yield from _of_parent(project, symbol, method)
    yield from _of_whole(project, view, symbol, method)
    if project.site.classes.inherits(symbol, *CHANGING):
        yield from _of_shown(project, symbol, method)


def _of_whole(
    project: Project, view: View, symbol: ClassSymbol, method: FunctionSymbol
) -> Iterator[Hit]:
    """Find `return Note.objects.order_by("day")`, in a class that looks nowhere at who asks."""
    if looks_anywhere(project, symbol):
        return
    found = whole_queryset(project, method, view.model)
    if found is None:
        return
    rows, model = found
    owner, spot = owner_field(project, model), Spot(method.module.path, rows.span)
    if owner is not None and not model.is_user:
        yield _every_row(symbol, spot, model, owner)
    elif model.is_user and _changes_rows(project, symbol):
        yield _every_account(symbol, spot, model)


def _every_row(symbol: ClassSymbol, spot: Spot, model: Model, owner: str) -> Hit:
    return Hit(
        (spot,),
        f"`{symbol.node.name}` hands out every `{model.name}`, whoever its `{owner}` is",
        Confidence.MEDIUM,
        symbol.name,
    )


def _of_parent(project: Project, symbol: ClassSymbol, method: FunctionSymbol) -> Iterator[Hit]:
    """Find `Task.objects.filter(project=self.kwargs["project_pk"])`, whose project nobody asks about."""
    if _SENT.isdisjoint(method.node.words) or looks_anywhere(project, symbol):
        return
    for node in expressions(body(method.node)):
        if not isinstance(node, n.Call) or tail(node.func) != "filter" or len(node.keywords) != 1:
            continue
        keyword = node.keywords[0]
        model = project.site.models.of(project.site.names.resolve(method.module, _begin(node)))
        field = (
            model.field((keyword.name or "").partition("__")[0].removesuffix("_id"))
            if model
            else None
        )
        if (
            model is None
            or field is None
            or field.target is None
            or not _is_captured(keyword.value)
        ):
            continue
        parent = project.site.models.named(field.target)
        if parent is None or parent.is_user:
            continue
        owner = owner_field(project, parent, 0) or narrowing_owner(project, parent)
        if owner is not None and not MADE.search(owner):
            yield Hit(
                (Spot(method.module.path, node.span),),
                f"`{symbol.node.name}` hands out every `{model.name}` of the `{field.name}` that the address"
                f" names, whoever its `{owner}` is",
                Confidence.MEDIUM,
                symbol.name,
            )
            return


def looks_anywhere(project: Project, symbol: ClassSymbol, but: n.Function | None = None) -> bool:
    """Whether anything of a class before a row is handed out looks at who asks, one method left out."""
    return any(
        method is not but and not _LOOKING.isdisjoint(method.words) and not _only_fills(method)
        for method in project.site.classes.own_methods(symbol)
    )


def _only_fills(method: n.Function) -> bool:
    """Whether a method knows the user only to write down whose a row is: `serializer.save(owner=user)`."""
    if "user" not in method.words or _LOOKING & set(method.words) - {"user", "owner"}:
        return False
    nodes = list(expressions(body(method)))
    filled = {
        part.span
        for node in nodes
        if isinstance(node, n.Call) and tail(node.func) in _FILLS
        for keyword in node.keywords
        for part in inside(keyword.value)
    }
    return all(
        node.span in filled
        for node in nodes
        if isinstance(node, n.Name | n.Attr) and tail(node) in ("user", "owner")
    )


_FILLS = frozenset({"save", "create"})


def _begin(node: n.Expr) -> n.Expr:
    """Return what a chain begins at: `Task` of `Task.objects.filter(…)`."""
    while isinstance(node, n.Call | n.Attr):
        if isinstance(node, n.Attr) and node.name in MANAGERS:
            return node.value
        node = node.func if isinstance(node, n.Call) else node.value
    return node


def _is_captured(value: n.Expr) -> bool:
    return any(isinstance(part, n.Attr) and part.name in _SENT for part in inside(value))


_SENT = frozenset({"kwargs", "GET", "query_params"})
_WAYS = (
    "update",
    "destroy",
    "perform_update",
    "perform_destroy",
    "partial_update",
    "get_serializer_class",
)
_HOLDS = frozenset({"is_staff", "is_superuser", "has_perm", "action", "method", "SAFE_METHODS"})


def _of_shown(project: Project, symbol: ClassSymbol, method: FunctionSymbol) -> Iterator[Hit]:
    """Find `filter(Q(owner=me) | Q(is_public=True))`: what is shown of others may be changed as well."""
    words = method.node.words
    if "Q" not in words or "user" not in words or not _HOLDS.isdisjoint(words):
        return
    if any(isinstance(project.site.classes.member(symbol, w), FunctionSymbol) for w in _WAYS):
        return
    for statement in statements(body(method.node)):
        value = statement.value if isinstance(statement, n.Return) else None
        for node in inside(value) if value is not None else ():
            if not isinstance(node, n.Binary) or node.op != "|":
                continue
            mine, shown = _sides(node)
            if mine and shown:
                yield Hit(
                    (Spot(method.module.path, node.span),),
                    f"`{symbol.node.name}` shows rows of others by `{shown}`, and lets whoever asks change them",
                    Confidence.MEDIUM,
                    symbol.name,
                )
                return


def _sides(node: n.Binary) -> tuple[str, str]:
    """Return by which fields rows are one's own, and by which constant they are shown to others."""
    mine = shown = ""
    for side in (node.left, node.right):
        if isinstance(side, n.Call) and tail(side.func) == "Q" and len(side.keywords) == 1:
            keyword = side.keywords[0]
            if is_user(keyword.value):
                mine = keyword.name or ""
            elif isinstance(keyword.value, n.Const):
                shown = keyword.name or ""
    return mine, shown
