"""Permissions that an action names, and that the `get_permissions` of its class never looks at.

def get_permissions(self):                          @action(permission_classes=[IsAdminUser])
    if self.action == "destroy":                    def waive(self, request, pk=None):
        return [IsAdminUser()]                          ...
    return [IsAuthenticated()]
"""

from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import tail
from pickguard.lessons.trust.actions.action_rules import asked_before
from pickguard.site.access.guards import LOGIN_PERMISSIONS
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument, func_of, items_of
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions

_NAMED = "permission_classes"


def of_unread_permissions(project: Project, symbol: ClassSymbol) -> Iterator[Hit]:
    """Yield the permissions of actions that `get_permissions` decides without, and lets more people in."""
    deciding = project.site.classes.method(symbol, "get_permissions")
    if deciding is None or _hands_on(deciding):
        return
    block = body(deciding.node)
    for function in project.site.classes.own_functions(symbol):
        named = _named_by_action(function)
        asked = asked_before(block, function.node.name) if named is not None else None
        if named is None or asked is None:
            continue
        unread = {tail(func_of(item)) for item in items_of(named)} - LOGIN_PERMISSIONS - {*asked}
        if unread and not set(asked) - LOGIN_PERMISSIONS:
            yield Hit(
                (
                    Spot(function.module.path, named.span),
                    Spot(deciding.module.path, deciding.node.span, "decides without it"),
                ),
                f"`{min(unread)}` of `{function.node.name}` is never asked: `get_permissions` does not"
                " look at what an action names",
                Confidence.HIGH,
                function.name,
                mend="end it with `return super().get_permissions()`",
            )


def _hands_on(deciding: FunctionSymbol) -> bool:
    """Whether a method looks at `self.permission_classes`, in which an action's own stand."""
    return any(
        isinstance(node, n.Attr) and node.name == _NAMED
        for node in expressions(body(deciding.node))
    )


def _named_by_action(function: FunctionSymbol) -> n.Expr | None:
    """Return the permissions that an action names in its decorator, or None."""
    for decorator in function.node.decorators:
        if isinstance(decorator, n.Call) and tail(decorator.func) == "action":
            return argument(decorator, -1, _NAMED)
    return None
