"""Actions that delete on a POST, for which Django's rights of models ask for no more than the right to add."""

from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import argument, tail
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of, text, texts
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions

_BY_METHOD = frozenset(
    {"DjangoModelPermissions", "DjangoObjectPermissions", "DjangoModelPermissionsOrAnonReadOnly"}
)
_ASKS = frozenset({"has_perm", "has_perms", "check_permissions", "user_has_permission"})
_DELETES = frozenset({"delete", "adelete", "_raw_delete"})


def of_posted(project: Project) -> Iterator[Hit]:
    """Yield the actions that delete rows on a POST, where the class leaves the question to the method."""
    seen: set[FunctionSymbol] = set()
    for _route, view in project.views():
        symbol = view.symbol
        if not isinstance(symbol, ClassSymbol) or not _leaves_to_method(view):
            continue
        for function in project.site.classes.own_functions(symbol):
            deleting = _deletes(function) if _is_posted(function) else None
            if deleting is None or function in seen or _names_right(project, symbol, function):
                continue
            seen.add(function)
            yield Hit(
                (
                    Spot(function.module.path, function.node.span),
                    Spot(function.module.path, deleting.span, "deletes"),
                ),
                f"`{function.node.name}` deletes on a POST, which asks for no more than the right to add",
                Confidence.MEDIUM,
                function.name,
                gain="whoever may add rows deletes them",
                mend="name the right in `@action(permission_classes=[…])`, or answer DELETE",
            )


def _leaves_to_method(view: View) -> bool:
    """Whether the rights that a view asks for are those that Django gives the method, and no others."""
    named = set(view.permissions) - {"IsAuthenticated"}
    return bool(named) and named <= _BY_METHOD


def _is_posted(function: FunctionSymbol) -> bool:
    """Whether a method is an action that answers POST alone, and names no right of its own."""
    for decorator in function.node.decorators:
        if isinstance(decorator, n.Call) and tail(func_of(decorator)) == "action":
            methods = {method.lower() for method in texts(argument(decorator, 0, "methods"))}
            own = any(keyword.name == "permission_classes" for keyword in decorator.keywords)
            return methods == {"post"} and not own
    return False


def _deletes(function: FunctionSymbol) -> n.Call | None:
    """Return the call that deletes a row, or rows."""
    for node in expressions(body(function.node)):
        if isinstance(node, n.Call) and isinstance(node.func, n.Attr):
            is_row = tail(node.func.value) not in ("self", "cache", "session", "storage", "file")
            if node.func.name in _DELETES and is_row and "super" not in tail(node.func.value):
                return node
    return None


def _names_right(project: Project, symbol: ClassSymbol, function: FunctionSymbol) -> bool:
    """Whether the action asks for a right itself, or `get_permissions` speaks of it."""
    if not _ASKS.isdisjoint(function.node.words):
        return True
    method = project.site.classes.method(symbol, "get_permissions")
    if method is None:
        return False
    return any(text(node) == function.node.name for node in expressions(body(method.node)))
