"""Whose a row is: the relation of a model that leads to a user, by its name or by how the site uses it.

`serializer.save(buyer=self.request.user)`, `form.instance.pupil = request.user` fill the owner;
`Letter.objects.filter(addressee=request.user)` chooses by it.
"""

import re
from collections import Counter
from collections.abc import Iterator

from msgspec import Struct

from pickguard.kit import Project
from pickguard.kit.code import tail
from pickguard.lessons.trust.memberships import ways_to_members
from pickguard.lessons.trust.row_keys import is_for_all, says_how_rows_stand
from pickguard.lessons.trust.tenancy import is_narrowed
from pickguard.site.models.models import Field, Model
from pickguard.site.symbols.modules import Module
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol, ValueSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of
from pickguard.source.python.bodies import body
from pickguard.source.python.queries import MANAGERS
from pickguard.source.python.walk import expressions, statements

# Who made a row need not be whose the rows are that hang on it
MADE = re.compile(r"(^|\.)(author|creat(or|ed_by)|(upload|add|post|submitt)(ed_by|er))$")
TO_ONE = ("ForeignKey", "OneToOneField", "ParentalKey")
_OWNS = re.compile(
    r"^(user|owner|author|account|customer|member|creator|created_by|profile"
    # one of two people that a row is between
    r"|(from|to)_(user|member|account)|sender|recipient|receiver|inviter|invitee|follower|requester|requested_by"
    r"|buyer|client|patient|student|applicant|candidate|subscriber|holder)$"
)
# Who had to do with a row, not whose it is
_HANDLED = re.compile(
    r"(?<!upload)(?<!submitt)(?<!own)(?<!order)(?<!book)(?<!request)(?<!plac)ed_by$|(?<!ed)_by$|_(to|for)$"
    r"|^last_|editor|reviewer|moderator|assignee|manager|approver|operator|coordinator|agent|staff|admin|teacher|responsible"
)
_CHANGED = re.compile(
    r"(updated|modified|changed|edited)_by$|^last_\w+_by$|^(updater|modifier|editor)$"
)
_GROUPS = re.compile(
    r"member|participant|collaborat|owner|people|employee|colleague|^users$|^staff$"
)
_SHORTCUTS = frozenset({"get_object_or_404", "aget_object_or_404", "get_list_or_404"})
_CHOOSE = _SHORTCUTS | {"filter", "get", "aget"}
_FILL = frozenset({"create", "acreate"})
_OF_CLASS = frozenset({"save", "update"})
_USES = _CHOOSE | _FILL | _OF_CLASS | {"form_valid"}
# A manager's calls that leave no row out
WHOLE = frozenset({"all", "select_related", "prefetch_related", "only", "defer", "using", "order_by",
                   "select_for_update", "annotate", "distinct"})  # fmt: skip


class _Uses(Struct, frozen=True):
    """Where the site says itself whose rows are: `(app.model, path)`, all in lower case."""

    filled: frozenset[tuple[str, str]]
    chosen: frozenset[tuple[str, str]]
    shared: frozenset[tuple[str, str]]


def owner_field(project: Project, model: Model | None, hops: int = 1) -> str | None:
    """Return the field of a model that leads to the user, through at most `hops` other models, or None.

    A row that stays when the other one is deleted does not hang on it: `city = ForeignKey(City, SET_NULL)`.
    """
    if model is None or is_narrowed(project, model):
        return None
    if model.is_user:
        return "account"
    if (own := _own_field(project, model)) is not None:
        return own
    for field in model.fields if hops else ():
        if field.outlives:
            continue
        parent = _parent(project, model, field)
        owner = owner_field(project, parent, hops - 1) if parent is not None else None
        if owner is not None and not MADE.search(owner):
            return f"{field.name}.{owner}"
    return None


def is_chosen_by_owner(project: Project, model: Model, field: str) -> bool:
    """Whether the site takes rows of a model out of those of whoever asks, by that field."""
    return (model.label.lower(), field) in project.once(_uses).chosen


def owned_parent(project: Project, field: Field | None) -> tuple[Model, str] | None:
    """Return the model that a relation leads to and whose its rows are, where the site takes them by who asks."""
    parent = project.site.models.named(field.target) if field is not None else None
    owner = narrowing_owner(project, parent) if parent is not None else None
    return (parent, owner) if parent is not None and owner is not None else None


def narrowing_owner(project: Project, model: Model) -> str | None:
    """Return the way to whose the rows of a model are, where the site takes them, or their children, by who asks."""
    if model.is_user:
        return None
    for hops in (0, 1):
        owner = owner_field(project, model, hops)
        if owner is not None and not MADE.search(owner):
            if is_chosen_by_owner(project, model, owner.replace(".", "__")):
                return owner
    return None


def is_filled_by_owner(project: Project, model: Model, field: str) -> bool:
    """Whether the site makes whoever asks the owner of a new row."""
    return (model.label.lower(), field) in project.once(_uses).filled


def rows_of(project: Project, function: FunctionSymbol, rows: n.Expr | None) -> Model | None:
    """Return the model all of whose rows an expression means: `Note`, `Note.objects.select_related("x")`."""
    return rows_in(project, function.module, rows)


def rows_of_class(project: Project, symbol: ClassSymbol) -> tuple[Model, ValueSymbol] | None:
    """Return the model all of whose rows a generic view takes, with what says so: its `model`, its `queryset`."""
    for name in ("queryset", "model"):
        found = project.site.classes.value(symbol, name)
        if found is not None:
            model = rows_in(project, found.module, found.value)
            return (model, found) if model is not None else None
    return None


def rows_in(project: Project, module: Module, rows: n.Expr | None) -> Model | None:
    """Return the model all of whose rows an expression of a module means."""
    own: list[str] = []
    while isinstance(rows, n.Call | n.Attr):
        if isinstance(rows, n.Call):
            name = tail(rows.func)
            if name not in WHOLE and not says_how_rows_stand(rows):
                if rows.args or rows.keywords:
                    return None
                own.append(name)
            rows = rows.func.value if isinstance(rows.func, n.Attr) else None
        elif rows.name in MANAGERS:
            rows = rows.value
            break
        elif rows.name in WHOLE:
            rows = rows.value
        else:
            break
    model = project.site.models.of(project.site.names.resolve(module, rows)) if rows else None
    if model is None or is_narrowed(project, model):
        return None
    return model if all(_takes_everybodys(project, model, name) for name in own) else None


def _takes_everybodys(project: Project, model: Model, name: str) -> bool:
    """Whether a method of a model's manager, called with nothing, leaves nobody's rows out: `Note.objects.open()`."""
    method = project.flow.types.managers.method(model.symbol, name)
    if method is None or is_for_all(name):
        return False
    if not _OF_SOMEBODY.isdisjoint(method.node.words):
        return False
    return all(
        says_how_rows_stand(node) or tail(node.func) in WHOLE | {"super", "get_queryset"}
        for node in expressions(body(method.node))
        if isinstance(node, n.Call)
    )


_OF_SOMEBODY = frozenset({"user", "request", "get_current_user", "current_user", "tenant", "site"})


def has_alternatives(function: FunctionSymbol) -> bool:
    """Whether rows are chosen by one thing or another: `filter(Q(owner=user) | Q(is_public=True))`."""
    if "Q" not in function.node.words:
        return False
    nodes = expressions(body(function.node))
    return any(isinstance(node, n.Call) and tail(node.func) == "Q" for node in nodes)


def is_user(value: n.Expr) -> bool:
    """Whether an expression is who asks: `request.user`, `user`, `request.user.id`, `await request.auser()`."""
    if isinstance(value, n.Wrapped) and value.value is not None:
        value = value.value
    if isinstance(value, n.Call) and tail(value.func) == "auser":
        return True
    if isinstance(value, n.Attr) and value.name in ("id", "pk"):
        value = value.value
    return tail(value) == "user" or (isinstance(value, n.Attr) and value.name == "auth")


def is_of_asker(value: n.Expr) -> bool:
    """Whether an expression is something that who asks belongs to: `request.user.company`, `request.company`."""
    names: list[str] = []
    while isinstance(value, n.Attr):
        names.append(value.name)
        value = value.value
    root = value.id if isinstance(value, n.Name) else ""
    while names and names[0] in _NUMBERS:
        names.pop(0)
    if root == "self" and names and names[-1] == "request":
        root = names.pop()
    if not names or names[0] in _OF_PERSON or names[0].startswith("is_"):
        return False
    if root == "request" and names[-1] not in _OF_REQUEST:
        return True
    return root == "user" or "user" in names[1:]


_NUMBERS = frozenset({"id", "pk"})
# What tells of a person themselves, not of whom they belong to
_OF_PERSON = frozenset(
    {"user", "email", "username", "first_name", "last_name", "language", "timezone", "date_joined"}
)
_OF_REQUEST = frozenset({"auth", "data", "GET", "POST", "FILES", "session", "query_params", "method", "path", "META",
                         "headers", "body", "COOKIES", "site", "LANGUAGE_CODE", "resolver_match", "htmx",
                         "version"})  # fmt: skip


def _own_field(project: Project, model: Model) -> str | None:
    """Return the relation of a model that is whose its rows are, or None."""
    return _persons_field(project, model) or _shared_field(project, model)


def _shared_field(project: Project, model: Model) -> str | None:
    """Return the relation to whom people belong, by which the site takes their rows: `request.user.company`."""
    shared = project.once(_uses).shared
    for field in model.fields:
        if (model.label.lower(), field.name) in shared and _parent(project, model, field):
            return field.name
    return None


def _persons_field(project: Project, model: Model) -> str | None:
    """Return the relation of a model to the one user whose its rows are, or None."""
    keys = [field for field in model.fields if _leads_to_user(project, field)]
    for field in keys:
        if _OWNS.match(field.name) and not _is_record(project, model, field, keys):
            return field.name
    if not keys and not any(field.kind == "ManyToManyField" for field in model.fields):
        return _by_membership(project, model)
    for field in keys:
        used = is_chosen_by_owner(project, model, field.name) or is_filled_by_owner(
            project, model, field.name
        )
        if not _HANDLED.search(field.name) and (used or _is_only(field, keys)):
            return field.name
    for field in model.fields:
        if field.kind == "ManyToManyField" and _GROUPS.search(field.name):
            if is_chosen_by_owner(project, model, field.name):
                return field.name
    return _by_membership(project, model)


def _is_record(project: Project, model: Model, field: Field, keys: list[Field]) -> bool:
    """Whether a field only keeps who made a row: there may be nobody, or others changed it since."""
    if not MADE.search(field.name) or is_chosen_by_owner(project, model, field.name):
        return False
    if any(_CHANGED.search(key.name) for key in keys):
        return True
    may_be_nobody = field.options.get("null", False) is not False
    return may_be_nobody and not is_filled_by_owner(project, model, field.name)


def _is_only(field: Field, keys: list[Field]) -> bool:
    """Whether a row cannot be without this one user."""
    return len(keys) == 1 and field.options.get("null", False) is False


def _leads_to_user(project: Project, field: Field) -> bool:
    return (
        field.kind in ("ForeignKey", "OneToOneField")
        and field.target is not None
        and field.target.lower() in project.user_models
    )


def _parent(project: Project, model: Model, field: Field) -> Model | None:
    """Return the model that rows hang on by a field, users left out."""
    if field.kind not in ("ForeignKey", "OneToOneField") or field.target is None:
        return None
    if field.target.lower() in project.user_models:
        return None
    parent = project.site.models.named(field.target)
    return None if parent is None or parent.is_user or parent == model else parent


def _by_membership(project: Project, model: Model) -> str | None:
    """Return the relation behind which the site looks for the user: `org__membership__user`."""
    label = model.label.lower()
    for of, path in sorted(project.once(_uses).chosen):
        first, *others = path.split("__")
        if of == label and len(others) > 1 and any(map(_GROUPS.search, others)):
            field = model.field(first)
            if field is not None and _parent(project, model, field) is not None:
                return ".".join((first, others[0]))
    return None


def _uses(project: Project) -> _Uses:
    filled: set[tuple[str, str]] = set()
    chosen: set[tuple[str, str]] = set()
    shared: Counter[tuple[str, str]] = Counter()
    shown: dict[object, Model] = {}
    for _route, view in project.views():
        model = _made(view)
        if model is not None and view.symbol is not None:
            shown.setdefault(view.symbol, model)
    for function in dict.fromkeys(
        (*project.flow.callers.holding("user"), *project.flow.callers.holding("request"))
    ):
        if project.kind_of(function.module) is not None:
            continue
        chosen.update(_from_person(project, function))
        if _USES.isdisjoint(function.node.words):
            continue
        shared.update(set(_shared_in(project, function)))
        if "user" not in function.node.words:
            continue
        of_view = shown.get(function.owner or function)
        for model, name, is_filled in _used_in(project, function, of_view):
            (filled if is_filled else chosen).update(_all_of_path(project, model, name))
    chosen.update(_by_managers(project))
    chosen.update(ways_to_members(project))
    often = frozenset(use for use, count in shared.items() if count >= _FEWEST_SHARED)
    return _Uses(frozenset(filled), frozenset(chosen), often)


_FEWEST_SHARED = 2


def _from_person(project: Project, function: FunctionSymbol) -> Iterator[tuple[str, str]]:
    """Yield the relations that rows are taken by from the person: `request.user.notes` by `Note.owner`."""
    names = project.once(reverse_names)
    if names.keys().isdisjoint(function.node.words):
        return
    for node in expressions(body(function.node)):
        if isinstance(node, n.Attr) and node.name in names and tail(node.value) == "user":
            yield from names[node.name]


def reverse_names(project: Project) -> dict[str, list[tuple[str, str]]]:
    """Return the relations that lead from people to rows, by the names that they have there."""
    found: dict[str, list[tuple[str, str]]] = {}
    for model in project.site.models.by_label.values():
        for field in model.fields:
            if field.target is not None and field.target.lower() in project.user_models:
                name = field.options.get("related_name") or f"{model.name.lower()}_set"
                if isinstance(name, str) and not model.is_user:
                    found.setdefault(name, []).append((model.label.lower(), field.name))
    return found


def _shared_in(project: Project, function: FunctionSymbol) -> Iterator[tuple[str, str]]:
    """Yield by which relations a function takes the rows of those to whom who asks belongs."""
    if _CHOOSE.isdisjoint(function.node.words):
        return
    block = body(function.node)
    named = {
        target.id
        for statement in statements(block)
        if isinstance(statement, n.Assign) and is_of_asker(statement.value)
        for target in statement.targets
        if isinstance(target, n.Name)
    }
    for node in expressions(block):
        if not isinstance(node, n.Call) or tail(node.func) not in _CHOOSE:
            continue
        names = [k.name for k in node.keywords if k.name and _is_of_asker_here(k.value, named)]
        found = _model_of_use(project, function, node, None) if names else None
        if found is not None and not found[1]:
            yield from ((found[0].label.lower(), _bare(found[0], name)) for name in names)


def _made(view: View) -> Model | None:
    """Return the model of the rows that a view shows, or makes of its one form."""
    if view.model is not None or len(view.forms) != 1:
        return view.model
    return view.forms[0].model


def _is_of_asker_here(value: n.Expr, named: set[str]) -> bool:
    return is_of_asker(value) or (isinstance(value, n.Name) and value.id in named)


def _all_of_path(project: Project, model: Model, path: str) -> Iterator[tuple[str, str]]:
    """Yield what a path says: `basket__customer` is about orders, and about baskets."""
    while path:
        yield model.label.lower(), path
        name, _, path = path.partition("__")
        field = model.field(name)
        parent = _parent(project, model, field) if field is not None else None
        if parent is None:
            return
        model = parent


def _used_in(
    project: Project, function: FunctionSymbol, shown: Model | None
) -> Iterator[tuple[Model, str, bool]]:
    block = body(function.node)
    for node in expressions(block):
        if isinstance(node, n.Call) and node.keywords:
            names = [k.name for k in node.keywords if k.name and is_user(k.value)]
            names += [path for k in node.keywords for path in _through_person(project, k)]
            found = _model_of_use(project, function, node, shown) if names else None
            if found is not None:
                yield from ((found[0], _bare(found[0], name), found[1]) for name in names)
    for statement in statements(block) if shown is not None else ():
        if shown is not None and isinstance(statement, n.Assign) and is_user(statement.value):
            for target in statement.targets:
                if isinstance(target, n.Attr) and shown.field(_bare(shown, target.name)):
                    yield shown, _bare(shown, target.name), True


def _through_person(project: Project, keyword: n.Keyword) -> Iterator[str]:
    """Yield the path to a person that `firm__in=user.firms.all()` takes: `firm__people`."""
    rows = keyword.value
    while isinstance(rows, n.Call) and tail(rows.func) in WHOLE:
        rows = receiver_of(rows) or rows.func
    name = (keyword.name or "").removesuffix("__in")
    if isinstance(rows, n.Attr) and is_user(rows.value) and name != keyword.name:
        of_people = project.once(reverse_names).get(rows.name, [])
        yield from (f"{name}__{field}" for _label, field in of_people)


def _model_of_use(
    project: Project, function: FunctionSymbol, call: n.Call, shown: Model | None
) -> tuple[Model, bool] | None:
    """Return of which model a call fills or chooses rows, and whether it fills them."""
    name = tail(call.func)
    if name in _OF_CLASS:
        return (shown, True) if shown is not None else None
    if name in _SHORTCUTS:
        model = rows_of(project, function, call.args[0]) if call.args else None
    elif name in _CHOOSE or name in _FILL:
        rows = receiver_of(call)
        model = rows_of(project, function, rows) or _of_manager(project, function, rows)
    else:
        model = rows_of(project, function, call.func) if name[:1].isupper() else None
        return (model, True) if model is not None else None
    return (model, name in _FILL) if model is not None else None


def _by_managers(project: Project) -> Iterator[tuple[str, str]]:
    """Yield by which relations methods of managers take the rows of a person: `filter(members=person)`."""
    for model in project.site.models.by_label.values():
        people = {f.name for f in model.fields if (f.target or "").lower() in project.user_models}
        for maker in project.flow.types.managers.makers(model.symbol) if people else ():
            for method in project.site.classes.own_functions(maker):
                given = {param.name for param in method.node.params} - {"self", "cls"}
                for node in expressions(body(method.node)) if "filter" in method.node.words else ():
                    if isinstance(node, n.Call) and tail(node.func) == "filter":
                        yield from (
                            (model.label.lower(), k.name)
                            for k in node.keywords
                            if k.name in people
                            and isinstance(k.value, n.Name)
                            and k.value.id in given
                        )


def _of_manager(project: Project, function: FunctionSymbol, rows: n.Expr | None) -> Model | None:
    """Return the model that `self.filter(…)` of its manager is about."""
    if tail(rows) != "self" or not isinstance(rows, n.Name) or function.owner is None:
        return None
    return project.flow.types.model_of_manager(function.owner)


def members_field(project: Project, model: Model) -> str | None:
    """Return the relation to the people that a row is for, by its name: `room.members`."""
    for field in model.fields:
        is_of_people = field.target is not None and field.target.lower() in project.user_models
        if field.kind == "ManyToManyField" and is_of_people and _GROUPS.search(field.name):
            return field.name
    return None


def _bare(model: Model, path: str) -> str:
    """Return a path without the column's ending: `owner_id` is `owner`."""
    short = path.removesuffix("_id").removesuffix("__pk").removesuffix("__id")
    return short if model.field(path) is None else path
