"""The one page that hands out all rows of a relation, where another leaves those that the user may see.

`result.entries.restrict(request.user, "view")` on the page, and `result.entries.all()` in the API. What
narrows rows to a user is learnt from the site: a method of querysets that many pages hand the user to.
"""

from collections import defaultdict
from collections.abc import Iterator

from msgspec import Struct

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import tail
from pickguard.lessons.trust.answering import functions_of_views
from pickguard.lessons.trust.openness import PUBLIC, proves_itself
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import given_to, receiver_of
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, statements

_RELATIONS = ("ForeignKey", "OneToOneField", "ParentalKey", "ManyToManyField")
# Methods of a queryset that leave no row out by who asks
_KEEPS = frozenset(
    {"all", "filter", "exclude", "order_by", "select_related", "prefetch_related", "distinct"}
    | {"annotate", "only", "defer"}
)
# They take a user as well, and narrow nothing to what one may see
_NO_SCOPES = _KEEPS | {"get", "create", "add", "remove", "update", "get_or_create", "set", "count"}
_FEWEST = 3


class _Use(Struct, frozen=True):
    """Where a page takes the rows of a relation, and by which method it narrows them."""

    view: View
    function: FunctionSymbol
    call: n.Call
    method: str


def of_relations(project: Project) -> Iterator[Hit]:
    """Yield the pages that hand out all rows of a relation which others narrow to the user."""
    scopes = project.once(scopes_of)
    if not scopes:
        return
    related = _related_names(project)
    groups: dict[tuple[str, str], list[_Use]] = defaultdict(list)
    for view, function in functions_of_views(project):
        for relation, use in _uses(view, function, scopes):
            owner = _owner(project, use, relation.value) if relation.name in related else None
            if owner is not None:
                groups[owner.label, relation.name].append(use)
    for (_owner_label, name), uses in sorted(groups.items()):
        narrowed = [use for use in uses if use.method]
        odd = [use for use in uses if not use.method and _is_unasked(use)]
        if narrowed and len({use.function for use in odd}) <= len(narrowed):
            yield from (_hit(name, use, narrowed[0]) for use in odd)


def _hit(name: str, use: _Use, other: _Use) -> Hit:
    return Hit(
        (
            Spot(use.function.module.path, use.call.span),
            Spot(other.function.module.path, other.call.span, "leaves what the user may see"),
        ),
        f"all of `{name}` is handed out; `{other.function.node.name}` leaves what"
        f" `{other.method}` lets the user see",
        Confidence.MEDIUM,
        use.function.name,
    )


def _owner(project: Project, use: _Use, row: n.Expr) -> Model | None:
    """Return the model of the row that a relation is taken of: its own, or that of the whole page."""
    code = project.code_of(use.function)
    found = project.flow.types.of(code.body, row, code.body.scope.at(use.call.span))
    return found.model if found is not None and found.model is not None else use.view.model


def scopes_of(project: Project) -> frozenset[str]:
    """Return the methods that the pages of a site narrow rows to their user by."""
    found: dict[str, set[FunctionSymbol]] = defaultdict(set)
    for _view, function in functions_of_views(project):
        if "user" in function.node.words:
            for node in expressions(body(function.node)):
                if isinstance(node, n.Call) and _takes_user(node):
                    found[tail(node.func)].add(function)
    return frozenset(name for name, functions in found.items() if len(functions) >= _FEWEST)


def _takes_user(call: n.Call) -> bool:
    """Whether a method of rows is given the user first: `.restrict(request.user, "view")`."""
    if not isinstance(call.func, n.Attr) or not call.args or call.func.name in _NO_SCOPES:
        return False
    given = call.args[0]
    return isinstance(given, n.Attr) and given.name == "user" and _is_rows(call.func.value)


def _is_rows(node: n.Expr) -> bool:
    """Whether an expression is by its words a queryset: `Note.objects`, `self.queryset`, `rows.all()`."""
    if isinstance(node, n.Call):
        return tail(node.func) in _KEEPS | {"get_queryset", "super"}
    return tail(node) in _MANAGERS


_MANAGERS = frozenset({"objects", "queryset", "_default_manager", "qs"})


def _uses(
    view: View, function: FunctionSymbol, scopes: frozenset[str]
) -> Iterator[tuple[n.Attr, _Use]]:
    """Yield the relations that a function takes rows of, with how; what it only goes over is left out."""
    calls = [node for node in expressions(body(function.node)) if isinstance(node, n.Call)]
    for call in calls:
        relation = _relation(receiver_of(call)) if tail(call.func) in scopes else None
        if relation is not None and any(tail(given) == "user" for given in call.args):
            yield relation, _Use(view, function, call, tail(call.func))
    handed = {value.span for value in _handed_on(function)}
    for call in calls:
        if call.span in handed and tail(call.func) in _KEEPS:
            relation = _relation(call)
            if relation is not None:
                yield relation, _Use(view, function, call, "")


def _relation(node: n.Expr | None) -> n.Attr | None:
    """Return the `note.comments` that a chain of methods of rows begins with."""
    while isinstance(node, n.Call) and tail(node.func) in _KEEPS:
        node = receiver_of(node)
    if not isinstance(node, n.Attr) or node.name in _MANAGERS:
        return None
    return node


def _handed_on(function: FunctionSymbol) -> Iterator[n.Expr]:
    """Yield the values that a function gives a name, hands to a call, puts in a mapping or returns."""
    for statement in statements(body(function.node)):
        if isinstance(statement, n.Assign | n.Return) and statement.value is not None:
            yield statement.value
    for node in expressions(body(function.node)):
        if isinstance(node, n.Call):
            yield from given_to(node)
        elif isinstance(node, n.Mapping):
            yield from node.values


def _related_names(project: Project) -> frozenset[str]:
    """Return the names by which rows lead to those that point at them, and many-to-many fields."""
    found: set[str] = set()
    for model in project.site.models.by_label.values():
        for field in model.fields:
            if field.kind.endswith(_RELATIONS) and field.target is not None:
                name = field.options.get("related_name") or f"{model.name.lower()}_set"
                found.add(name if isinstance(name, str) else "")
                if field.kind.endswith("ManyToManyField"):
                    found.add(field.name)
    return frozenset(found)


def _is_unasked(use: _Use) -> bool:
    """Whether a page is meant for people who are told apart, and nothing else proves who they are."""
    is_open = PUBLIC.search(use.function.node.name) or proves_itself(use.view)
    return not is_open and "AllowAny" not in use.view.permissions
