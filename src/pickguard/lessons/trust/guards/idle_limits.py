"""Limits of REST framework that limit nothing: a scope that no throttle reads, a throttle without a scope.

class LoginThrottle(ScopedRateThrottle):
    scope = "login"                         # it takes the view's `throttle_scope` instead

@api_view(["POST"])
@throttle_classes([LoginThrottle])
def login(request): …
"""

from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.around import decorators
from pickguard.kit.code import tail
from pickguard.site.symbols.modules import Module
from pickguard.site.symbols.names import ClassSymbol, External, FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import items_of, text
from pickguard.source.python.walk import statements

_SCOPED = ".ScopedRateThrottle"
_SCOPE = "throttle_scope"
_GAIN = "the limit looks set, and any number of requests is answered"


def of_idle_limits(project: Project, view: View) -> Iterator[Hit]:
    """Yield what of a view's limits never counts a request."""
    if isinstance(view.symbol, ClassSymbol):
        yield from _unread(project, view.symbol)
        yield from _unscoped_class(project, view.symbol)
    elif isinstance(view.symbol, FunctionSymbol):
        yield from _unscoped_function(project, view.symbol)


def _unread(project: Project, symbol: ClassSymbol) -> Iterator[Hit]:
    """Yield the scopes that only `ScopedRateThrottle` would read, where nothing asks for it."""
    scope = project.site.classes.value(symbol, _SCOPE)
    if scope is None or text(scope.value) is None:
        return
    own = project.site.classes.value(symbol, "throttle_classes")
    if own is not None:
        resolved = [project.site.names.resolve(own.module, node) for node in items_of(own.value)]
        names = [found.name if isinstance(found, External) else "" for found in resolved]
    else:
        framework = project.production.get("REST_FRAMEWORK") if project.production else None
        listed = (
            framework.get("DEFAULT_THROTTLE_CLASSES", []) if isinstance(framework, dict) else [""]
        )
        names = [str(each) for each in listed] if isinstance(listed, list | tuple) else [""]
    plain = [x for x in names if x.startswith("rest_framework.") and "Scoped" not in x]
    if len(plain) == len(names):
        yield Hit(
            (Spot(scope.module.path, scope.value.span),),
            f"`{_SCOPE}` of `{symbol.node.name}` limits nothing: only `ScopedRateThrottle` reads it",
            Confidence.HIGH,
            symbol.name,
            gain=_GAIN,
            mend="name `ScopedRateThrottle` in `throttle_classes`, or in `DEFAULT_THROTTLE_CLASSES`",
        )


def _unscoped_class(project: Project, symbol: ClassSymbol) -> Iterator[Hit]:
    """Yield the throttles that ask the view for its scope, where the view has none."""
    classes = project.site.classes
    named = classes.value(symbol, "throttle_classes")
    if named is None or classes.value(symbol, _SCOPE) is not None:
        return
    if any(_SCOPE in (m.name, *m.words) for m in classes.own_methods(symbol)):
        return
    for node in items_of(named.value):
        if _is_scoped(project, named.module, node):
            yield _unscoped(named.module, node, symbol.name)


def _unscoped_function(project: Project, symbol: FunctionSymbol) -> Iterator[Hit]:
    """Yield them where the view is a function, to which `@api_view` gives no scope."""
    if any(
        isinstance(statement, n.Assign) and _SCOPE in map(tail, statement.targets)
        for statement in statements(symbol.module.record.body)
    ):
        return
    for decorator in decorators(project, symbol):
        if isinstance(decorator, n.Call) and tail(decorator.func) == "throttle_classes":
            for node in (item for given in decorator.args for item in items_of(given)):
                if _is_scoped(project, symbol.module, node):
                    yield _unscoped(symbol.module, node, symbol.name)


def _is_scoped(project: Project, module: Module, node: n.Expr) -> bool:
    """Whether a throttle counts nothing without the view's scope: REST framework's, or made of it."""
    found = project.site.names.resolve(module, node)
    if isinstance(found, External):
        return found.name.endswith(_SCOPED)
    if not isinstance(found, ClassSymbol) or not project.site.classes.inherits(found, _SCOPED):
        return False
    changed = {"allow_request", "scope_attr", "__init__"}
    return not any(
        project.site.names.own_member(one, name) is not None
        for one in project.site.classes.own_line(found)
        for name in changed
    )


def _unscoped(module: Module, node: n.Expr, name: str) -> Hit:
    return Hit(
        (Spot(module.path, node.span),),
        f"`{tail(node)}` limits nothing: it reads the view's `{_SCOPE}`, and the view has none",
        Confidence.HIGH,
        name,
        gain=_GAIN,
        mend=f"build it on `AnonRateThrottle` or `UserRateThrottle`, which read their own `scope`, or set `{_SCOPE}`",
    )
