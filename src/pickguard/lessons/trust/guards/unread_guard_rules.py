"""Trust rules about guards that are written down and never read: nothing asks, and nobody says a word."""

import re
from collections import defaultdict
from collections.abc import Iterator
from difflib import get_close_matches

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.kit.code import tail
from pickguard.site.access.guards import PERMISSION_WORDS
from pickguard.site.symbols.libraries import known_class
from pickguard.site.symbols.names import ClassSymbol, External, ValueSymbol, methods_of
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import items_of, text
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions

# Methods that run before the handlers of a class, in which its attributes are asked for
_GATES = frozenset({"dispatch", "setup", "as_view", "test_func", "has_permission", "check_permissions",
                    "get_permission_required", "get_required_permission"})  # fmt: skip
_GUARDING = re.compile(r"permission|perm$|^perms?_|right|role|group|required")
_REFUSING = re.compile(r"permission|permitted|authori[sz]e|forbidden|denied|_required$|Http404")
_FEWEST = 3

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
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(862, 1164),
    severity=Severity.HIGH,
    gain="the view looks guarded and is open to everybody whom the default lets in",
    mend="write the name that the class reads (`permission_classes` in Django REST framework), or add the"
    " mixin that reads this one (`PermissionRequiredMixin`)",
)
def guard_misspelt(project: Project) -> Iterator[Hit]:
    """Find `permissions = (IsAuthenticated,)` on API views, and rights on views that nothing reads.

    `permission_required` without its mixin, `permission_classes` on a page that is no API; and
    methods that a library would ask by another name: `has_object_permissions` of a permission.
    """
    yield from _of_apis(project)
    yield from _without_reader(project)
    yield from _of_methods(project)


_HOOKS = {
    (".BasePermission",): ("has_permission", "has_object_permission"),
    (".ModelAdmin", ".InlineModelAdmin"): (
        "has_view_permission",
        "has_add_permission",
        "has_change_permission",
        "has_delete_permission",
        "has_module_permission",
    ),
    (".UserPassesTestMixin",): ("test_func",),
    (".PermissionRequiredMixin",): ("has_permission", "get_permission_required"),
    (".APIView",): ("get_permissions", "check_permissions", "check_object_permissions"),
}
_ALIKE = 0.9


def _of_methods(project: Project) -> Iterator[Hit]:
    """Yield the methods that are a letter or two away from one that a library asks, and that nobody calls."""
    for symbol in project.site.classes.all:
        for method in methods_of(symbol):
            if not _LIKE_A_HOOK.match(method.node.name) or symbol.module.holds_tests:
                continue
            meant = _meant(project, symbol, method.node.name)
            if meant and not project.named_with(frozenset({method.node.name})):
                yield Hit(
                    (Spot(symbol.module.path, method.node.span),),
                    f"`{symbol.node.name}.{method.node.name}` guards nothing: `{meant}` is what is asked",
                    Confidence.HIGH,
                    method.name,
                )


_LIKE_A_HOOK = re.compile(r"(has|get|check)_\w*perm|test_f")


def _meant(project: Project, symbol: ClassSymbol, name: str) -> str:
    """Return the method that a library asks and that a class lacks, where another name is nearly the same."""
    for bases, hooks in _HOOKS.items():
        close = get_close_matches(name, hooks, 1, _ALIKE) if name not in hooks else []
        if close and project.site.classes.inherits(symbol, *bases):
            is_there = project.site.names.own_member(symbol, close[0]) is not None
            return "" if is_there else close[0]
    return ""


def _of_apis(project: Project) -> Iterator[Hit]:
    """Yield the attributes of API views that DRF would read under another name."""
    for _view, symbol in _classes(project, "api", "viewset"):
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
    items = items_of(value)
    endings = {"permission_classes": ("Is", "Perm", "Allow", "Can", "Has", "Deny")}
    wanted = endings.get(right, ("Auth", "Throttle", "Rate"))
    return bool(items) and all(any(w in tail(item) for w in wanted) for item in items)


def _is_read(project: Project, symbol: ClassSymbol, name: str) -> bool:
    """Whether a method of the project's classes reads the attribute itself."""
    return any(name in method.words for method in project.site.classes.own_methods(symbol))


def _classes(project: Project, *kinds: str) -> Iterator[tuple[View, ClassSymbol]]:
    """Yield the class views of some kinds that are reached, each class once."""
    seen: set[ClassSymbol] = set()
    for _route, view in project.views():
        symbol = view.symbol
        if view.kind in kinds and isinstance(symbol, ClassSymbol) and symbol not in seen:
            seen.add(symbol)
            yield view, symbol


def _without_reader(project: Project) -> Iterator[Hit]:
    """Yield the views that name a right which no class of their line reads."""
    views = list(_classes(project, "class"))
    for name, readers in sorted(_reading(project).items()):
        setting = [
            (view, symbol, found)
            for view, symbol in views
            if (found := project.site.classes.value(symbol, name)) is not None
            and (_names_right(found) or name == "permission_classes")
        ]
        asked = [s for _view, s, _found in setting if _inherits(project, s, readers)]
        if len(asked) < _FEWEST and name not in _OF_LIBRARIES:
            continue
        for view, symbol, found in setting:
            if _is_unread(project, view, symbol, name):
                yield _unread_hit(symbol, name, found)


# read by Django's own mixin, and by REST framework's views
_OF_LIBRARIES = ("permission_required", "permission_classes")


def _unread_hit(symbol: ClassSymbol, name: str, found: ValueSymbol) -> Hit:
    return Hit(
        (
            Spot(symbol.module.path, symbol.node.span),
            Spot(found.module.path, found.value.span, "the right that is never asked for"),
        ),
        f"`{symbol.node.name}.{name}` guards nothing: no class that it builds on reads it",
        Confidence.MEDIUM,
        symbol.name,
    )


def _reading(project: Project) -> dict[str, set[ClassSymbol]]:
    """Return the attributes that the site's own guards ask for, with the classes that read them."""
    found: dict[str, set[ClassSymbol]] = defaultdict(set, {name: set() for name in _OF_LIBRARIES})
    for symbol in project.site.classes.all:
        for member in symbol.node.body:
            if not isinstance(member, n.Function) or member.name not in _GATES:
                continue
            if any(map(_REFUSING.search, member.words)) and {"self", "cls"} & set(member.words):
                for node in expressions(body(member)):
                    if isinstance(node, n.Attr) and tail(node.value) in ("self", "cls"):
                        if _GUARDING.search(node.name) and node.name not in _GATES:
                            found[node.name].add(symbol)
    return found


def _inherits(project: Project, symbol: ClassSymbol, readers: set[ClassSymbol]) -> bool:
    return not readers.isdisjoint(project.site.classes.own_line(symbol))


def _names_right(found: ValueSymbol) -> bool:
    """Whether an attribute names a right: a text, or a list of texts."""
    items = items_of(found.value)
    return bool(items) and all(text(item) for item in items)


def _is_unread(project: Project, view: View, symbol: ClassSymbol, name: str) -> bool:
    """Whether the whole line of a class is known, and nothing of it asks for any right."""
    classes = project.site.classes
    if any(applied.guard.permission or applied.guard.login for applied in view.guards):
        return False
    if any(facts.permission for facts in classes.library_line(symbol)):
        return False
    for ancestor in classes.line(symbol):
        if isinstance(ancestor, External):
            is_plain = ancestor.name.startswith("django.") or ancestor.name == "object"
            if not is_plain and known_class(ancestor.name) is None:
                return False
            continue
        if len(classes.bases(ancestor)) < len(ancestor.node.bases) or ancestor.node.decorators:
            return False
        for member in ancestor.node.body:
            if isinstance(member, n.Function) and _may_ask(member, name):
                return False
    return not _is_read_from_outside(project, name)


def _may_ask(function: n.Function, name: str) -> bool:
    """Whether a method reads the attribute, or asks for a right by itself."""
    words = set(function.words)
    if name in words or words & PERMISSION_WORDS:
        return True
    return function.name in _GATES and any(map(_REFUSING.search, words))


def _is_read_from_outside(project: Project, name: str) -> bool:
    """Whether a middleware or the like reads an attribute of views: `view_class.permission_required`.

    What an API's permission reads of its view says nothing of pages.
    """
    classes = project.site.classes
    for code, _words in project.code(frozenset({"view_class", "view_func", "resolver_match"})):
        if name not in code.words:
            continue
        if code.owner is None or "permission" not in classes.kinds(code.owner):
            return True
    return False
