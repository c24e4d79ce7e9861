"""The one form that lets people choose among all rows where another form of its module shows them their own.

class TranslationForm(forms.Form):                     class SubprojectForm(forms.ModelForm):
    def __init__(self, *args, user, **kwargs):             class Meta:
        self.fields["project"].queryset = (                    model = Relationship
            Project.objects.for_user(user))                    fields = ["child"]
"""

from collections import defaultdict
from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import tail, text
from pickguard.site.forms.forms import Form
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.bodies import body
from pickguard.source.python.queries import MANAGERS
from pickguard.source.python.walk import expressions, inside, statements

_USER = frozenset({"user", "_user", "request"})
RELATIONS = frozenset({"ForeignKey", "OneToOneField", "ManyToManyField"})


def of_narrowed_siblings(project: Project) -> Iterator[Hit]:
    """Yield the relations of model forms that are left open, of a model that a form beside it narrows by who asks."""
    groups: dict[str, list[Form]] = defaultdict(list)
    for form in project.site.forms.all:
        if form.kind == "form" and project.kind_of(form.symbol.module) is None:
            groups[form.symbol.module.path].append(form)
    for _path, forms in sorted(groups.items()):
        narrowing = {model: form for form in forms for model in _narrowed(project, form.symbol)}
        for form in forms if narrowing else ():
            if project.views_by_form.get(form.symbol) and _knows_user(project, form):
                yield from _left_open(project, form, narrowing)


def _left_open(project: Project, form: Form, narrowing: dict[str, Form]) -> Iterator[Hit]:
    for name in form.writes or ():
        field = form.model.field(name) if form.model is not None else None
        target = _target(project, field.target) if field and field.kind in RELATIONS else None
        beside = narrowing.get(target.label) if target is not None else None
        if target is None or beside is None or beside == form or name in form.declared:
            continue
        if "limit_choices_to" in (field.options if field else ()) or mentions(project, form, name):
            continue
        spot = form.meta or form.symbol
        at = form.meta.value.span if form.meta is not None else form.symbol.node.span
        yield Hit(
            (
                Spot(spot.module.path, at),
                Spot(beside.symbol.module.path, beside.symbol.node.span, "shows people their own"),
            ),
            f"`{name}` of `{form.symbol.node.name}` takes any `{target.name}`;"
            f" `{beside.symbol.node.name}` lets people choose among their own",
            Confidence.MEDIUM,
            form.symbol.name,
        )


def _target(project: Project, label: str | None) -> Model | None:
    return project.site.models.named(label) if label else None


def _narrowed(project: Project, symbol: ClassSymbol) -> Iterator[str]:
    """Yield the labels of the models whose rows a form narrows to those of whoever asks."""
    for method in project.site.classes.methods(symbol, "__init__"):
        for statement in statements(body(method.node)):
            if not isinstance(statement, n.Assign) or not any(map(_is_queryset, statement.targets)):
                continue
            parts = list(inside(statement.value))
            if not any(tail(part) in _USER for part in parts):
                continue
            for part in parts:
                if isinstance(part, n.Attr) and part.name in MANAGERS:
                    named = project.site.names.resolve(method.module, part.value)
                    model = project.site.models.of(named)
                    if model is not None:
                        yield model.label


def _is_queryset(target: n.Expr) -> bool:
    """Whether it is `self.fields["project"].queryset`."""
    return (
        isinstance(target, n.Attr)
        and target.name == "queryset"
        and isinstance(target.value, n.Index)
        and tail(target.value.value) == "fields"
    )


def _knows_user(project: Project, form: Form) -> bool:
    methods = project.site.classes.own_methods(form.symbol)
    return any(not _USER.isdisjoint(method.words) for method in methods)


def mentions(project: Project, form: Form, name: str) -> bool:
    """Whether a method of the form is about a field: it narrows it, or looks at what was chosen."""
    return any(
        name in method.name or any(text(node) == name for node in expressions(body(method)))
        for method in project.site.classes.own_methods(form.symbol)
    )
