"""Trust rules about what forms let people point at: a relation reads as well as it writes."""

from collections.abc import Iterator
from itertools import chain

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.kit.code import is_true, tail
from pickguard.lessons.trust.openness import UNSAFE
from pickguard.lessons.trust.relations.asked_parents import of_asked_parents
from pickguard.lessons.trust.relations.chosen_relations import of_form, scopes_by
from pickguard.lessons.trust.relations.field_siblings import of_fields
from pickguard.lessons.trust.relations.named_choices import of_named_choices
from pickguard.lessons.trust.relations.named_parents import of_named_parents
from pickguard.lessons.trust.relations.named_values import of_values
from pickguard.lessons.trust.relations.narrowed_fields import is_narrowed, refuses
from pickguard.lessons.trust.relations.narrowed_siblings import of_narrowed_siblings
from pickguard.lessons.trust.relations.offered_rows import of_offered_rows
from pickguard.lessons.trust.relations.parent_siblings import of_parent_siblings
from pickguard.lessons.trust.relations.put_relatives import of_put_relatives
from pickguard.lessons.trust.relations.scoped_parents import of_scoped_parents
from pickguard.lessons.trust.relations.written_relations import of_written
from pickguard.lessons.trust.siblings.row_siblings import scoped_labels
from pickguard.site.forms.forms import Form
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol, ValueSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument, text
from pickguard.source.python.bodies import body
from pickguard.source.python.queries import MANAGERS
from pickguard.source.python.walk import expressions

_RELATED = frozenset({"PrimaryKeyRelatedField", "SlugRelatedField", "HyperlinkedRelatedField"})
_ALL = frozenset({"all", "order_by", "select_related"})
_WAYS = ("create", "update", "post", "put", "perform_create", "perform_update", "get_serializer", "initial",
         "dispatch", "check_permissions")  # fmt: skip


@rule(
    "trust.points-at-anybodys",
    title="a form lets people point at rows that they may not see",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(639, 863),
    severity=Severity.HIGH,
    gain="a user sends the number of somebody else's row, attaches their own to it, and reads or changes it that way",
    mend="choose it among the user's own: a field whose `get_queryset` filters by `self.context['request'].user`",
)
def points_at_anybodys(project: Project) -> Iterator[Hit]:
    """Find related fields, and relations filled by hand, over all rows where a view hands out one's own."""
    yield from _of_forms(project)
    for symbol, (made, running) in project.once(_made_by_views).items():
        if project.kind_of(symbol.module) is None:
            yield from of_form(project, made, running)
    told: set[tuple[str, int]] = set()
    for hit in chain.from_iterable(way(project) for way in _WAYS_TO_HANG):
        place = (hit.spots[0].path, hit.spots[0].span)
        if place not in told:
            told.add(place)
            yield hit


def _of_forms(project: Project) -> Iterator[Hit]:
    """Yield what forms and serializers offer, or take, of everybody's rows."""
    for form in project.site.forms.all:
        if form.kind not in ("serializer", "form") or form.symbol.module.holds_tests:
            continue
        views = project.views_by_form.get(form.symbol, ())
        if form.kind == "form":
            yield from of_form(project, form, views)
            yield from of_offered_rows(project, form)
            continue
        writing = [
            v
            for v in views
            if UNSAFE & set(v.methods or UNSAFE)
            and form in v.taken
            and not _FOR_STAFF & set(v.permissions)
        ]
        if not writing or project.site.classes.meta(form.symbol, "depth") is not None:
            continue
        if not any(_looks(project, view) for view in writing):
            said = {key for view in writing for key in _said(project, view, form)}
            found = [*_in_serializer(project, form), *_in_scope(project, form, writing)]
            yield from {name: hit for name, hit in found if name not in said}.values()


def _made_by_views(project: Project) -> dict[ClassSymbol, tuple[Form, list[View]]]:
    """Return the forms that generic views make of their `model` and `fields`, with the views that run them."""
    found: dict[ClassSymbol, tuple[Form, list[View]]] = {}
    for _route, view in project.views():
        for form in view.forms:
            if form.symbol == view.symbol:
                found.setdefault(form.symbol, (form, []))[1].append(view)
    return found


_WAYS_TO_HANG = (
    of_written,
    of_scoped_parents,
    of_put_relatives,
    of_values,
    of_fields,
    of_asked_parents,
    of_named_choices,
    of_named_parents,
    of_narrowed_siblings,
    of_parent_siblings,
)

# what lets in those alone who keep the site, and see all rows anyway
_FOR_STAFF = frozenset({"staff", "superuser", "IsAdminUser", "DjangoModelPermissions"})


def _looks(project: Project, view: View) -> bool:
    """Whether a view refuses somebody by itself, or narrows what its serializer may choose."""
    symbol = view.symbol
    if not isinstance(symbol, ClassSymbol):
        return True
    methods = [m for name in _WAYS for m in project.site.classes.methods(symbol, name)]
    return any(
        method.node.name == "get_serializer" or refuses(_with_called(project, symbol, method))
        for method in methods
    )


def _with_called(project: Project, symbol: ClassSymbol, method: FunctionSymbol) -> set[str]:
    """Return the words of a method, and those of the methods of its own that it mentions."""
    words = set(method.node.words)
    called = (project.site.classes.method(symbol, word) for word in method.node.words)
    return words.union(*(one.node.words for one in called if one is not None))


def _said(project: Project, view: View, form: Form) -> Iterator[str]:
    """Yield what a view itself puts into the data of a serializer: `data = {"note": note.pk}`."""
    symbol = view.symbol
    if not isinstance(symbol, ClassSymbol):
        return
    for member in project.site.classes.own_methods(symbol):
        if form.symbol.node.name in member.words:
            for node in expressions(body(member)):
                if isinstance(node, n.Mapping):
                    yield from (text(key) or "" for key in node.keys)


def _in_serializer(project: Project, form: Form) -> Iterator[tuple[str, Hit]]:
    """Yield the fields of a serializer that choose any row, with what is to be said of them."""
    for name in form.declared:
        found = project.site.classes.value(form.symbol, name)
        model = _points_at(project, found) if found is not None else None
        if model is None or found is None or model.label.lower() not in project.once(scoped_labels):
            continue
        if not is_narrowed(project, form, name):
            yield name, _hit(form, name, model, Spot(found.module.path, found.value.span))
    for name in form.writes or ():
        field = form.model.field(name) if form.model is not None else None
        label = field.target.lower() if field is not None and field.target is not None else ""
        is_said = project.site.classes.member(form.symbol, name) is not None
        if is_said or label not in project.once(scoped_labels):
            continue
        model = project.site.models.named(field.target) if field is not None else None
        if model is not None and form.meta is not None and not is_narrowed(project, form, name):
            yield name, _hit(form, name, model, Spot(form.meta.module.path, form.meta.value.span))


def _in_scope(project: Project, form: Form, views: list[View]) -> Iterator[tuple[str, Hit]]:
    """Yield the fields through which the API itself tells whose rows are: `filter(card__owner=user)`."""
    for name in form.writes or ():
        field = form.model.field(name) if form.model is not None else None
        model = project.site.models.named(field.target) if field is not None else None
        if model is None or model.is_user or form.meta is None:
            continue
        is_said = project.site.classes.member(form.symbol, name) is not None
        if is_said or not any(scopes_by(project, view, name) for view in views):
            continue
        if not is_narrowed(project, form, name):
            yield name, _hit(form, name, model, Spot(form.meta.module.path, form.meta.value.span))


def _hit(form: Form, name: str, model: Model, spot: Spot) -> Hit:
    return Hit(
        (spot,),
        f"`{form.symbol.node.name}.{name}` takes any `{model.name}`; its API hands out those of"
        " whoever asks",
        Confidence.MEDIUM,
        form.symbol.name,
    )


def _points_at(project: Project, found: ValueSymbol) -> Model | None:
    """Return the model that a field chooses any row of."""
    call = found.value
    if not isinstance(call, n.Call) or tail(call.func) not in _RELATED:
        return None
    if any(k.name == "read_only" and is_true(k.value) for k in call.keywords):
        return None
    node = argument(call, -1, "queryset")
    while isinstance(node, n.Call | n.Attr):
        if isinstance(node, n.Attr) and node.name in MANAGERS:
            return project.site.models.of(project.site.names.resolve(found.module, node.value))
        if isinstance(node, n.Attr) and node.name not in _ALL:
            return None
        node = node.func if isinstance(node, n.Call) else node.value
    return None
