"""Rows that a view puts among those of another row, whatever the two hang on.

contact = get_object_or_404(Contact, pk=pk, workspace__members=request.user)
contact.labels.set(Label.objects.filter(pk__in=request.POST.getlist("labels")))

Contacts hang on a workspace, and so do labels: a label of any workspace comes to this contact.
"""

from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.flow.values.vocabulary import TAKES_ROW
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import tail
from pickguard.lessons.trust.answering import functions_of_views
from pickguard.lessons.trust.asking import asks_who_may
from pickguard.lessons.trust.named_calls import assigned_in
from pickguard.lessons.trust.owners.owner_functions import is_sent
from pickguard.lessons.trust.ownership import TO_ONE, owner_field, rows_of
from pickguard.lessons.trust.row_keys import taken_from
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, inside

_PUTS = frozenset({"set", "add", "aset", "aadd"})
_KEYS = frozenset({"pk__in", "id__in"})


def of_put_relatives(project: Project) -> Iterator[Hit]:
    """Yield where a view puts rows that the browser lists among the relatives of a row of another parent."""
    for view, function in functions_of_views(project):
        words = set(function.node.words)
        if words.isdisjoint(_PUTS) or asks_who_may(words) or "ValidationError" in words:
            continue
        assigned = assigned_in(function)
        for call in expressions(body(function.node)):
            if isinstance(call, n.Call) and tail(call.func) in _PUTS and len(call.args) == 1:
                yield from _put(project, view, function, call, assigned)


def _put(
    project: Project,
    view: View,
    function: FunctionSymbol,
    call: n.Call,
    assigned: dict[str, list[n.Expr]],
) -> Iterator[Hit]:
    relation = receiver_of(call)
    if not isinstance(relation, n.Attr) or not isinstance(relation.value, n.Name):
        return
    model = _model_of(project, view, function, assigned.get(relation.value.id, []))
    field = model.field(relation.name) if model is not None else None
    if model is None or field is None or field.kind != "ManyToManyField":
        return
    other = project.site.models.named(field.target)
    parent = _common(project, model, other) if other is not None and not other.is_user else ""
    if other is None or not parent or owner_field(project, other) is None:
        return
    value = call.args[0]
    if isinstance(value, n.Wrapped) and value.value is not None:
        value = value.value
    rows = _listed(project, function, value, assigned)
    if rows is not None and not _is_looked_at(function, value, parent):
        yield Hit(
            (Spot(function.module.path, rows.span),),
            f"any `{other.name}` comes among the `{relation.name}`, whatever its `{parent}` is",
            Confidence.MEDIUM,
            function.name,
            mend=f"choose among those of the same `{parent}`",
        )


def _model_of(
    project: Project, view: View, function: FunctionSymbol, values: list[n.Expr]
) -> Model | None:
    """Return the model of a row that is taken: `get_object_or_404(Contact, …)`, `self.get_object()`."""
    for value in values:
        if not isinstance(value, n.Call):
            continue
        if tail(value.func) == "get_object":
            return view.model
        if tail(value.func) in TAKES_ROW:
            return rows_of(project, function, taken_from(value))
    return None


def _common(project: Project, model: Model, other: Model) -> str:
    """Return the relation of a model to what another hangs on as well, people left out, or an empty text."""
    parents = {f.target.lower() for f in model.fields if f.kind.endswith(TO_ONE) and f.target}
    for field in other.fields:
        target = (field.target or "").lower()
        if field.kind.endswith(TO_ONE) and target in parents - project.user_models:
            return field.name
    return ""


def _listed(
    project: Project, function: FunctionSymbol, value: n.Expr, assigned: dict[str, list[n.Expr]]
) -> n.Expr | None:
    """Return where rows of anybody's are taken by the numbers that the browser lists, or those numbers."""
    if isinstance(value, n.Name) and len(assigned.get(value.id, ())) == 1:
        return _listed(project, function, assigned[value.id][0], {})
    if isinstance(value, n.Call) and tail(value.func) == "filter":
        keys = {keyword.name for keyword in value.keywords}
        manager = receiver_of(value)
        if not keys or not keys <= _KEYS or rows_of(project, function, manager) is None:
            return None
        return value if all(is_sent(function, k.value) for k in value.keywords) else None
    if isinstance(value, n.Call | n.Index) and not _takes_rows(value):
        return value if is_sent(function, value) else None
    return None


def _takes_rows(value: n.Expr) -> bool:
    return any(
        isinstance(part, n.Attr) and part.name in ("objects", "filter") for part in inside(value)
    )


def _is_looked_at(function: FunctionSymbol, value: n.Expr, parent: str) -> bool:
    """Whether the code looks at what the rows hang on: `labels.exclude(workspace=contact.workspace).exists()`."""
    if not isinstance(value, n.Name):
        return False
    for node in expressions(body(function.node)):
        if isinstance(node, n.Call) and any(parent in (k.name or "") for k in node.keywords):
            if any(isinstance(part, n.Name) and part.id == value.id for part in inside(node)):
                return True
        if isinstance(node, n.Compare) and any(
            isinstance(part, n.Attr) and part.name in (parent, f"{parent}_id")
            for part in inside(node)
        ):
            return True
    return False
