"""Forms of a page that offer everybody's rows of a model that belongs to users."""

from collections.abc import Iterable, Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import is_asker, tail
from pickguard.lessons.trust.openness import SHOWN
from pickguard.lessons.trust.ownership import (
    MADE,
    has_alternatives,
    is_filled_by_owner,
    is_user,
    narrowing_owner,
    owner_field,
)
from pickguard.site.access.guards import PERMISSION_WORDS
from pickguard.site.forms.forms import Form
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, statements

_LOOKING = PERMISSION_WORDS | {
    "queryset",
    "fields",
    "get_form",
    "get_form_kwargs",
    "limit_choices_to",
}
_IN_VIEW = _LOOKING | {"clean", "ValidationError", "add_error", "form_class"}
IN_FORM = _LOOKING | {"user", "request", "clean", "ValidationError"}
"""Words in a form of which any may narrow what it offers, or look at what was chosen."""


def of_form(project: Project, form: Form, views: Iterable[View]) -> Iterator[Hit]:
    """Yield the relations of a form that offer rows of all users, on pages that ask for a login alone.

    The page gives what it makes to whoever asks, or edits what the relation leads to them, so that its rows
    are people's own.
    """
    if not form.writes or form.model is None or form.meta is None:
        return
    made_by_view = any(view.symbol == form.symbol for view in views)
    if looks(project, form.symbol, _IN_VIEW if made_by_view else IN_FORM):
        return
    if made_by_view and _asks_by_hand(project, form.symbol):
        return
    is_for_all = any(_is_for_all(project, view, form.model) for view in views)
    for name in form.writes:
        if not is_for_all and not any(_leads_by(project, view, name) for view in views):
            continue
        model = _offered(project, form.model, name)
        owner = _owner(project, model) if model is not None else None
        if model is None or owner is None or MADE.search(owner) or name in form.declared:
            continue
        yield Hit(
            (Spot(form.meta.module.path, form.meta.value.span),),
            f"`{form.symbol.node.name}.{name}` offers every `{model.name}`, whoever its `{owner}` is",
            Confidence.MEDIUM,
            form.symbol.name,
        )


def _owner(project: Project, model: Model) -> str | None:
    return owner_field(project, model, 0) or narrowing_owner(project, model)


def _asks_by_hand(project: Project, symbol: ClassSymbol) -> bool:
    """Whether what takes a form does more with who asks than to write down whose the row is."""
    for name in _TAKES:
        for method in project.site.classes.methods(symbol, name):
            block = body(method.node)
            written = {id(s.value) for s in statements(block) if isinstance(s, n.Assign)}
            if any(is_asker(one) and id(one) not in written for one in expressions(block)):
                return True
    return False


_TAKES = ("form_valid", "post", "dispatch", "setup", "test_func")


def _is_for_all(project: Project, view: View, model: Model) -> bool:
    """Whether a page asks for a login alone, and makes whoever asks the owner of the new row."""
    owner = owner_field(project, model, 0)
    if view.login is not True or view.permissions:
        return False
    is_own = owner is not None and is_filled_by_owner(project, model, owner)
    return is_own and not looks_in_view(project, view)


def _leads_by(project: Project, view: View, name: str) -> bool:
    """Whether a page that asks for a login alone edits the rows that a relation leads to whoever asks."""
    if view.login is not True or view.permissions:
        return False
    return scopes_by(project, view, name) and not looks_in_view(project, view)


def scopes_by(project: Project, view: View, name: str) -> bool:
    """Whether a view hands out the rows that lead to whoever asks by a relation, and no others."""
    symbol = view.symbol
    if not isinstance(symbol, ClassSymbol) or view.login is False:
        return False
    method = project.site.classes.method(symbol, "get_queryset")
    if method is None or "user" not in method.node.words or has_alternatives(method):
        return False
    return any(
        isinstance(node, n.Call)
        and tail(node.func) == "filter"
        and any((k.name or "").startswith(f"{name}__") and is_user(k.value) for k in node.keywords)
        for node in expressions(body(method.node))
    )


def looks_in_view(project: Project, view: View) -> bool:
    """Whether a view narrows what its form offers, or asks for a right by itself."""
    if isinstance(view.symbol, ClassSymbol):
        return looks(project, view.symbol, _LOOKING)
    return not _LOOKING.isdisjoint(view.words)


def looks(project: Project, symbol: ClassSymbol, words: frozenset[str]) -> bool:
    """Whether a method of a class, or of one that it builds on, narrows what may be chosen."""
    return any(
        member.name in words or not words.isdisjoint(member.words)
        for member in project.site.classes.own_methods(symbol)
    )


def _offered(project: Project, model: Model, name: str) -> Model | None:
    """Return the model of the site's own that a relation chooses from, if its rows are people's own."""
    field = model.field(name)
    if field is None or field.kind not in ("ForeignKey", "OneToOneField", "ManyToManyField"):
        return None
    found = project.site.models.named(field.target)
    if found is None or found.is_user or "limit_choices_to" in field.options:
        return None
    return None if any(SHOWN.search(one.name) for one in found.fields) else found
