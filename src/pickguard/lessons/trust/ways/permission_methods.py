"""Permission classes that ask about some methods or actions, and answer yes to all others.

def has_permission(self, request, view):
    if request.method == "POST":
        return request.user.is_staff
    return True                             # whoever sends a DELETE
"""

from collections.abc import Iterator

from msgspec import Struct

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import is_true, tail, text
from pickguard.lessons.trust.asking import REFUSALS, asks_who_may
from pickguard.lessons.trust.openness import UNSAFE, proves_itself
from pickguard.site.access.guards import LOGIN_PERMISSIONS
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import items_of
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import leaves

# The methods that change a row which is there, and the actions that REST framework's routers run for them
_ACTIONS = {"PUT": "update", "PATCH": "partial_update", "DELETE": "destroy"}
_SCOPING = frozenset({"user", "request"})
# What decides by itself who may, whatever the classes of the view say
_DECIDES = (
    "get_permissions",
    "check_permissions",
    "check_object_permissions",
    "initial",
    "dispatch",
)


class _Asked(Struct, frozen=True):
    """What a permission class asks about: the methods and actions, and where it lets all others pass."""

    method: FunctionSymbol
    names: frozenset[str]
    passes: n.Return


def of_permission_classes(project: Project) -> Iterator[Hit]:
    """Yield the permission classes by which whoever is refused one method changes rows by another."""
    asked = {
        method.owner.node.name: found
        for method in project.flow.callers.defined("has_permission")
        if method.owner is not None and (found := _asked(project, method)) is not None
    }
    told: set[str] = set()
    for _route, view in project.views() if asked else ():
        for name in sorted(asked.keys() & set(view.permissions) - told):
            left = _left(project, view, asked[name]) if _is_alone(view, name) else []
            if left:
                told.add(name)
                yield _hit(view, asked[name], left)


def _hit(view: View, asked: _Asked, left: list[str]) -> Hit:
    owner = asked.method.owner.node.name if asked.method.owner is not None else ""
    shown = view.symbol.node.span if isinstance(view.symbol, ClassSymbol) else 0
    place = view.symbol.module.path if isinstance(view.symbol, ClassSymbol) else ""
    said = " and ".join(f"`{name}`" for name in sorted(asked.names))
    return Hit(
        (
            Spot(asked.method.module.path, asked.passes.span),
            Spot(place, shown, "the view that takes them"),
        ),
        f"`{owner}` asks about {said}, and lets everybody send {', '.join(left)}",
        Confidence.MEDIUM,
        asked.method.name,
        mend="answer no in the end, `return False`, and yes to `SAFE_METHODS` alone",
    )


def _asked(project: Project, method: FunctionSymbol) -> _Asked | None:
    """Return what a class asks about by name, where it says yes to all that it does not name."""
    if project.kind_of(method.module) is not None:
        return None
    *before, last = body(method.node) or (None,)
    if not isinstance(last, n.Return) or not is_true(last.value):
        return None
    names: set[str] = set()
    for statement in before:
        if isinstance(statement, n.If):
            named = _named(statement.test)
            if statement.other or not leaves(statement.body):
                return None
            if named and not _asks(statement.body):
                return None
            names |= named
        elif not isinstance(statement, n.Assign | n.Do):
            return None
    is_of_writes = bool(names & (UNSAFE | {"create", *_ACTIONS.values()}))
    return _Asked(method, frozenset(names), last) if is_of_writes else None


def _named(test: n.Expr) -> frozenset[str]:
    """Return the methods or actions that a condition names: `view.action in ("create", "update")`."""
    if isinstance(test, n.Logic) and test.op == "and":
        return frozenset().union(*map(_named, test.values))
    if not isinstance(test, n.Compare) or tail(test.left) not in ("method", "action"):
        return frozenset()
    if test.ops not in (("==",), ("in",)):
        return frozenset()
    return frozenset(filter(None, (text(item) for item in items_of(test.rights[0]))))


def _asks(block: tuple[n.Stmt, ...]) -> bool:
    """Whether a block does not simply say yes."""
    return any(isinstance(one, n.Return) and not is_true(one.value) for one in block) or any(
        isinstance(one, n.Raise) for one in block
    )


def _is_alone(view: View, name: str) -> bool:
    """Whether nothing beside a class asks for more than a login."""
    return not set(view.permissions) - LOGIN_PERMISSIONS - {name} and not proves_itself(view)


def _left(project: Project, view: View, asked: _Asked) -> list[str]:
    """Return the methods by which a view changes its rows, and that nothing asks about."""
    symbol, owner = view.symbol, asked.method.owner
    classes = project.site.classes
    if not isinstance(symbol, ClassSymbol) or owner is None or classes.has_unknown_gate(symbol):
        return []
    if classes.method(owner, "has_object_permission") is not None:
        return []
    if any(classes.method(symbol, name) is not None for name in _DECIDES):
        return []
    if any(_looks(member) for member in classes.own_methods(symbol)):
        return []
    return [
        method
        for method, action in _ACTIONS.items()
        if method in (view.methods or ())
        and asked.names.isdisjoint((method, action))
        and _changes(project, view, symbol, method, action)
    ]


def _looks(member: n.Function) -> bool:
    """Whether a method of the view refuses by itself, or takes the rows of whoever asks."""
    words = frozenset(member.words)
    if asks_who_may(words) or not REFUSALS.isdisjoint(words):
        return True
    return member.name in ("get_queryset", "get_object") and not _SCOPING.isdisjoint(words)


def _changes(project: Project, view: View, symbol: ClassSymbol, method: str, action: str) -> bool:
    """Whether a method of a view changes rows: by code of the site's, or as the library does it."""
    own = [f for name, f in view.handlers if name in (method.lower(), action)]
    if not own:
        return view.kind in ("viewset", "api")
    return any(e.changes_rows for f in own for e in project.effects.of(f, owner=symbol))
