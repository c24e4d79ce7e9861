"""Trust rules that look at views: whose objects, and who may."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.kit.code import tail
from pickguard.lessons.trust.openness import PUBLIC, UNSAFE, proves_itself
from pickguard.site.names import ClassSymbol, FunctionSymbol
from pickguard.site.view import View
from pickguard.source.python.accessors import func_of
from pickguard.source.python.walk import inside


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
        if not UNSAFE & set(view.methods or ()) or PUBLIC.search(f"{view.name} {route.known}"):
            continue
        seen.add(view.symbol)
        if (
            proves_itself(view)
            or not (view.writes or view.model or _changes_rows(project, view))
            or (view.permissions and view.permissions != ("AllowAny",))
            or _is_wrapped(project, view)
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


def _is_wrapped(project: Project, view: View) -> bool:
    """Whether an object of the site stands around what writes: it may well ask who comes."""
    return any(
        isinstance(project.site.names.resolve(function.module, func_of(decorator)), ClassSymbol)
        for method, function in view.handlers
        if method.upper() in UNSAFE
        for decorator in function.node.decorators
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
