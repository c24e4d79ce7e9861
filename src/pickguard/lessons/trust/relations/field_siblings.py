"""The one form that takes any row in a field of which another form of its module asks who may choose it.

class Copy(New):                               class New(forms.Form):
    def clean_source(self):                        source = forms.ModelChoiceField(Page.objects.all())
        if not may_see(self.user, source): …
"""

from collections import defaultdict
from collections.abc import Iterator

from msgspec import Struct

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import argument, tail
from pickguard.lessons.trust.asking import ASKS, REFUSALS
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol, ValueSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.bodies import body
from pickguard.source.python.queries import MANAGERS
from pickguard.source.python.walk import expressions, inside

_CHOICES = frozenset({"ModelChoiceField", "ModelMultipleChoiceField"})
_REFUSES = REFUSALS | {"ValidationError", "add_error"}
_USER = frozenset({"user", "_user", "request"})


class _Field(Struct, frozen=True):
    """A field by which a form chooses among rows of a model."""

    form: ClassSymbol
    name: str
    model: Model
    value: ValueSymbol


def of_fields(project: Project) -> Iterator[Hit]:
    """Yield the fields that choose among all rows unasked, where a form beside it asks about the row."""
    groups: dict[tuple[str, str, str], list[_Field]] = defaultdict(list)
    for form in project.site.forms.all:
        if form.kind == "form" and project.kind_of(form.symbol.module) is None:
            for field in _fields(project, form.symbol):
                groups[form.symbol.module.path, field.name, field.model.label].append(field)
    for _key, fields in sorted(groups.items(), key=lambda item: item[0]):
        asking = [field for field in fields if _asks(project, field)]
        for field in fields if asking else ():
            if field not in asking and not _looks_at(project, field):
                yield _hit(field, asking[0])


def _hit(field: _Field, asking: _Field) -> Hit:
    return Hit(
        (
            Spot(field.value.module.path, field.value.value.span),
            Spot(asking.form.module.path, asking.form.node.span, "asks who may choose it"),
        ),
        f"`{field.name}` of `{field.form.node.name}` takes any `{field.model.name}`;"
        f" `{asking.form.node.name}` asks who may",
        Confidence.MEDIUM,
        field.form.name,
    )


def _fields(project: Project, symbol: ClassSymbol) -> Iterator[_Field]:
    for name in project.site.names.class_scope(symbol):
        found = project.site.names.own_member(symbol, name)
        call = found.value if isinstance(found, ValueSymbol) else None
        if not isinstance(found, ValueSymbol) or not isinstance(call, n.Call):
            continue
        rows = argument(call, 0, "queryset") if tail(call.func) in _CHOICES else None
        model = _model(project, symbol, rows) if rows is not None else None
        if model is not None:
            yield _Field(symbol, name, model, found)


def _model(project: Project, symbol: ClassSymbol, rows: n.Expr) -> Model | None:
    """Return the model among whose rows a field chooses: `Page` of `Page.objects.filter(…)`."""
    for part in inside(rows):
        if isinstance(part, n.Attr) and part.name in MANAGERS:
            return project.site.models.of(project.site.names.resolve(symbol.module, part.value))
    return None


def _asks(project: Project, field: _Field) -> bool:
    """Whether the form itself asks about the row and the user together, and refuses."""
    method = project.site.classes.method(field.form, f"clean_{field.name}")
    if method is None or _REFUSES.isdisjoint(method.node.words):
        return False
    return any(_has_both(node, field.name) for node in expressions(body(method.node)))


def _has_both(node: n.Expr, name: str) -> bool:
    if not isinstance(node, n.Call) or not ASKS.search(tail(node.func)):
        return False
    names = {tail(part) for part in inside(node)}
    return name in names and bool(names & _USER)


def _looks_at(project: Project, field: _Field) -> bool:
    """Whether anything else of the form looks at the field and the user together."""
    functions: Iterator[FunctionSymbol] = project.site.classes.own_functions(field.form)
    return any(
        _has_both(node, field.name)
        or (isinstance(node, n.Call) and tail(node.func) in ("filter", "for_user", "visible_to")
            and {tail(part) for part in inside(node)} & _USER)
        for function in functions
        if _names(function, field.name)
        for node in expressions(body(function.node))
    )  # fmt: skip


def _names(function: FunctionSymbol, name: str) -> bool:
    return any(
        (isinstance(node, n.Const) and node.value == name) or tail(node) == name
        for node in expressions(body(function.node))
    )
