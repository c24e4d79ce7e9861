"""Checks of a handler that come when the row is changed already, and nothing takes that back.

page.publish()
self.check_object_permissions(request, page)
"""

from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.flow.bodies.effects import Effect
from pickguard.flow.values.vocabulary import ROW_METHODS
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.around import decorators
from pickguard.kit.code import tail
from pickguard.lessons.trust.asking import MAY, ends_refusing
from pickguard.lessons.trust.row_keys import is_shortcut
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import given_to
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import heads, inside, within

_CHECKS = frozenset({"check_object_permissions", "permission_denied"})
# What is made in a transaction is taken back where an exception ends it
_TAKES_BACK = frozenset({"atomic", "savepoint", "set_rollback"})


def of_late_checks(project: Project, view: View) -> Iterator[Hit]:
    """Yield the checks of a row that stand behind what changes or deletes it."""
    if _is_taken_back(project):
        return
    for _method, function in view.handlers:
        decorated = {tail(part) for one in decorators(project, function) for part in inside(one)}
        if not _TAKES_BACK.isdisjoint(decorated.union(function.node.words)):
            continue
        block = body(function.node)
        for position, statement in enumerate(block):
            names = asked_about(statement) if position else set()
            done = _change(project, function, block[:position], names) if names else None
            if done is not None:
                yield Hit(
                    (
                        Spot(function.module.path, statement.span),
                        Spot(function.module.path, done.span, "the row is changed here"),
                    ),
                    f"`{function.node.name}` asks who may when it has changed the row",
                    Confidence.HIGH,
                    function.name,
                    mend="ask first, and change the row then",
                )
                break


def _is_taken_back(project: Project) -> bool:
    """Whether each request is a transaction, as settings say."""
    databases = project.production.get("DATABASES") if project.production else None
    if not isinstance(databases, dict):
        return False
    return any(isinstance(one, dict) and one.get("ATOMIC_REQUESTS") for one in databases.values())


def asked_about(statement: n.Stmt) -> set[str]:
    """Return the names of rows that a statement asks about: a check by its name, or a refusal by the user."""
    if isinstance(statement, n.Do) and isinstance(statement.value, n.Call):
        call = statement.value
        is_check = tail(call.func) in _CHECKS and len(call.args) > 1
        return {tail(value) for value in call.args[1:]} if is_check else set()
    if isinstance(statement, n.If) and not statement.other and ends_refusing(statement.body):
        names = {tail(part) for part in inside(statement.test) if isinstance(part, n.Name)}
        is_about_person = any(
            tail(part) == "user" or (isinstance(part, n.Call) and MAY.search(tail(part.func)))
            for part in inside(statement.test)
        )
        return names - {"request", "self", "user"} if is_about_person else set()
    return set()


def _change(
    project: Project, function: FunctionSymbol, before: tuple[n.Stmt, ...], names: set[str]
) -> n.Call | None:
    """Return the call that changes a row of these names for good, outside of all conditions."""
    for statement in before:
        if not isinstance(statement, n.Do | n.Assign):
            continue
        for node in within(heads(statement)):
            if isinstance(node, n.Call) and (
                _is_of(node, names) or _hands_out(statement, node, names)
            ):
                owner = function.owner
                effects = project.effects.of(function, owner=owner, start=(statement,))
                if any(_changes(effect, function, node) for effect in effects):
                    return node
    return None


def _hands_out(statement: n.Do | n.Assign, call: n.Call, names: set[str]) -> bool:
    """Whether a call is given a row and gives it its name: `booking = service.cancel(get_object_or_404(…))`."""
    if not isinstance(statement, n.Assign) or statement.value is not call:
        return False
    taken = (isinstance(item, n.Call) and _is_taking(item) for item in given_to(call))
    is_row = any(taken) or any(tail(item) in names for item in given_to(call))
    return is_row and any(
        isinstance(target, n.Name) and target.id in names for target in statement.targets
    )


def _is_taking(call: n.Call) -> bool:
    """Whether a call takes one row: `get_object_or_404(Note, pk=pk)`, `Note.objects.get(pk=pk)`."""
    return is_shortcut(call) or tail(call.func) in ROW_METHODS


def _is_of(call: n.Call, names: set[str]) -> bool:
    return (
        isinstance(call.func, n.Attr)
        and isinstance(call.func.value, n.Name)
        and call.func.value.id in names
    )


def _changes(effect: Effect, function: FunctionSymbol, call: n.Call) -> bool:
    """Whether an effect is that of a call of the function itself, or of what that runs."""
    first = effect.path[0] if effect.path else (effect.function, effect.span)
    return effect.changes_rows and first == (function, call.span)
