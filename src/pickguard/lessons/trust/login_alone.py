"""Whether what a view asks for, under whatever name, comes to a login: `test_func` with `is_authenticated`."""

from collections.abc import Iterator

from pickguard.kit import Project
from pickguard.kit.code import tail
from pickguard.site.access.guards import PERMISSION_WORDS
from pickguard.site.symbols.names import ClassSymbol, External, FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import items_of
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions

_ANSWERS = frozenset({"is_authenticated", "is_anonymous", "is_active"})
_ASKING = ("has_permission", "has_object_permission")
_TESTED = "test_func"
# Permissions of Django REST framework that ask for a login, or for nothing
_PLAIN = ("IsAuthenticated", "BasePermission")


def asks_login_alone(project: Project, view: View) -> bool:
    """Whether a view asks for no more than a login: by its decorators, by its mixins, by its classes."""
    named = set(view.permissions) - {"IsAuthenticated"}
    if not named:
        return True
    symbol = view.symbol
    if not isinstance(symbol, ClassSymbol):
        return False
    plain = {name for name in named if _comes_to_login(project, symbol, name)}
    return plain == named


def leaves_it_to_site(project: Project, view: View) -> bool:
    """Whether an API says nothing of who may call it, and no settings are there that do."""
    symbol = view.symbol
    if view.kind not in ("api", "viewset") or not isinstance(symbol, ClassSymbol):
        return False
    classes = project.site.classes
    if view.guards or view.permissions or project.production is not None:
        return False
    if classes.has_unknown_api(symbol) or classes.has_unknown_gate(symbol):
        return False
    return not any(classes.member(symbol, name) is not None for name in _OF_API)


_OF_API = ("permission_classes", "get_permissions", "check_permissions", "initial", "dispatch")


def tests_login_alone(project: Project, symbol: ClassSymbol) -> bool:
    """Whether the `test_func` of a class asks whether somebody is logged in, and no more."""
    test = project.site.classes.method(symbol, "test_func")
    return test is not None and bool(_ANSWERS & set(test.node.words)) and is_plain(test)


def _comes_to_login(project: Project, symbol: ClassSymbol, name: str) -> bool:
    if name == _TESTED:
        return tests_login_alone(project, symbol)
    return any(
        asked.node.name == name and _is_plain_permission(project, asked)
        for asked in permission_classes(project, symbol)
    )


def permission_classes(project: Project, symbol: ClassSymbol) -> Iterator[ClassSymbol]:
    """Yield the classes of the site among those that an API names in `permission_classes`."""
    held = project.site.classes.value(symbol, "permission_classes")
    for item in items_of(held.value) if held is not None else ():
        found = project.site.names.resolve(held.module, item) if held is not None else None
        if isinstance(found, ClassSymbol):
            yield found


def _is_plain_permission(project: Project, asked: ClassSymbol) -> bool:
    classes = project.site.classes
    for ancestor in classes.line(asked):
        if isinstance(ancestor, External) and not ancestor.name.endswith(_PLAIN):
            return False
    methods = [method for name in _ASKING for method in classes.methods(asked, name)]
    asks = any(_ANSWERS & set(method.node.words) for method in methods)
    return asks and all(map(is_plain, methods))


def is_plain(method: FunctionSymbol) -> bool:
    """Whether a method asks the user for nothing but whether there is one, or asks nothing."""
    if set(method.node.words) & (PERMISSION_WORDS - set(_ASKING)):
        return False
    return not any(map(_asks_more, expressions(body(method.node))))


def _asks_more(node: n.Expr) -> bool:
    """Whether an expression compares, calls, or reads of the user what tells one from another."""
    if isinstance(node, n.Attr) and tail(node.value) == "user":
        return node.name not in _ANSWERS
    if isinstance(node, n.Call):
        return tail(node.func) not in (*_ASKING, "super", "bool")
    return isinstance(node, n.Compare)
