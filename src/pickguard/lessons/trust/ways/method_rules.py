"""Trust rules that compare the methods of one view: what one asks, another must ask as well."""

import re
from collections.abc import Callable, Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.kit.code import tail
from pickguard.lessons.trust.asking import REFUSALS, asks_who_may
from pickguard.lessons.trust.openness import UNSAFE, proves_itself
from pickguard.lessons.trust.ways.decorated import ASKING, ASKING_LOGIN, standing_on, words_of
from pickguard.lessons.trust.ways.method_functions import of_functions
from pickguard.lessons.trust.ways.patch_actions import of_patches
from pickguard.lessons.trust.ways.permission_methods import of_permission_classes
from pickguard.lessons.trust.ways.power_methods import of_powers
from pickguard.lessons.trust.ways.shown_alone import asked_while_shown
from pickguard.site.access.guards import LOGIN_PERMISSIONS, PERMISSION_WORDS
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions

_RIGHTS = PERMISSION_WORDS - REFUSALS
_SCOPED = re.compile(r"^(user|owner|for_user|request_user|created_by|author|restrict|visible_to)$")
# Methods that run before all others, or that all others take the row from
_SHARED = ("dispatch", "setup", "initial", "test_func", "check_permissions", "get_permissions", "has_permission",
           "http_method_not_allowed", "get_object", "get_queryset")  # fmt: skip
# What DRF's own method calls, for each method that a viewset inherits
_CALLED = {
    "create": (
        "perform_create",
        "get_serializer",
        "get_serializer_class",
        "get_serializer_context",
    ),
    "update": ("perform_update", "get_serializer", "get_serializer_class", "partial_update"),
    "partial_update": ("update", "perform_update", "get_serializer", "get_serializer_class"),
    "destroy": ("perform_destroy",),
}


@rule(
    "trust.asked-on-some-methods",
    title="a view asks who may on one method, and not on another",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(862, 285),
    severity=Severity.HIGH,
    gain="who is refused by one method sends another one, and changes the rows all the same",
    mend="ask in what runs before all of them: `permission_classes`, `get_queryset`, `dispatch`",
)
def asked_on_some_methods(project: Project) -> Iterator[Hit]:
    """Find views whose methods ask for a right here and change rows unasked there."""
    yield from of_functions(project)
    yield from of_patches(project)
    yield from of_permission_classes(project)
    yield from of_powers(project)
    seen: set[ClassSymbol] = set()
    for _route, view in project.views():
        symbol = view.symbol
        if not isinstance(symbol, ClassSymbol) or symbol in seen or view.kind == "library":
            continue
        seen.add(symbol)
        if set(view.permissions) - LOGIN_PERMISSIONS or proves_itself(view):
            continue
        if view.login is False:
            # strangers come in: only a decorator on one of the methods says that they are not meant to
            if view.kind == "class":
                yield from _of_class(project, view, symbol, _is_decorated)
        elif view.kind == "viewset":
            yield from _of_viewset(project, view, symbol)
        else:
            yield from _of_class(project, view, symbol, _refuses_or_asks)
            yield from asked_while_shown(project, view, symbol)


def _of_class(
    project: Project,
    view: View,
    symbol: ClassSymbol,
    refuses: Callable[[Project, FunctionSymbol], bool],
) -> Iterator[Hit]:
    """Yield the methods that change rows unasked, where another of the class refuses people."""
    if project.site.classes.has_unknown_gate(symbol) or _any_asks(project, symbol, _SHARED):
        return
    refusing = [
        (method, function) for method, function in view.handlers if refuses(project, function)
    ]
    if not refusing:
        return
    for method, function in view.handlers:
        if method.upper() not in UNSAFE or _asks(project, function, symbol):
            continue
        if _guards_alike(project, function, refusing[0][1]):
            continue
        effects = project.effects.of(function, owner=symbol)
        if any(effect.changes_rows for effect in effects):
            yield _hit(symbol, function, method, refusing[0])


def _of_viewset(project: Project, view: View, symbol: ClassSymbol) -> Iterator[Hit]:
    """Yield the writing methods that a viewset inherits as they are, where its own ask for a right."""
    classes = project.site.classes
    before = ("dispatch", "initial", "check_permissions", "get_permissions")
    if classes.has_unknown_gate(symbol) or _any_asks(project, symbol, before):
        return
    own = {name: classes.method(symbol, name) for name in _CALLED}
    refusing = [
        (name, method)
        for name, method in own.items()
        if method is not None and _asks_for_right(project, method, symbol)
    ]
    if not refusing:
        return
    takes_row = _any_asks(project, symbol, ("get_object", "get_queryset"))
    for name in _inherited(project, symbol, own):
        if name != "create" and takes_row:
            continue
        if _any_asks(project, symbol, _CALLED[name]) or _serializers_ask(view):
            continue
        yield _inherited_hit(symbol, name, refusing[0])
        return


def _inherited(
    project: Project, symbol: ClassSymbol, own: dict[str, FunctionSymbol | None]
) -> Iterator[str]:
    """Yield the writing methods that come from the library."""
    if project.site.classes.inherits(symbol, ".ModelViewSet"):
        yield from (name for name in ("create", "update") if own[name] is None)
        return
    for name, mixin in (("create", ".CreateModelMixin"), ("update", ".UpdateModelMixin")):
        if own[name] is None and project.site.classes.inherits(symbol, mixin):
            yield name


def _any_asks(project: Project, symbol: ClassSymbol, names: tuple[str, ...]) -> bool:
    """Whether one of these methods of a class asks, or hands out the rows of whoever asks."""
    methods = (m for name in names for m in project.site.classes.methods(symbol, name))
    return any(_asks(project, method, symbol) for method in methods)


def _serializers_ask(view: View) -> bool:
    """Whether a serializer looks at who asks while it validates or saves."""
    members = (m for form in view.forms for m in form.symbol.node.body)
    words = {word for m in members for word in (m.words if isinstance(m, n.Function) else ())}
    return bool(words & PERMISSION_WORDS) or "request" in words or "CurrentUserDefault" in words


def _called(
    project: Project, function: FunctionSymbol, owner: ClassSymbol | None
) -> Iterator[FunctionSymbol]:
    """Yield the project's functions that one calls, those of its own class included."""
    for node in expressions(body(function.node)):
        if not isinstance(node, n.Call):
            continue
        found: object = None
        if isinstance(node.func, n.Attr) and tail(node.func.value) == "self":
            found = project.site.classes.method(owner, node.func.name) if owner else None
        else:
            found = project.site.names.resolve(function.module, node.func)
        if isinstance(found, FunctionSymbol) and found != function:
            yield found


def _asks(
    project: Project, function: FunctionSymbol, owner: ClassSymbol | None, depth: int = 0
) -> bool:
    """Whether a function looks at who asks in any way, itself or in what it calls."""
    words = set(function.node.words)
    if words & REFUSALS or asks_who_may(words):
        return True
    if any(map(_SCOPED.match, words)):
        return True
    if any(words_of(project, function, d) & ASKING for d in standing_on(function)):
        return True
    return depth < 2 and any(
        _asks(project, called, owner, depth + 1) for called in _called(project, function, owner)
    )


def _is_decorated(project: Project, function: FunctionSymbol) -> bool:
    """Whether a method asks for a login by a decorator of its own: `@method_decorator(login_required)`."""
    return any(
        words_of(project, function, decorator) & ASKING_LOGIN for decorator in standing_on(function)
    )


def _guards_alike(project: Project, function: FunctionSymbol, other: FunctionSymbol) -> bool:
    """Whether the decorators of a method ask all that those of another one ask, which asks nothing by itself."""
    asked, known = (
        {
            word
            for decorator in standing_on(one)
            for word in words_of(project, one, decorator) & (ASKING_LOGIN | ASKING)
        }
        for one in (function, other)
    )
    return bool(known) and known <= asked and not _refuses(project, other)


def _refuses_or_asks(project: Project, function: FunctionSymbol) -> bool:
    return _refuses(project, function) or _is_decorated(project, function)


def _refuses(project: Project, function: FunctionSymbol, depth: int = 0) -> bool:
    """Whether a function turns people away, by what it knows of them."""
    words = set(function.node.words)
    if words & REFUSALS and (words & _RIGHTS or "user" in words):
        return True
    return depth < 1 and any(
        _refuses(project, called, depth + 1)
        for called in _called(project, function, function.owner)
    )


def _asks_for_right(
    project: Project, function: FunctionSymbol, owner: ClassSymbol, depth: int = 0
) -> bool:
    """Whether a function refuses whoever lacks a right; an owner's rows are not meant."""
    words = set(function.node.words)
    if words & REFUSALS and words & _RIGHTS:
        return True
    return depth < 1 and any(
        _asks_for_right(project, called, owner, depth + 1)
        for called in _called(project, function, owner)
    )


def _hit(
    symbol: ClassSymbol, function: FunctionSymbol, method: str, other: tuple[str, FunctionSymbol]
) -> Hit:
    return Hit(
        (
            Spot(function.module.path, function.node.span),
            Spot(other[1].module.path, other[1].node.span, "refuses some"),
        ),
        f"`{symbol.node.name}.{method}` changes rows unasked; `{other[0]}` refuses who may not",
        Confidence.MEDIUM,
        function.name,
    )


def _inherited_hit(symbol: ClassSymbol, name: str, other: tuple[str, FunctionSymbol]) -> Hit:
    return Hit(
        (
            Spot(symbol.module.path, symbol.node.span),
            Spot(other[1].module.path, other[1].node.span, "asks for a right"),
        ),
        f"`{symbol.node.name}` inherits `{name}`, which asks nobody; its own `{other[0]}` asks for a right",
        Confidence.MEDIUM,
        symbol.name,
    )
