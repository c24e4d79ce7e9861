"""Form rules about checks that are never made, since there is no field of their name."""

from collections.abc import Iterator
from difflib import get_close_matches

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.site.forms.forms import Form
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import text
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions

_PREFIXES = {"form": "clean_", "serializer": "validate_"}
_CLOSE = 0.8


@rule(
    "forms.check-of-no-field",
    title="a check has the name of a field that is not there",
    areas=(Area.INTEGRITY,),
    cwe=(1164, 20),
    severity=Severity.MEDIUM,
    gain="the check is never made, so whatever it was to refuse is taken",
    mend="name the method for the field as it is written: `clean_email`, `validate_email`",
)
def check_of_no_field(project: Project) -> Iterator[Hit]:
    """Find `clean_emial` in forms and `validate_emial` in serializers with a field `email`."""
    for form in project.site.forms.all:
        prefix = _PREFIXES.get(form.kind)
        if prefix is not None:
            yield from _of_form(project, form, prefix)


def _of_form(project: Project, form: Form, prefix: str) -> Iterator[Hit]:
    methods = [
        member
        for member in form.symbol.node.body
        if isinstance(member, n.Function) and member.name.startswith(prefix)
    ]
    if not methods:
        return
    fields, names = _fields(form), _names(project, form)
    for method in methods:
        name = method.name.removeprefix(prefix)
        close = get_close_matches(name, fields, 1, _CLOSE)
        if name in fields | names or not close or f"{prefix}{close[0]}" in names:
            continue
        if not _is_spoken_of(form, method.name, name):
            yield Hit(
                (Spot(form.symbol.module.path, method.span),),
                f"`{method.name}` is never called: `{form.symbol.node.name}` has no field `{name}`",
                Confidence.HIGH,
                f"{form.symbol.name}.{method.name}",
                mend=f"did you mean `{prefix}{close[0]}`?",
            )


def _fields(form: Form) -> set[str]:
    found = {*form.declared, *form.listed}
    if form.model is not None:
        found |= {field.name for field in form.model.fields}
    return found


def _names(project: Project, form: Form) -> set[str]:
    """Return all names in a form's class, in its bases, and in what builds on it."""
    classes = project.site.classes
    found = list(classes.own_line(form.symbol))
    waiting = [form.symbol]
    while waiting:
        fresh = [each for each in classes.subclasses.get(waiting.pop(), ()) if each not in found]
        found += fresh
        waiting += fresh
    return {name for symbol in found for name in project.site.names.class_scope(symbol)}


def _is_spoken_of(form: Form, method: str, name: str) -> bool:
    """Whether the class calls the method itself, or makes a field of the name while it runs."""
    for member in form.symbol.node.body:
        if isinstance(member, n.Function) and member.name != method:
            if method in member.words or any(text(x) == name for x in expressions(body(member))):
                return True
    return False
