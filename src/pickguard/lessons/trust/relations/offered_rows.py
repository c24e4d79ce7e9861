"""Forms that offer all rows of a model by a field of their own, where other pages show people their own ones.

class TransferForm(forms.Form):
    source = forms.ModelChoiceField(queryset=Account.objects.all())
"""

from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.flow.bodies.effects import MANAGER_WRITES
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import argument, tail
from pickguard.lessons.trust.openness import SHOWN, UNSAFE
from pickguard.lessons.trust.ownership import narrowing_owner, rows_in
from pickguard.lessons.trust.relations.chosen_relations import (
    IN_FORM,
    looks,
    looks_in_view,
)
from pickguard.site.forms.forms import Form
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol, ValueSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n

CHOICES = frozenset({"ModelChoiceField", "ModelMultipleChoiceField"})


def of_offered_rows(project: Project, form: Form) -> Iterator[Hit]:
    """Yield the fields by which a form that members send offers the rows of all of them."""
    fields = [name for name, kind in form.declared.items() if kind in CHOICES]
    if not fields or looks(project, form.symbol, IN_FORM):
        return
    if not any(
        _is_open(project, view, form) for view in project.views_by_form.get(form.symbol, ())
    ):
        return
    for name in fields:
        found = project.site.classes.value(form.symbol, name)
        model = _offered(project, found) if found is not None else None
        owner = narrowing_owner(project, model) if model is not None else None
        if found is None or model is None or owner is None:
            continue
        yield Hit(
            (Spot(found.module.path, found.value.span),),
            f"`{form.symbol.node.name}.{name}` offers every `{model.name}`, whoever its `{owner}` is",
            Confidence.MEDIUM,
            form.symbol.name,
        )


def _is_open(project: Project, view: View, form: Form) -> bool:
    """Whether a page asks for a login alone, does something with what it is sent, and narrows no choice."""
    if view.login is not True or view.permissions or form not in view.taken:
        return False
    if not UNSAFE & set(view.methods or UNSAFE) or looks_in_view(project, view):
        return False
    return form.model is not None or _writes(project, view)


def _writes(project: Project, view: View) -> bool:
    """Whether a page changes rows by what it is sent, and does not only search among them."""
    if not isinstance(view.symbol, ClassSymbol):
        return "POST" in view.words and not _WRITES.isdisjoint(view.words)
    own = project.site.classes.own_methods(view.symbol)
    return any(one.name in _TAKES and not _WRITES.isdisjoint(one.words) for one in own)


_TAKES = frozenset({"post", "form_valid"})
_WRITES = MANAGER_WRITES | {"save", "add", "set", "remove"}


def _offered(project: Project, found: ValueSymbol) -> Model | None:
    """Return the model all of whose rows a field offers, if people do not show these to others."""
    call = found.value
    if not isinstance(call, n.Call) or tail(call.func) not in CHOICES:
        return None
    model = rows_in(project, found.module, argument(call, 0, "queryset"))
    if model is None or model.is_user or any(SHOWN.search(one.name) for one in model.fields):
        return None
    return model
