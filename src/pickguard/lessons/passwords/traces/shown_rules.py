"""Serializers and templates that show the password of a user."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.lessons.passwords.traces.printed_passwords import printed_passwords
from pickguard.lessons.passwords.traces.taking_serializers import only_takes
from pickguard.site.forms.forms import Form
from pickguard.site.forms.written import Selection
from pickguard.site.symbols.unknown import UNKNOWN


@rule(
    "passwords.hash-in-output",
    title="a serializer or a template hands out password hashes",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(200, 522),
    severity=Severity.HIGH,
    gain="whoever can read the object takes the hash home and tries passwords at leisure",
    mend="leave `password` out of `fields`, or mark it `write_only`",
)
def hash_in_output(project: Project) -> Iterator[Hit]:
    """Find serializers and templates that show the password of a user, or all of a user by `depth`."""
    yield from printed_passwords(project)
    for form in project.site.forms.all:
        if (
            form.kind in ("serializer", "schema", "graphql_type")
            and not form.symbol.module.holds_tests
        ):
            yield from _shown_password(project, form)
            yield from _shown_by_depth(project, form)


def _shown_by_depth(project: Project, form: Form) -> Iterator[Hit]:
    """Find `depth = 1` in serializers of models that lead to a user: all of the user is shown."""
    found = project.site.classes.meta(form.symbol, "depth") if form.kind == "serializer" else None
    depth = project.site.forms.value(found) if found is not None else 0
    if found is None or form.model is None or not isinstance(depth, int) or depth < 1:
        return
    for field in form.model.fields:
        is_user = field.target is not None and field.target.lower() in project.user_models
        if is_user and field.name in form.chosen and field.name not in form.declared:
            yield Hit(
                (Spot(found.module.path, found.value.span),),
                f"`depth` shows all of `{form.model.name}.{field.name}`, the password hash with it",
                Confidence.HIGH if form.symbol in project.views_by_form else Confidence.MEDIUM,
                form.symbol.name,
            )
            return


def _shown_password(project: Project, form: Form) -> Iterator[Hit]:
    model = form.model
    if model is None or model.field("password") is None or form.selection is Selection.UNSAID:
        return
    if "password" not in form.chosen:
        return
    if _is_write_only(project, form):
        return
    if not model.is_user or any(name.startswith("new_password") for name in form.declared):
        return  # a form to change it takes the old one in
    if form.kind == "serializer" and only_takes(project, form.symbol):
        return
    meta = form.meta
    spot = (
        Spot(meta.module.path, meta.value.span)
        if meta
        else Spot(form.symbol.module.path, form.symbol.node.span)
    )
    is_shown = form.kind == "graphql_type" or form.symbol in project.views_by_form
    yield Hit(
        (spot,),
        f"`{form.symbol.node.name}` shows the password hash of `{model.name}`",
        Confidence.HIGH if is_shown else Confidence.MEDIUM,
        form.symbol.name,
    )


def _is_write_only(project: Project, form: Form) -> bool:
    if "password" in form.declared:
        return True
    extra = project.site.classes.meta(form.symbol, "extra_kwargs")
    value = project.site.forms.value(extra) if extra is not None else {}
    if value is UNKNOWN:
        return True
    options = value.get("password") if isinstance(value, dict) else None
    return isinstance(options, dict) and options.get("write_only") is True
