"""Trust rules about actions that name their own permissions, and leave out the one that looks at the object."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.kit.code import tail
from pickguard.lessons.trust.actions.action_rules import WRITES, asked_before
from pickguard.lessons.trust.actions.object_permission_rules import before_asks, object_checks
from pickguard.lessons.trust.asking import asks_who_may
from pickguard.site.access.guards import LOGIN_PERMISSIONS
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol, methods_of
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument, func_of, is_true
from pickguard.source.python.bodies import body

# Methods of a viewset that change the row which the address names, and what they leave their work to
_OF_ROW = {
    "update": ("update", "perform_update"),
    "partial_update": ("partial_update", "update", "perform_update"),
    "destroy": ("destroy", "perform_destroy"),
}
_KNOWS = frozenset({"user", "session", "owner"})


@rule(
    "trust.object-permission-left-out",
    title="an action leaves out the permission that looks at the object",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(862, 639),
    severity=Severity.HIGH,
    gain="any user with an account sends the one action whose permissions are others, and changes anybody's row",
    mend="name the permission that looks at the object for each action that takes one",
)
def object_permission_left_out(project: Project) -> Iterator[Hit]:
    """Find actions on one row that ask for a login alone, where others of the viewset look at the row."""
    checks = {name for name, m in project.once(object_checks).items() if "user" in m.node.words}
    seen: set[ClassSymbol] = set()
    for _route, view in project.views():
        symbol = view.symbol
        if view.kind != "viewset" or not isinstance(symbol, ClassSymbol) or symbol in seen:
            continue
        seen.add(symbol)
        if checks and not _hands_out_own(project, symbol) and not before_asks(project, view):
            yield from _of_decorators(project, symbol, checks)
            yield from _of_branches(project, symbol, checks)


def _hands_out_own(project: Project, symbol: ClassSymbol) -> bool:
    """Whether a viewset leaves rows out by who asks, or takes the row in a way of its own."""
    methods = (
        m
        for name in ("get_queryset", "get_object", "filter_queryset")
        for m in project.site.classes.methods(symbol, name)
    )
    return any(_looks(method) for method in methods)


def _looks(function: FunctionSymbol) -> bool:
    """Whether a function looks at who asks."""
    words = set(function.node.words)
    return bool(words & _KNOWS) or asks_who_may(words)


def _of_decorators(project: Project, symbol: ClassSymbol, checks: set[str]) -> Iterator[Hit]:
    """Yield `@action(detail=True, permission_classes=[IsAuthenticated])` where the class looks at the row."""
    held = project.site.classes.value(symbol, "permission_classes")
    left_out = sorted(checks & _names(held.value)) if held is not None else []
    for function in _own(symbol) if left_out else ():
        for decorator in function.node.decorators:
            asked = _asked(decorator)
            if asked is None or _names(asked) - LOGIN_PERMISSIONS:
                continue
            if _changes_row(project, symbol, function):
                yield _hit(symbol, function, asked.span, function.node.name, left_out[0])


def _of_branches(project: Project, symbol: ClassSymbol, checks: set[str]) -> Iterator[Hit]:
    """Yield the actions for which `get_permissions` asks for a login alone, where it looks at the row for others."""
    method = project.site.classes.method(symbol, "get_permissions")
    if method is None or "action" not in method.node.words:
        return
    held = project.site.classes.value(symbol, "permission_classes")
    inherited = tuple(sorted(_names(held.value))) if held is not None else None
    block = body(method.node)
    own = {function.node.name: function for function in _own(symbol)}
    asked = {a: asked_before(block, a, inherited) for a in (*_OF_ROW, *own)}
    looked_at = sorted(checks & {name for a in _OF_ROW for name in asked[a] or ()})
    for action, names in asked.items() if looked_at else ():
        if not names or set(names) - LOGIN_PERMISSIONS or not _has(project, symbol, action):
            continue
        if action not in _OF_ROW and not _changes_row(project, symbol, own[action]):
            continue
        yield _hit(symbol, method, method.node.span, action, looked_at[0])


def _has(project: Project, symbol: ClassSymbol, action: str) -> bool:
    """Whether a viewset has an action, and nothing that does its work looks at who asks."""
    names = _OF_ROW.get(action, (action,))
    methods = [m for name in names for m in project.site.classes.methods(symbol, name)]
    if any(map(_looks, methods)):
        return False
    mixin = ".DestroyModelMixin" if action == "destroy" else ".UpdateModelMixin"
    inherits = project.site.classes.inherits
    has_all = action in WRITES and (inherits(symbol, ".ModelViewSet") or inherits(symbol, mixin))
    return has_all or bool(methods)


def _own(symbol: ClassSymbol) -> Iterator[FunctionSymbol]:
    """Yield the methods of a class that are marked as actions on one row."""
    for method in methods_of(symbol):
        if any(map(_is_on_row, method.node.decorators)):
            yield method


def _is_on_row(decorator: n.Expr) -> bool:
    if not isinstance(decorator, n.Call):
        return False
    name = tail(func_of(decorator))
    return name == "detail_route" or (
        name == "action" and is_true(argument(decorator, 1, "detail"))
    )


def _asked(decorator: n.Expr) -> n.Expr | None:
    """Return what a decorator asks for instead of what the class does, or None."""
    if not isinstance(decorator, n.Call) or not _is_on_row(decorator):
        return None
    asked = next((k.value for k in decorator.keywords if k.name == "permission_classes"), None)
    return asked if isinstance(asked, n.Sequence) else None


def _names(value: n.Expr) -> set[str]:
    """Return the classes that a list names, those joined by `&` and `|` among them."""
    if isinstance(value, n.Sequence):
        return set().union(*map(_names, value.items))
    if isinstance(value, n.Binary):
        return _names(value.left) | _names(value.right)
    return {tail(func_of(value))}


def _changes_row(project: Project, symbol: ClassSymbol, function: FunctionSymbol) -> bool:
    """Whether an action takes the row of the address and changes rows, and looks at nobody."""
    if "get_object" not in function.node.words or _looks(function):
        return False
    if "check_object_permissions" in function.node.words:
        return False
    effects = project.effects.of(function, owner=symbol)
    return any(effect.changes_rows for effect in effects)


def _hit(
    symbol: ClassSymbol, function: FunctionSymbol, span: int, action: str, left_out: str
) -> Hit:
    return Hit(
        (Spot(function.module.path, span),),
        f"`{action}` of `{symbol.node.name}` asks for a login at most; `{left_out}` never looks at its row",
        Confidence.MEDIUM,
        function.name,
    )
