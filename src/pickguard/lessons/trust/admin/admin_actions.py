"""Actions of the admin that change rows for whoever sees the list, where the class keeps changes to fewer.

class PayoutAdmin(ModelAdmin):
    actions = ["approve"]

    def has_change_permission(self, request, obj=None):
        return request.user.is_superuser

    def approve(self, request, queryset):
        queryset.update(approved=True)
"""

from collections.abc import Iterator
from typing import TypeAlias

from pickguard.base.scales import Confidence
from pickguard.flow.bodies.effects import MANAGER_WRITES
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import tail
from pickguard.lessons.trust.asking import asks_who_may
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of, texts
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, inside, statements

_KEEPS = {
    "update": "has_change_permission",
    "save": "has_change_permission",
    "delete": "has_delete_permission",
}
_ASKS = frozenset({"user", "permissions", "allowed_permissions", "has_change_permission", "has_delete_permission",
                   "get_queryset"})  # fmt: skip


Unasked: TypeAlias = tuple[ClassSymbol, FunctionSymbol, n.Call, FunctionSymbol | None]
"""The class, the action, the call that changes rows, and the class's own say on who may, or None."""


def of_admin_actions(project: Project) -> Iterator[Hit]:
    """Yield the actions that name no permission, of classes that say themselves who may change a row."""
    for _symbol, action, _call, kept in unasked(project):
        if kept is not None and not _is_same_for_all(kept):
            yield Hit(
                (
                    Spot(action.module.path, action.node.span),
                    Spot(kept.module.path, kept.node.span, "says who may change a row"),
                ),
                f"`{action.node.name}` changes rows for whoever sees the list; `{kept.node.name}` is not asked",
                Confidence.MEDIUM,
                action.name,
                mend=f'name the right: `@admin.action(permissions=["{kept.node.name.split("_")[1]}"])`',
            )


def unasked(project: Project) -> Iterator[Unasked]:
    """Yield the actions that change rows and ask nobody."""
    used = {
        ancestor
        for one in project.site.admins.registered
        if one.admin is not None
        for ancestor in project.site.classes.own_line(one.admin)
    }
    for symbol in project.site.classes.of_kind("admin"):
        if (
            symbol not in used
            or _is_of_old_django(symbol)
            or project.kind_of(symbol.module) is not None
            or _chooses_actions(project, symbol)
        ):
            continue
        for action in _actions(project, symbol):
            call = None if _asks(symbol, action) else _change(action)
            if call is not None:
                kept = project.site.classes.method(symbol, _KEEPS[tail(call.func)])
                yield symbol, action, call, kept


def _is_of_old_django(symbol: ClassSymbol) -> bool:
    """Whether a class can only run below Django 2.1, which knows no right to view: it is of Python 2."""
    return "__unicode__" in symbol.module.record.words or any(
        "__unicode__" in texts(member.value)
        for member in symbol.node.body
        if isinstance(member, n.Assign)
    )


def _chooses_actions(project: Project, symbol: ClassSymbol) -> bool:
    """Whether a class offers its actions by who asks: `if not request.user.has_perm(…): del actions["approve"]`."""
    method = project.site.classes.method(symbol, "get_actions")
    return method is not None and asks_who_may(set(method.node.words))


def _actions(project: Project, symbol: ClassSymbol) -> Iterator[FunctionSymbol]:
    """Yield the methods that a class of the admin offers as actions."""
    listed = project.site.classes.value(symbol, "actions")
    named = set(texts(listed.value)) if listed is not None else set()
    for member in symbol.node.body:
        if isinstance(member, n.Function) and _takes_rows(member):
            is_marked = any(tail(func_of(one)) == "action" for one in member.decorators)
            method = project.site.names.own_member(symbol, member.name)
            if (is_marked or member.name in named) and isinstance(method, FunctionSymbol):
                yield method


def _takes_rows(member: n.Function) -> bool:
    return [param.name for param in member.params[:2]] == ["self", "request"] and len(
        member.params
    ) == 3


def _asks(symbol: ClassSymbol, action: FunctionSymbol) -> bool:
    """Whether an action asks who may: in its code, in its decorator, by `approve.allowed_permissions`."""
    words = set(action.node.words)
    if words & _ASKS or asks_who_may(words):
        return True
    decorated = (part for one in action.node.decorators for part in inside(one))
    if any(
        isinstance(p, n.Call) and any(k.name == "permissions" for k in p.keywords)
        for p in decorated
    ):
        return True
    return any(
        isinstance(target, n.Attr)
        and target.name == "allowed_permissions"
        and tail(target.value) == action.node.name
        for member in symbol.node.body
        if isinstance(member, n.Assign)
        for target in member.targets
    )


def _change(action: FunctionSymbol) -> n.Call | None:
    """Return the call by which an action changes the rows that it is given: all at once, or each in a loop."""
    rows = action.node.params[2].name
    block = body(action.node)
    each = {
        tail(s.target)
        for s in statements(block)
        if isinstance(s, n.For) and _is_made_of(s.source, rows)
    }
    for node in expressions(block):
        if (
            not isinstance(node, n.Call)
            or not isinstance(node.func, n.Attr)
            or node.func.name not in _KEEPS
        ):
            continue
        if node.func.name in MANAGER_WRITES and _is_made_of(node.func.value, rows):
            return node
        if node.func.name in ("save", "delete") and tail(node.func.value) in each:
            return node
    return None


def _is_made_of(value: n.Expr, rows: str) -> bool:
    """Whether a value is the rows, or a chain that begins at them."""
    while isinstance(value, n.Call | n.Attr):
        value = value.func if isinstance(value, n.Call) else value.value
    return isinstance(value, n.Name) and value.id == rows


def _is_same_for_all(method: FunctionSymbol) -> bool:
    """Whether a method answers everybody alike: who may see rows that nobody edits may well act on them."""
    returned = [s.value for s in statements(body(method.node)) if isinstance(s, n.Return)]
    return all(isinstance(value, n.Const) for value in returned)
