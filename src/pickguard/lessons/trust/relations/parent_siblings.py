"""The one form that takes rows of every parent where another form of its page takes those of the page's own.

class GroupForm(forms.ModelForm):                      class OverrideForm(forms.ModelForm):
    def __init__(self, *args, project, **kwargs):          class Meta:
        field = self.fields["font"]                            model = Override
        field.queryset = (                                     fields = ["language", "font"]
            field.queryset.filter(project=project))
"""

from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import tail, text
from pickguard.lessons.trust.relations.narrowed_siblings import RELATIONS, mentions
from pickguard.site.forms.forms import Form
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, inside, statements


def of_parent_siblings(project: Project) -> Iterator[Hit]:
    """Yield the relations of model forms that are left open, of a model that a form of the same page narrows."""
    seen: set[tuple[str, str]] = set()
    for _route, view in project.views():
        forms = view.forms
        if len(forms) < 2 or any(project.kind_of(form.symbol.module) is not None for form in forms):
            continue
        narrowing = {key: form for form in forms for key in _narrowed(project, form)}
        for form in forms if narrowing else ():
            for name, (label, parent) in _open_fields(project, form, narrowing):
                beside = narrowing[label, parent]
                key = (form.symbol.name, name)
                if key not in seen and not _narrows_by_hand(view, form, name):
                    seen.add(key)
                    yield _hit(form, name, label, parent, beside)


def _hit(form: Form, name: str, label: str, parent: str, beside: Form) -> Hit:
    spot = form.meta or form.symbol
    at = form.meta.value.span if form.meta is not None else form.symbol.node.span
    model = label.rpartition(".")[2]
    return Hit(
        (
            Spot(spot.module.path, at),
            Spot(beside.symbol.module.path, beside.symbol.node.span, f"asks for the `{parent}`"),
        ),
        f"`{name}` of `{form.symbol.node.name}` takes any `{model}`; `{beside.symbol.node.name}` takes those"
        f" of one `{parent}`",
        Confidence.MEDIUM,
        form.symbol.name,
        gain=f"whoever may change one `{parent}` points at what another one keeps for itself, and reads it that way",
        mend=f"hand the form its `{parent}`, and narrow the field by it as the other form does",
    )


def _open_fields(
    project: Project, form: Form, narrowing: dict[tuple[str, str], Form]
) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield the relations of a form that nothing in it narrows, to models that another form narrows."""
    for name in form.writes or ():
        field = form.model.field(name) if form.model is not None else None
        if field is None or field.kind not in RELATIONS or name in form.declared:
            continue
        target = project.site.models.named(field.target)
        keys = [key for key in narrowing if target is not None and key[0] == target.label]
        if not keys or narrowing[keys[0]] == form or "limit_choices_to" in field.options:
            continue
        if not mentions(project, form, name):
            yield name, keys[0]


def _narrowed(project: Project, form: Form) -> Iterator[tuple[str, str]]:
    """Yield the label of each model that a form narrows to the rows of a parent that it is handed, and the parent."""
    for method in project.site.classes.methods(form.symbol, "__init__"):
        fields = dict(_fields(method))
        for statement in statements(body(method.node)):
            if not isinstance(statement, n.Assign):
                continue
            for target in statement.targets:
                if isinstance(target, n.Attr) and target.name == "queryset":
                    name = _field_name(target.value) or fields.get(tail(target.value))
                    yield from _by_parent(project, form, name, method, statement.value)


def _by_parent(
    project: Project, form: Form, name: str | None, method: FunctionSymbol, value: n.Expr
) -> Iterator[tuple[str, str]]:
    field = form.model.field(name) if form.model is not None and name is not None else None
    target = project.site.models.named(field.target) if field is not None else None
    handed = {param.name for param in method.node.params} | set(_popped(method))
    for call in inside(value):
        if target is None or tail(func_of(call)) != "filter" or not isinstance(call, n.Call):
            continue
        for keyword in call.keywords:
            parent = target.field(keyword.name or "")
            is_relation = parent is not None and parent.kind == "ForeignKey"
            if is_relation and isinstance(keyword.value, n.Name) and keyword.value.id in handed:
                yield target.label, keyword.name or ""


def _popped(method: FunctionSymbol) -> Iterator[str]:
    """Yield the names that a method takes out of its keywords: `project = kwargs.pop("project")`."""
    for statement in statements(body(method.node)):
        if isinstance(statement, n.Assign) and tail(func_of(statement.value)) in ("pop", "get"):
            yield from (target.id for target in statement.targets if isinstance(target, n.Name))


def _fields(method: FunctionSymbol) -> Iterator[tuple[str, str]]:
    """Yield the names that fields are kept in: `field = self.fields["font"]`, or cast to a type."""
    for statement in statements(body(method.node)):
        if isinstance(statement, n.Assign):
            for part in inside(statement.value):
                name = _field_name(part)
                for target in statement.targets if name is not None else ():
                    if isinstance(target, n.Name):
                        yield target.id, name or ""


def _field_name(node: n.Expr) -> str | None:
    """Return `font` of `self.fields["font"]`."""
    return text(node.index) if isinstance(node, n.Index) and tail(node.value) == "fields" else None


def _narrows_by_hand(view: View, form: Form, name: str) -> bool:
    """Whether a page narrows the field, or looks at what was chosen, where it takes the form."""
    return any(
        text(node) == name or tail(node) == name
        for _method, function in view.handlers
        if form.symbol.node.name in function.node.words
        for node in expressions(body(function.node))
    )
