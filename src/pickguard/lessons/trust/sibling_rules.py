"""Trust rules that compare siblings: the one view that lacks what nearly all the others have."""

import re
from collections import defaultdict
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.kit.code import tail
from pickguard.lessons.trust.model_siblings import of_models
from pickguard.lessons.trust.openness import PUBLIC, UNSAFE, proves_itself
from pickguard.lessons.trust.row_siblings import of_rows
from pickguard.site.guards import PERMISSION_WORDS
from pickguard.site.names import ClassSymbol, FunctionSymbol
from pickguard.site.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.lower import body
from pickguard.source.python.walk import expressions

_AREAS = (Area.CONFIDENTIALITY, Area.INTEGRITY)
_LOOKS_UP = frozenset({"get_object_or_404", "get_object", "objects", "queryset", "get_queryset"})
_CHECKING = re.compile(r"^_?(has_\w*perm\w*|check_\w*perm\w*|can_\w+|user_can_\w+|has_access)$")


@rule(
    "trust.odd-one-out",
    title="a view lacks the guard that its siblings have",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(862, 285),
    severity=Severity.MEDIUM,
    gain="a stranger calls the one page of the group that asks for no login",
    mend="give it the guard of its siblings, or say with a suppression why it is open",
)
def odd_one_out(project: Project) -> Iterator[Hit]:
    """Find the one view, API or method of a class that nothing guards where nearly all others are."""
    yield from _of_modules(project)
    yield from _of_apis(project)
    yield from _of_classes(project)
    yield from of_models(project)
    yield from of_rows(project)


def _of_modules(project: Project) -> Iterator[Hit]:
    groups: dict[str, dict[str, View]] = defaultdict(dict)
    for _route, view in project.views():
        symbol = view.symbol
        is_told = view.login is not None or view.permissions
        if isinstance(symbol, ClassSymbol | FunctionSymbol) and is_told:
            groups[symbol.module.path][view.name] = view
    for _path, views in sorted(groups.items()):
        # where a middleware turns strangers away, its list says which pages are open
        guarded = [v for v in views.values() if not v.stopped and (v.login or _asks_more(v))]
        odd = [v for v in views.values() if v.login is False and not _asks_more(v)]
        for view in odd:
            like = [other for other in guarded if _answer_alike(view, other)]
            if len(like) >= 4 and len(odd) <= max(1, len(like) // 5):
                yield from _odd(view, len(like))


def _answer_alike(one: View, other: View) -> bool:
    """Whether two views answer a method in common: a page to read is no sibling of orders alone."""
    methods = set(one.methods or ()) - _ALWAYS
    return not methods or other.methods is None or bool(methods & set(other.methods))


_ALWAYS = frozenset({"HEAD", "OPTIONS"})


# Functions of a project's own that say who may: `is_mlist_authorized(request, mlist)`
_ASKING = re.compile(r"authori[sz]ed|permi(t|ss)|is_allowed|(can|has|check|may)_(\w+_)?access")


def _asks_more(view: View) -> bool:
    """Whether a view asks for a permission, or its code does."""
    if any(permission != "AllowAny" for permission in view.permissions):
        return True
    words = {word for _method, function in view.handlers for word in function.node.words}
    return not PERMISSION_WORDS.isdisjoint(words) or any(_ASKING.search(word) for word in words)


def _is_about_its_caller(symbol: ClassSymbol) -> bool:
    """Whether a class's own methods ask `self.request.user` for what they show."""
    methods = (member for member in symbol.node.body if isinstance(member, n.Function))
    return any({"user", "request"} <= set(method.words) for method in methods)


def _odd(view: View, siblings: int) -> Iterator[Hit]:
    symbol = view.symbol
    if isinstance(symbol, ClassSymbol) and _is_about_its_caller(symbol):
        return
    if proves_itself(view) or not isinstance(symbol, ClassSymbol | FunctionSymbol):
        return
    if any(guard.name == "cache_page" for guard in view.guards):
        return  # the same for everybody
    says_so = "AllowAny" in view.permissions or any(a.guard.open for a in view.guards)
    if says_so and not UNSAFE & set(view.methods or ()):
        return
    if PUBLIC.search(view.name.rpartition(".")[2]):
        return
    yield Hit(
        (Spot(symbol.module.path, symbol.node.span),),
        f"`{symbol.node.name}` asks for no login; {siblings} other views of the module do",
        Confidence.MEDIUM,
        symbol.name,
    )


def _of_apis(project: Project) -> Iterator[Hit]:
    """Yield the APIs that write and name no permission, where nearly all others of the site do."""
    guarded: set[str] = set()
    odd: dict[str, View] = {}
    for _route, view in project.views():
        if view.kind not in ("api", "viewset") or not UNSAFE & set(view.methods or ()):
            continue
        if view.permissions:
            guarded.add(view.name)
        elif view.login is False and not (view.writes or view.model) and not _is_own(view):
            if not PUBLIC.search(view.name):
                odd[view.name] = view
    if len(guarded) < 5 or len(odd) > max(1, len(guarded) // 4):
        return
    for view in odd.values():
        symbol = view.symbol
        if isinstance(symbol, ClassSymbol):
            yield Hit(
                (Spot(symbol.module.path, symbol.node.span),),
                f"`{symbol.node.name}` names no permission; {len(guarded)} other APIs that write do",
                Confidence.MEDIUM,
                symbol.name,
            )


def _is_own(view: View) -> bool:
    """Whether an API is about its caller alone, or checks something in its code."""
    words = {word for _method, function in view.handlers for word in function.node.words}
    return "user" in words or bool(words & PERMISSION_WORDS) or proves_itself(view)


def _of_classes(project: Project) -> Iterator[Hit]:
    """Yield the method `…_view` that checks no permission where nearly all of its class do."""
    for symbol in project.site.classes.all:
        methods = [
            FunctionSymbol(symbol.module, member, f"{symbol.qualname}.{member.name}", symbol)
            for member in symbol.node.body
            if isinstance(member, n.Function) and _is_view_method(member)
        ]
        checked = [method for method in methods if _checks(method)]
        odd = [method for method in methods if method not in checked and _looks_up(method)]
        if len(checked) < 3 or len(odd) > max(1, len(checked) // 4):
            continue
        names = {method.node.name for method in methods}
        for method in odd:
            if not _hands_on(method, names - {method.node.name}):
                yield Hit(
                    (Spot(symbol.module.path, method.node.span),),
                    f"`{method.node.name}` checks no permission; {len(checked)} other views of "
                    f"`{symbol.node.name}` do",
                    Confidence.MEDIUM,
                    method.name,
                )


def _is_view_method(function: n.Function) -> bool:
    names = [param.name for param in function.params[:2]]
    return names == ["self", "request"] and function.name.endswith("_view")


def _checks(method: FunctionSymbol) -> bool:
    words = set(method.node.words)
    return bool(words & PERMISSION_WORDS) or any(_CHECKING.match(word) for word in words)


def _looks_up(method: FunctionSymbol) -> bool:
    return not _LOOKS_UP.isdisjoint(method.node.words)


def _hands_on(method: FunctionSymbol, names: set[str]) -> bool:
    """Whether a method leaves the work to a sibling, or to the same method of a base class."""
    return any(
        isinstance(node, n.Call)
        and isinstance(node.func, n.Attr)
        and (tail(node.func) in names or tail(node.func) == method.node.name)
        for node in expressions(body(method.node))
    )


_MISSPELT = {
    "permissions": "permission_classes",
    "permission_class": "permission_classes",
    "permissions_classes": "permission_classes",
    "permission": "permission_classes",
    "authentication_class": "authentication_classes",
    "authentications": "authentication_classes",
    "throttle_class": "throttle_classes",
    "throttles": "throttle_classes",
}


@rule(
    "trust.guard-misspelt",
    title="a guard stands under a name that nothing reads",
    areas=_AREAS,
    cwe=(862, 1164),
    severity=Severity.HIGH,
    gain="the view looks guarded and is open to everybody whom the default lets in",
    mend="write `permission_classes = [...]`, the name that Django REST framework reads",
)
def guard_misspelt(project: Project) -> Iterator[Hit]:
    """Find `permissions = (IsAuthenticated,)` on API views: DRF reads `permission_classes`."""
    seen: set[ClassSymbol] = set()
    for _route, view in project.views():
        symbol = view.symbol
        if view.kind not in ("api", "viewset") or not isinstance(symbol, ClassSymbol):
            continue
        if symbol in seen:
            continue
        seen.add(symbol)
        for name, right in _MISSPELT.items():
            found = project.site.classes.value(symbol, name)
            if found is None or project.site.classes.value(symbol, right) is not None:
                continue
            if _is_read(project, symbol, name) or not _names_guards(found.value, right):
                continue
            yield Hit(
                (Spot(found.module.path, found.value.span),),
                f"`{symbol.node.name}.{name}` guards nothing: Django REST framework reads `{right}`",
                Confidence.HIGH,
                symbol.name,
            )


def _names_guards(value: n.Expr, right: str) -> bool:
    """Whether a value is a list of classes, or a class, that can be such guards by their names."""
    items = value.items if isinstance(value, n.Sequence) else (value,)
    endings = {"permission_classes": ("Is", "Perm", "Allow", "Can", "Has", "Deny")}
    wanted = endings.get(right, ("Auth", "Throttle", "Rate"))
    return bool(items) and all(any(w in tail(item) for w in wanted) for item in items)


def _is_read(project: Project, symbol: ClassSymbol, name: str) -> bool:
    """Whether a method of the project's classes reads the attribute itself."""
    return any(
        isinstance(member, n.Function) and name in member.words
        for ancestor in project.site.classes.own_line(symbol)
        for member in ancestor.node.body
    )
