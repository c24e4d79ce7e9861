"""Deployment rules about checks of data that stand in one way in and not in the other."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.site.forms.forms import Form
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import statements

_REFUSES = frozenset({"ValidationError", "add_error"})


@rule(
    "deployment.checked-by-form-only",
    title="a form checks a value that the API takes unchecked",
    areas=(Area.INTEGRITY,),
    cwe=(20, 1173),
    severity=Severity.MEDIUM,
    gain="what the form refuses is posted to the API instead, and stored",
    mend="move the check to the model: a validator of the field, or a constraint of the table",
)
def checked_by_form_only(project: Project) -> Iterator[Hit]:
    """Find `clean_title` in a form where a serializer in use writes `title` and has no check of it."""
    checks = _checks(project)
    for form in project.site.forms.all:
        model = form.model
        views = project.views_by_form.get(form.symbol, ())
        if form.kind != "serializer" or model is None or not any(form in v.taken for v in views):
            continue
        for name, method in checks.get(model.label, {}).items():
            if name in (form.writes or ()) and not _is_checked(project, form, model, name):
                yield Hit(
                    (
                        Spot(form.symbol.module.path, form.symbol.node.span),
                        Spot(method.module.path, method.node.span, "checked here alone"),
                    ),
                    f"`{form.symbol.node.name}` takes `{name}` without what `{method.qualname}` asks for",
                    Confidence.MEDIUM,
                    form.symbol.name,
                )


def _checks(project: Project) -> dict[str, dict[str, FunctionSymbol]]:
    """Return the methods of model forms that refuse values, by the model's label and field."""
    found: dict[str, dict[str, FunctionSymbol]] = {}
    for form in project.site.forms.all:
        if form.kind != "form" or form.model is None or project.kind_of(form.symbol.module):
            continue
        for field in form.model.fields:
            method = project.site.classes.method(form.symbol, f"clean_{field.name}")
            is_asked = field.name not in form.declared and field.name in (form.writes or ())
            if method is not None and is_asked and _refuses(method):
                if not field.options.get("unique") and not field.options.get("validators"):
                    found.setdefault(form.model.label, {})[field.name] = method
    return found


def _refuses(method: FunctionSymbol) -> bool:
    """Whether a method raises `ValidationError` for a value, by what the value is."""
    if not _REFUSES & set(method.node.words) or {"exists", "filter", "get"} & set(
        method.node.words
    ):
        return False
    return any(isinstance(s, n.If | n.Try) for s in statements(body(method.node)))


def _is_checked(project: Project, form: Form, model: Model, name: str) -> bool:
    """Whether a serializer, or the model, has a check of its own that may be about the field."""
    classes = project.site.classes
    if name in form.declared or classes.method(form.symbol, f"validate_{name}"):
        return True
    general = classes.method(form.symbol, "validate") or classes.method(
        form.symbol, "run_validation"
    )
    if general is not None and name in general.node.words:
        return True
    return _model_checks(project, model.symbol)


def _model_checks(project: Project, symbol: ClassSymbol) -> bool:
    """Whether the model's own `save` or `clean` runs for every way in."""
    save = project.site.classes.method(symbol, "save")
    return save is not None and bool({"full_clean", "clean"} & set(save.node.words))
