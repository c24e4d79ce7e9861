"""New rows of an API that hang on any parent, where only who lists them is asked about it.

def get_queryset(self):
    project = get_object_or_404(Project, pk=self.request.query_params["project"])
    self.check_object_permissions(self.request, project)
    return Storage.objects.filter(project=project)

`create` never runs `get_queryset`, and takes the project from the body or from the address.
"""

import re
from collections.abc import Iterator

from msgspec import Struct

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import tail
from pickguard.lessons.trust.asking import ASKS, REFUSALS, asks_who_may, ends_refusing
from pickguard.lessons.trust.guards.late_checks import asked_about
from pickguard.lessons.trust.named_calls import assigned_in
from pickguard.lessons.trust.own_calls import methods_called
from pickguard.lessons.trust.ownership import is_user, rows_of
from pickguard.lessons.trust.relations.narrowed_fields import is_narrowed, refuses
from pickguard.lessons.trust.row_keys import taken_from
from pickguard.site.access.guards import LOGIN_PERMISSIONS
from pickguard.site.forms.forms import Form
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import given_to
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, inside, statements

_TAKES = frozenset({"get_object_or_404", "aget_object_or_404", "get", "aget"})
_MAKES = frozenset({"save", "create", "asave", "acreate"})
# Methods that run where a row is made, or before all others
_WAYS = ("create", "post", "perform_create", "initial", "dispatch", "setup", "check_permissions", "get_permissions",
         "get_serializer", "get_serializer_class", "get_serializer_context", "permission_denied")  # fmt: skip
_ASKING = REFUSALS | {"get_queryset", "filter_queryset", "get_object"}
# What tells which parent is meant: a permission that reads it may well ask about it
_NAMES_ROW = re.compile(
    r"^(kwargs|data|query_params|GET|POST|parser_context|resolver_match|get_\w+)$"
)
_SENT = frozenset({"kwargs", "data", "query_params", "GET", "POST", "validated_data"})


class _Question(Struct, frozen=True):
    """Where a list asks about the parent of its rows."""

    parent: Model
    function: FunctionSymbol
    span: int


def of_asked_parents(project: Project) -> Iterator[Hit]:
    """Yield where views hang new rows on any parent, and ask about the parent of those that they list."""
    seen: set[ClassSymbol] = set()
    told: set[FunctionSymbol] = set()
    for _route, view in project.views():
        symbol = view.symbol
        if not isinstance(symbol, ClassSymbol) or symbol in seen or not _makes(project, view):
            continue
        seen.add(symbol)
        question = _question(project, symbol)
        if question is None or question.function in told or _asks(project, view, symbol):
            continue
        place = _place(project, view, symbol, question)
        if place is not None:
            told.add(question.function)
            yield _hit(symbol, place, question)


def _hit(symbol: ClassSymbol, place: Spot, question: _Question) -> Hit:
    asking, parent = question.function, question.parent.name
    listed = (asking.owner or symbol).node.name
    return Hit(
        (place, Spot(asking.module.path, question.span, "asked here, for those listed")),
        f"a new row of `{listed}` hangs on any `{parent}`: `create` never runs"
        f" `{asking.node.name}`, which asks about it",
        Confidence.MEDIUM,
        symbol.name,
        mend="ask in `perform_create` as well, or in a permission that every method runs",
    )


def _makes(project: Project, view: View) -> bool:
    """Whether a view of an API makes rows the way the library does."""
    if view.kind not in ("api", "viewset") or "POST" not in (view.methods or ()):
        return False
    return isinstance(view.symbol, ClassSymbol) and project.site.classes.inherits(
        view.symbol, ".ModelViewSet", ".CreateModelMixin", ".ListCreateAPIView"
    )


def _question(project: Project, symbol: ClassSymbol) -> _Question | None:
    """Return where `get_queryset`, or a method that it calls, asks about a row that it takes."""
    method = project.site.classes.method(symbol, "get_queryset")
    if method is None:
        return None
    for function in (method, *methods_called(project, symbol, method)):
        rows = {name: found for name, values in assigned_in(function).items() for value in values
                if (found := _taken(project, function, value)) is not None}  # fmt: skip
        for statement in statements(body(function.node)) if rows else ():
            for name in _asked(statement) & rows.keys():
                return _Question(rows[name], function, statement.span)
    return None


def _taken(project: Project, function: FunctionSymbol, value: n.Expr) -> Model | None:
    """Return the model of which one row is taken, whosever it is."""
    if not isinstance(value, n.Call) or tail(value.func) not in _TAKES:
        return None
    model = rows_of(project, function, taken_from(value))
    return model if model is not None and not model.is_user else None


def _asked(statement: n.Stmt) -> set[str]:
    """Return the rows that a statement asks about: by a check, or by an answer without rows to others."""
    if isinstance(statement, n.Do) and isinstance(statement.value, n.Call):
        call = statement.value
        parts = {tail(part) for part in inside(call)}
        if ASKS.search(tail(call.func)) and not parts.isdisjoint(("user", "request")):
            return parts - {"self", "request", "user"}
    if isinstance(statement, n.If) and not statement.other and _hides(statement.body):
        parts = {tail(part) for part in inside(statement.test)}
        return parts - {"self", "request", "user"} if "user" in parts else set()
    return asked_about(statement)


def _hides(block: tuple[n.Stmt, ...]) -> bool:
    """Whether a block ends with a refusal, or hands out no rows: `return Note.objects.none()`."""
    last = block[-1] if block else None
    is_empty = (
        isinstance(last, n.Return)
        and isinstance(last.value, n.Call)
        and tail(last.value.func) == "none"
    )
    return is_empty or ends_refusing(block)


def _asks(project: Project, view: View, symbol: ClassSymbol) -> bool:
    """Whether anything that runs where a row is made may ask about its parent."""
    classes = project.site.classes
    if classes.has_unknown_gate(symbol) or not all(
        _is_blind(project, name) for name in view.permissions
    ):
        return True
    ways = [method for name in _WAYS for method in classes.methods(symbol, name)]
    called = [function for method in ways for function in methods_called(project, symbol, method)]
    return any(map(_looks, (*ways, *called)))


def _is_blind(project: Project, name: str) -> bool:
    """Whether a permission does not see which parent is meant: it asks for a login, or about a row that is there."""
    if name in LOGIN_PERMISSIONS or "." in name:  # a right, such as `notes.add_note`
        return True
    found = [
        symbol for symbol in project.site.classes.of_kind("permission") if symbol.node.name == name
    ]
    methods = [
        m for symbol in found for m in project.site.classes.methods(symbol, "has_permission")
    ]
    return bool(found) and not any(_NAMES_ROW.match(word) for m in methods for word in m.node.words)


def _looks(function: FunctionSymbol) -> bool:
    """Whether a function asks, or hands on who asks; to write down who made a row is no question."""
    words = set(function.node.words)
    if words & _ASKING or refuses(words) or asks_who_may(words):
        return True
    return any(_hands_on_user(node) for node in expressions(body(function.node)))


def _hands_on_user(node: n.Expr) -> bool:
    if isinstance(node, n.Compare):
        return any(map(is_user, inside(node)))
    if not isinstance(node, n.Call) or tail(node.func) in _MAKES:
        return False
    given = given_to(node)
    return any(map(is_user, given)) or any(tail(value) == "request" for value in node.args[1:])


def _place(project: Project, view: View, symbol: ClassSymbol, question: _Question) -> Spot | None:
    """Return where the parent of a new row is taken from what was sent."""
    forms = [form for form in view.taken if form.kind == "serializer"]
    models = [model for model in (view.model, *(form.model for form in forms)) if model is not None]
    for name in ("perform_create", "create", "post"):
        for method in project.site.classes.methods(symbol, name):
            hung = [value for model in models for value in _hung(method, model, question.parent)]
            if hung:
                sent = next((value for value in hung if _is_sent(method, value)), None)
                return Spot(method.module.path, sent.span) if sent is not None else None
    if any(_takes_any(project, form, question.parent) for form in forms):
        asking = question.function.owner or symbol
        return Spot(asking.module.path, asking.node.span)
    return None


def _hung(method: FunctionSymbol, model: Model, parent: Model) -> list[n.Expr]:
    """Return what a method makes the parent of a new row: `serializer.save(project_id=…)`."""
    return [
        keyword.value
        for node in expressions(body(method.node))
        if isinstance(node, n.Call) and tail(node.func) in _MAKES
        for keyword in node.keywords
        if keyword.name is not None and _leads_to(model, keyword.name.removesuffix("_id"), parent)
    ]


def _leads_to(model: Model | None, name: str, parent: Model) -> bool:
    field = model.field(name) if model is not None else None
    return field is not None and (field.target or "").lower() == parent.label.lower()


def _is_sent(method: FunctionSymbol, value: n.Expr) -> bool:
    """Whether the request or the address says which row a value is, or its number."""
    values = (
        (value, *assigned_in(method).get(tail(value), ()))
        if isinstance(value, n.Name)
        else (value,)
    )
    return any(tail(part) in _SENT for one in values for part in inside(one))


def _takes_any(project: Project, form: Form, parent: Model) -> bool:
    """Whether a serializer takes any row as the parent, and looks at nothing of who sends it."""
    return any(
        _leads_to(form.model, name, parent)
        and name not in form.declared
        and not is_narrowed(project, form, name)
        for name in form.writes or ()
    )
