"""Trust rules that look at views: whose objects, and who may."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.kit.code import tail
from pickguard.lessons.trust.openness import PUBLIC, UNSAFE, proves_itself
from pickguard.site.guards import PERMISSION_WORDS
from pickguard.site.models import Model
from pickguard.site.names import ClassSymbol, FunctionSymbol
from pickguard.site.routes import Route
from pickguard.site.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.lower import body
from pickguard.source.python.walk import expressions, inside, statements

# Their queryset is all that they hand out and change
_GENERIC_APIS = (".RetrieveAPIView", ".UpdateAPIView", ".DestroyAPIView", ".ListAPIView", ".ListCreateAPIView",
                 ".RetrieveUpdateAPIView", ".RetrieveDestroyAPIView", ".RetrieveUpdateDestroyAPIView")  # fmt: skip
_SINGLE = (".DetailView", ".UpdateView", ".DeleteView", ".BaseDetailView", ".BaseUpdateView")
_LISTS = (".ListView", ".BaseListView")
_SCOPES = frozenset({"user", "owner", "for_user", "team", "tenant", "organization", "organisation",
                     "account", "request_user", "current_user", "members", "created_by", "author"})  # fmt: skip


def _owner_field(project: Project, model: Model | None, hops: int = 1) -> str | None:
    """Return the field of a model that leads to the user, through at most one other model, or None."""
    if model is not None and model.is_user:
        return "account"
    for field in model.fields if model else ():
        if field.kind not in ("ForeignKey", "OneToOneField") or field.target is None:
            continue
        if field.target.lower() in project.user_models:
            if _OWNS.match(field.name):
                return field.name
        elif hops and (parent := project.site.models.named(field.target)) is not None:
            owner = None if parent.is_user else _owner_field(project, parent, hops - 1)
            if owner is not None and not _MADE.search(owner):
                return f"{field.name}.{owner}"
    return None


_OWNS = re.compile(
    r"^(user|owner|author|account|customer|member|creator|created_by|profile"
    # one of two people that a row is between
    r"|(from|to)_(user|member|account)|sender|recipient|receiver|inviter|invitee|follower|requester|requested_by"
    r"|buyer|client|patient|student|applicant|candidate|subscriber|holder)$"
)

# who made a row need not be whose the rows are that hang on it
_MADE = re.compile(r"(^|\.)(author|creat(or|ed_by))$")


@rule(
    "trust.object-without-owner",
    title="any logged-in user reaches any user's object",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(639, 862),
    severity=Severity.HIGH,
    gain="a user changes the number in the address and reads or changes somebody else's data",
    mend="choose it among the user's own: `get_object_or_404(Note, pk=pk, owner=request.user)`",
)
def object_without_owner(project: Project) -> Iterator[Hit]:
    """Find objects of a user chosen by an id alone, in views that ask for no more than a login."""
    seen: set[object] = set()
    for route, view in project.views():
        only_login = not view.permissions or view.permissions == ("IsAuthenticated",)
        if view.login is not True or not only_login or view.kind in ("library", "unknown"):
            continue
        if isinstance(view.symbol, ClassSymbol) and view.symbol not in seen:
            seen.add(view.symbol)
            yield from _in_class(project, route, view, view.symbol)
        for _method, function in view.handlers:
            if function not in seen:
                seen.add(function)
                yield from _in_function(project, function)


def _in_class(project: Project, route: Route, view: View, symbol: ClassSymbol) -> Iterator[Hit]:
    classes = project.site.classes
    owner = _owner_field(project, view.model)
    if owner is None or view.model is None:
        return
    if view.kind == "viewset" or (view.kind == "api" and classes.inherits(symbol, *_GENERIC_APIS)):
        yield from _in_viewset(project, view.model, symbol, owner)
        return
    is_list = _lists_rows(project, symbol, view.model) and not _MADE.search(owner)
    is_single = classes.inherits(symbol, *_SINGLE) and re.search(r"<|\(\?P", route.route or "")
    if not is_list and not is_single:
        return
    for name in (
        "get_queryset",
        "get_object",
        "dispatch",
        "test_func",
        "has_permission",
        "queryset",
        "setup",
    ):
        if classes.member(symbol, name) is not None:
            return
    yield Hit(
        (Spot(symbol.module.path, symbol.node.span),),
        f"`{symbol.node.name}` shows or changes any `{view.model.name}`, whoever its `{owner}` is",
        Confidence.MEDIUM if is_list or "." in owner else Confidence.HIGH,
        symbol.name,
    )


def _lists_rows(project: Project, symbol: ClassSymbol, model: Model) -> bool:
    """Whether a page lists the rows of a model as the library does it; a list of members is usual."""
    classes = project.site.classes
    own = ("get", "get_context_data", "paginate_queryset")
    return (
        classes.inherits(symbol, *_LISTS)
        and not model.is_user
        and all(classes.method(symbol, name) is None for name in own)
    )


def _in_viewset(project: Project, model: Model, symbol: ClassSymbol, owner: str) -> Iterator[Hit]:
    """Find viewsets over all rows of a model that belongs to users."""
    classes = project.site.classes
    queryset = classes.value(symbol, "queryset")
    if model.is_user:
        return  # a list of members is usual; what it shows of them is the serializer's matter
    narrowed = (
        "get_queryset",
        "get_object",
        "filter_queryset",
        "get_permissions",
        "permission_required",
        "dispatch",
        "initial",
    )
    if queryset is None or any(classes.member(symbol, name) is not None for name in narrowed):
        return
    if (
        tail(queryset.value.func if isinstance(queryset.value, n.Call) else queryset.value)
        == "none"
    ):
        return
    yield Hit(
        (Spot(queryset.module.path, queryset.value.span),),
        f"`{symbol.node.name}` hands out every `{model.name}`, whoever its `{owner}` is",
        Confidence.MEDIUM,
        symbol.name,
    )


def _in_function(project: Project, function: FunctionSymbol) -> Iterator[Hit]:
    words = set(function.node.words)
    if words & PERMISSION_WORDS or _checks_owner(function):
        return
    for node in _choosing(function):
        model = _model_of(project, function, node)
        owner = _owner_field(project, model)
        if owner is None or model is None:
            continue
        is_handed_on = _is_handed_on(function, node)
        if is_handed_on and "." in owner:
            continue
        yield Hit(
            (Spot(function.module.path, node.span),),
            f"any `{model.name}` is taken by its id, whoever its `{owner}` is",
            Confidence.LOW if is_handed_on else Confidence.MEDIUM,
            function.name,
        )
        return


def _is_handed_on(function: FunctionSymbol, chosen: n.Call) -> bool:
    """Whether the object goes, with the request, to another method that may check it."""
    names = {
        tail(target)
        for statement in statements(body(function.node))
        if isinstance(statement, n.Assign) and statement.value == chosen
        for target in statement.targets
    }
    return any(
        isinstance(node, n.Call)
        and isinstance(node.func, n.Attr)
        and tail(node.func.value) == "self"
        and {"request"} <= (given := {tail(argument) for argument in node.args})
        and given & names
        for node in expressions(body(function.node))
    )


def _checks_owner(function: FunctionSymbol) -> bool:
    """Whether the code compares or filters with the user anywhere."""
    for node in expressions(body(function.node)):
        if isinstance(node, n.Compare) and any(tail(p) in _SCOPES for p in inside(node)):
            return True
        if isinstance(node, n.Call):
            names = {k.name.partition("__")[0] for k in node.keywords if k.name}
            if names & _SCOPES or tail(node.func) in (
                "for_user",
                "visible_to",
                "check_object_permissions",
            ):
                return True
            if any(tail(a) == "user" for a in node.args) and tail(node.func) not in (
                "print",
                "info",
            ):
                return True
    return False


# `Note.objects.filter(pk=pk).first()` takes one row as `get` does
_OF_FILTERED = frozenset({"first", "last", "delete", "update"})
_IDS = frozenset({"pk", "id", "uuid", "slug"})


def _choosing(function: FunctionSymbol) -> Iterator[n.Call]:
    """Yield the calls that take one row by its id."""
    calls = [node for node in expressions(body(function.node)) if isinstance(node, n.Call)]
    filtered = {
        call.func.value.span
        for call in calls
        if isinstance(call.func, n.Attr) and call.func.name in _OF_FILTERED
    }
    for call in calls:
        name = tail(call.func)
        is_taken = name in ("get_object_or_404", "get", "get_or_404", "aget_object_or_404")
        if not is_taken and not (name == "filter" and call.span in filtered):
            continue
        keys = {keyword.name for keyword in call.keywords}
        if keys and keys <= _IDS:
            yield call


def _model_of(project: Project, function: FunctionSymbol, call: n.Call) -> Model | None:
    names = project.site.names
    if tail(call.func) in ("get_object_or_404", "aget_object_or_404"):
        return (
            project.site.models.of(names.resolve(function.module, call.args[0]))
            if call.args
            else None
        )
    manager = call.func.value if isinstance(call.func, n.Attr) else None
    if isinstance(manager, n.Attr) and manager.name == "objects":
        return project.site.models.of(names.resolve(function.module, manager.value))
    return None


_CHANGES = frozenset({"deletes rows", "deletes a row", "writes rows", "saves a row"})


@rule(
    "trust.open-api",
    title="an API that writes lets everybody in",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(862, 306),
    severity=Severity.HIGH,
    gain="a stranger without an account creates, changes and deletes rows",
    mend="set `permission_classes`, or `DEFAULT_PERMISSION_CLASSES` for the whole site",
)
def open_api(project: Project) -> Iterator[Hit]:
    """Find DRF views with unsafe methods on models that nothing guards."""
    seen: set[object] = set()
    for route, view in project.views():
        if view.kind not in ("api", "viewset") or view.login is not False or view.symbol in seen:
            continue
        if not UNSAFE & set(view.methods or ()) or PUBLIC.search(f"{view.name} {route.route}"):
            continue
        seen.add(view.symbol)
        if (
            proves_itself(view)
            or not (view.writes or view.model or _changes_rows(project, view))
            or (view.permissions and view.permissions != ("AllowAny",))
        ):
            continue
        symbol = view.symbol
        if isinstance(symbol, ClassSymbol | FunctionSymbol):
            yield Hit(
                (_api_spot(project, symbol),),
                f"`{symbol.node.name}` answers {', '.join(sorted(UNSAFE & set(view.methods or ())))} without a login",
                Confidence.HIGH if "AllowAny" in view.permissions else Confidence.MEDIUM,
                symbol.name,
            )


def _changes_rows(project: Project, view: View) -> bool:
    """Whether the code of a view that says itself that it is open writes or deletes rows."""
    symbol = view.symbol
    owner = symbol if isinstance(symbol, ClassSymbol) else None
    if owner is not None:
        is_said = project.site.classes.value(owner, "permission_classes") is not None
    else:
        decorators = symbol.node.decorators if isinstance(symbol, FunctionSymbol) else ()
        is_said = any("permission_classes" in {tail(p) for p in inside(d)} for d in decorators)
    return is_said and any(
        effect.what in _CHANGES
        for method, function in view.handlers
        if method.upper() in UNSAFE or method == "any"
        for effect in project.effects.of(function, owner=owner)
    )


def _api_spot(project: Project, symbol: ClassSymbol | FunctionSymbol) -> Spot:
    if isinstance(symbol, ClassSymbol):
        value = project.site.classes.value(symbol, "permission_classes")
        if value is not None:
            return Spot(value.module.path, value.value.span)
    return Spot(symbol.module.path, symbol.node.span)
