"""Trust rules about rows that hang on others: who may see the one named first need not own the second."""

from collections.abc import Iterator
from dataclasses import dataclass

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import tail
from pickguard.site.models import Model
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import inside

_FETCHERS = ("get_object_or_404", "aget_object_or_404", "get", "aget")
_KEYS = frozenset({"pk", "id", "uuid", "pk__in", "id__in"})
_RELATIONS = ("ForeignKey", "OneToOneField", "ParentalKey")


@dataclass(frozen=True, slots=True)
class _Taken:
    """A row that a call takes: what of, by which keywords, and the names that it gets."""

    call: n.Call
    model: Model
    keys: frozenset[str]
    names: frozenset[str]


@code_rule(
    "trust.child-of-another",
    words=("get_object_or_404", "aget_object_or_404", "objects"),
    packages=("django",),
    needs_browser=True,
    title="a row is taken by its number, whatever it hangs on",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(639, 863),
    severity=Severity.HIGH,
    gain="who may see one parent names it, and with it the number of a row that hangs on somebody else's",
    mend="take it among the parent's own: `get_object_or_404(parent.comments, pk=pk)`",
)
def child_of_another(code: Code) -> Iterator[Hit]:
    """Find a parent taken by what the address says, and a child of any parent by its number alone."""
    if code.function is None:
        return
    taken = list(_taken(code))
    for child in taken:
        parent = next((p for p in taken if _relation(child.model, p.model)), None)
        if parent is None or parent is child or not child.keys <= _KEYS:
            continue
        relation = _relation(child.model, parent.model)
        if not _is_asked_for(code, parent) or _is_tied(code, child, parent, relation):
            continue
        yield Hit(
            (code.spot(child.call), code.spot(parent.call, "the one that is asked for")),
            f"any `{child.model.name}` is taken, whatever its `{relation}` is",
            Confidence.MEDIUM,
            code.symbol,
        )


def _taken(code: Code) -> Iterator[_Taken]:
    calls = [call for call in code.calls(*_FETCHERS) if call.keywords]
    for call in calls if len(calls) > 1 else ():
        model = _model_of(code, call)
        keys = frozenset(keyword.name for keyword in call.keywords if keyword.name)
        if model is None or not keys or not any(_is_named(code, k.value) for k in call.keywords):
            continue
        names = (
            tail(target)
            for statement in code.statements
            if isinstance(statement, n.Assign) and call in inside(statement.value)
            for target in statement.targets
        )
        yield _Taken(call, model, keys, frozenset(names))


def _model_of(code: Code, call: n.Call) -> Model | None:
    models = code.project.site.models
    if tail(call.func).endswith("get_object_or_404"):
        return models.of(code.resolve(_chosen_from(call.args[0]))) if call.args else None
    manager = call.func.value if isinstance(call.func, n.Attr) else None
    if isinstance(manager, n.Attr) and manager.name == "objects":
        return models.of(code.resolve(manager.value))
    return None


def _chosen_from(value: n.Expr) -> n.Expr:
    """Return `Note` of `Note` and of `Note.objects.visible_to(user)`."""
    node = value
    while isinstance(node, n.Call | n.Attr):
        is_manager = isinstance(node, n.Attr) and node.name == "objects"
        node = node.func if isinstance(node, n.Call) else node.value
        if is_manager:
            return node
    return value


def _is_named(code: Code, value: n.Expr) -> bool:
    """Whether the address or the request says which row, in a plain way."""
    if isinstance(value, n.Name):
        return value.id in code.body.url or code.origin(value).is_browser
    return any(tail(part) == "kwargs" for part in inside(value)) or code.origin(value).is_browser


def _relation(child: Model, parent: Model) -> str:
    """Return the field of a model that leads to another, or an empty text."""
    for field in child.fields:
        if field.kind.endswith(_RELATIONS) and field.target is not None:
            if field.target.lower() == parent.label.lower() and child.label != parent.label:
                return field.name
    return ""


def _is_asked_for(code: Code, parent: _Taken) -> bool:
    """Whether the parent is that of whoever asks, or the code asks whether they may."""
    if any(tail(part) == "user" for part in inside(parent.call)):
        return True
    for node in code.expressions:
        if isinstance(node, n.Call | n.Compare):
            parts = {tail(part) for part in inside(node)}
            if "user" in parts and parts & parent.names and not _only_shows(node):
                return True
    return False


def _only_shows(node: n.Expr) -> bool:
    return isinstance(node, n.Call) and tail(node.func) in (
        "render",
        "Response",
        "JsonResponse",
        "info",
    )


def _is_tied(code: Code, child: _Taken, parent: _Taken, relation: str) -> bool:
    """Whether anything ties the child to the parent, or asks about the child by itself."""
    for node in code.expressions:
        if isinstance(node, n.Attr) and node.name in (relation, f"{relation}_id"):
            return True
        if isinstance(node, n.Call | n.Compare) and node != child.call:
            parts = {tail(part) for part in inside(node)}
            if (
                parts & child.names
                and (parts & parent.names or "user" in parts)
                and not _only_shows(node)
            ):
                return True
    return any(tail(part) in parent.names for k in child.call.keywords for part in inside(k.value))
