"""Trust rules that look at views: whose objects, and who may."""

from collections.abc import Iterator
from functools import partial

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.kit.around import decorators
from pickguard.kit.code import tail
from pickguard.lessons.trust.actions.action_rules import WRITES
from pickguard.lessons.trust.asking import turns_away
from pickguard.lessons.trust.openness import PUBLIC, UNSAFE, proves_itself
from pickguard.lessons.trust.unguarded.open_resources import open_resources
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.urls.routes import Route
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import heads, inside, statements, within


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
    """Find DRF views with unsafe methods on models that nothing guards, and resources of tastypie."""
    yield from open_resources(project)
    seen: set[object] = set()
    for route, view in project.views():
        action = _open_action(route, view)
        subject = action or view.symbol
        if view.kind not in ("api", "viewset") or view.login is not False or subject in seen:
            continue
        if not UNSAFE & set(view.methods or ()) or PUBLIC.search(f"{view.name} {route.known}"):
            continue
        seen.add(subject)
        is_of_rows = action is None and (view.writes or view.model)
        if (
            proves_itself(view)
            or not (is_of_rows or _changes_rows(project, view, is_said=action is not None))
            or (view.permissions and view.permissions != ("AllowAny",))
            or _is_wrapped(project, view)
            or _is_refused(project, view)
            or _knows_strangers(view)
            or _only_reads(project, route, view)
        ):
            continue
        symbol = action or view.symbol
        if isinstance(symbol, ClassSymbol | FunctionSymbol):
            yield Hit(
                (_api_spot(project, symbol),),
                f"`{symbol.node.name}` answers {', '.join(sorted(UNSAFE & set(view.methods or ())))} without a login",
                Confidence.HIGH if "AllowAny" in view.permissions else Confidence.MEDIUM,
                symbol.name,
            )


def _only_reads(project: Project, route: Route, view: View) -> bool:
    """Whether a route leads what may change something to actions of the site's own, `{"post": "find"}`, that read."""
    actions = {action for method, action in route.target.methods if method.upper() in UNSAFE}
    handlers = [f for method, f in view.handlers if method.upper() in UNSAFE]
    if not actions or not actions.isdisjoint(WRITES.keys()) or len(handlers) < len(actions):
        return False
    owner = view.symbol if isinstance(view.symbol, ClassSymbol) else None
    return all(_SAVING.isdisjoint(f.node.words) for f in handlers) and not any(
        effect.changes_rows for f in handlers for effect in project.effects.of(f, owner=owner)
    )


_SAVING = frozenset(
    {"save", "create", "update", "delete", "perform_create", "perform_update", "perform_destroy"}
    | {"bulk_create", "get_or_create", "update_or_create", "destroy", "partial_update"}
)


def _open_action(route: Route, view: View) -> FunctionSymbol | None:
    """Return the `@action` that a route leads to, where it says itself who may send it."""
    if route.option("permission_classes") is None:
        return None
    own = (
        f for _method, f in view.handlers for d in f.node.decorators if tail(func_of(d)) == "action"
    )
    return next(own, None)


def _is_wrapped(project: Project, view: View) -> bool:
    """Whether an object of the site stands around what writes: it may well ask who comes."""
    return any(
        isinstance(project.site.names.resolve(function.module, func_of(decorator)), ClassSymbol)
        for method, function in view.handlers
        if method.upper() in UNSAFE
        for decorator in decorators(project, function)
    )


def _changing(view: View) -> list[FunctionSymbol]:
    """Return the functions of a view that answer what may change something."""
    return [f for method, f in view.handlers if method.upper() in UNSAFE or method == "any"]


def _knows_strangers(view: View) -> bool:
    """Whether all that changes something refuses strangers by itself, or lets them in: a sign-up logs in."""
    handlers = _changing(view)
    return bool(handlers) and not any(_KNOWING.isdisjoint(f.node.words) for f in handlers)


_KNOWING = frozenset({"HTTP_401_UNAUTHORIZED", "NotAuthenticated", "login"})


def _is_refused(project: Project, view: View) -> bool:
    """Whether all that changes something hands the request to a function of the site that may say no."""
    handlers = _changing(view)
    return bool(handlers) and all(map(partial(_asks_with_request, project), handlers))


def _asks_with_request(project: Project, function: FunctionSymbol) -> bool:
    """Whether a view refuses strangers, or calls what refuses some requests, outside of all conditions."""
    for statement in body(function.node):
        if (
            isinstance(statement, n.If)
            and _is_about_strangers(statement)
            and turns_away([statement])
        ):
            return True
        for node in within(heads(statement)):
            if isinstance(node, n.Call) and any(tail(one) == "request" for one in node.args):
                found = project.site.names.resolve(function.module, node.func)
                if isinstance(found, FunctionSymbol) and _refuses(found):
                    return True
    return False


def _is_about_strangers(statement: n.If) -> bool:
    """Whether it asks who is logged in: `if request.user.is_anonymous: …`."""
    return any(tail(part) in _OF_USERS for part in inside(statement.test))


_OF_USERS = frozenset({"is_anonymous", "is_authenticated", "is_staff", "is_superuser"})


def _refuses(function: FunctionSymbol) -> bool:
    """Whether a function raises what Django and REST framework answer with 401 or 403; what it returns is unseen."""
    return any(
        isinstance(statement, n.Raise)
        and any(tail(part) in _REFUSED for part in within(heads(statement)))
        for statement in statements(body(function.node))
    )


_REFUSED = frozenset({"PermissionDenied", "NotAuthenticated", "AuthenticationFailed"})


def _changes_rows(project: Project, view: View, *, is_said: bool) -> bool:
    """Whether the code of a view that says itself that it is open writes or deletes rows.

    Args:
        project: the whole project.
        view: the view.
        is_said: whether its route already says that it is open.
    """
    symbol = view.symbol
    owner = symbol if isinstance(symbol, ClassSymbol) else None
    if owner is not None:
        said = project.site.classes.value(owner, "permission_classes")
        is_said = is_said or said is not None
    else:
        marks = decorators(project, symbol) if isinstance(symbol, FunctionSymbol) else ()
        is_said = any("permission_classes" in {tail(p) for p in inside(mark)} for mark in marks)
    return is_said and any(
        effect.changes_rows
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
