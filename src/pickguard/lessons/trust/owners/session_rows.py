"""Rows that belong to a browser's session: whoever has their number must come with the same session.

A model says so by a field, `session_key`, and the site by a place that compares it with the request's.
"""

from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import tail
from pickguard.lessons.trust.answering import functions_of_views
from pickguard.lessons.trust.ownership import rows_of
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, inside

_FIELDS = frozenset({"session_key", "session", "session_id"})
_SHORTCUTS = frozenset({"get_object_or_404", "aget_object_or_404"})
_FETCHERS = _SHORTCUTS | {"get", "aget"}
_KEYS = frozenset({"pk", "id", "uuid"})


def of_sessions(project: Project) -> Iterator[Hit]:
    """Yield the rows of a session that a view takes by their number, whatever session asks."""
    held = project.once(_held)
    for _view, function in functions_of_views(project) if held else ():
        words = function.node.words
        if _FETCHERS.isdisjoint(words) or any("session" in word for word in words):
            continue
        for call in expressions(body(function.node)):
            model = _taken(project, function, call) if isinstance(call, n.Call) else None
            if (
                model is not None
                and model.label in held
                and not _asked_by_callers(project, function)
            ):
                yield Hit(
                    (
                        Spot(function.module.path, call.span),
                        held[model.label],
                    ),
                    f"any `{model.name}` is taken by its id, whatever session it belongs to",
                    Confidence.MEDIUM,
                    function.name,
                )
                break


def _held(project: Project) -> dict[str, Spot]:
    """Return where the site compares the session of a row with that of a request, by the model's label."""
    fields = {
        model.label: field.name
        for model in project.site.models.all
        for field in model.fields
        if field.name in _FIELDS and not model.is_library
    }
    found: dict[str, Spot] = {}
    for function in project.flow.callers.holding("session") if fields else ():
        if (
            _FETCHERS.isdisjoint(function.node.words)
            or project.kind_of(function.module) is not None
        ):
            continue
        nodes = list(expressions(body(function.node)))
        asked = next((node for node in nodes if _compares(node)), None)
        for node in nodes if asked is not None else ():
            model = _taken(project, function, node) if isinstance(node, n.Call) else None
            if asked is not None and model is not None and model.label in fields:
                found.setdefault(
                    model.label, Spot(function.module.path, asked.span, "asks for the session")
                )
    return found


def _compares(node: n.Expr) -> bool:
    """Whether the session of a row is compared with that of the request."""
    if not isinstance(node, n.Compare):
        return False
    parts = list(inside(node))
    of_row = any(
        isinstance(p, n.Attr) and p.name in _FIELDS and tail(p.value) != "session" for p in parts
    )
    return of_row and any(isinstance(p, n.Attr) and tail(p.value) == "session" for p in parts)


def _taken(project: Project, function: FunctionSymbol, call: n.Call) -> Model | None:
    """Return the model of whose rows a call takes one by its number, or None."""
    if tail(call.func) not in _FETCHERS or not _KEYS & {k.name for k in call.keywords}:
        return None
    if any(k.name not in _KEYS and not isinstance(k.value, n.Const) for k in call.keywords):
        return None
    is_shortcut = tail(call.func) in _SHORTCUTS
    receiver = receiver_of(call)
    return rows_of(
        project, function, (call.args[0] if call.args else None) if is_shortcut else receiver
    )


def _asked_by_callers(project: Project, function: FunctionSymbol) -> bool:
    """Whether another method of the class looks at the session."""
    owner = function.owner
    if owner is None:
        return False
    return any(
        any("session" in word for word in method.words)
        for method in project.site.classes.own_methods(owner)
    )
