"""The one row that is taken out of all, where the rest of the site takes it out of those of its owner.

`request.event.orders.get(code=…)` here, there and everywhere, and `Order.objects.get(code=…)` once: the
number of an order of another event does as well. Likewise `Note.objects.visible_to(request.user)`.
"""

from collections import defaultdict
from collections.abc import Iterator

from msgspec import Struct

from pickguard.base.scales import Confidence
from pickguard.flow.callees.later import task_of
from pickguard.kit import Code, Hit, Project, Spot
from pickguard.kit.code import tail
from pickguard.lessons.trust.answering import functions_of_views
from pickguard.lessons.trust.asking import REFUSALS, asks_who_may
from pickguard.lessons.trust.named_calls import names_of_calls
from pickguard.lessons.trust.openness import PUBLIC, proves_itself
from pickguard.lessons.trust.own_calls import methods_called
from pickguard.lessons.trust.row_keys import choosing, is_key
from pickguard.lessons.trust.siblings.own_lookups import looks_at_asker, lookups
from pickguard.site.models.models import Model
from pickguard.site.symbols.modules import Module
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import given_to, receiver_of
from pickguard.source.python.bodies import body
from pickguard.source.python.queries import MANAGERS
from pickguard.source.python.walk import expressions, inside, statements

_SHORTCUTS = frozenset({"get_object_or_404", "aget_object_or_404"})
_FETCHERS = _SHORTCUTS | {"get", "aget"}
_KEYS = frozenset({"pk", "id", "uuid", "guid"})
_RELATIONS = ("ForeignKey", "OneToOneField", "ParentalKey")
# What a scope is taken from: it is not the browser that says it
_OF_SITE = frozenset({"request", "user", "self"})
_CHOOSERS = frozenset({"filter", "exclude", "get", "annotate", "get_or_create"})
_SENT = frozenset({"GET", "POST", "FILES", "data", "query_params", "kwargs", "cleaned_data"})
_FEWEST = 5


class _Taken(Struct, frozen=True):
    """A row that a view takes: by which field it is tied to its owner, or an empty text."""

    view: View
    function: FunctionSymbol
    call: n.Call
    field: str


def of_scopes(project: Project) -> Iterator[Hit]:
    """Yield the rows that a view takes out of all, where nearly all others take them out of their owner's."""
    reverse = _reverse_names(project)
    groups: dict[str, tuple[Model, list[_Taken]]] = {}
    for view, function in functions_of_views(project):
        if not _FETCHERS.isdisjoint(function.node.words):
            for model, taken in all_taken(project, view, function, reverse):
                groups.setdefault(model.label, (model, []))[1].append(taken)
    for _label, (model, group) in sorted(groups.items()):
        tied = [taken for taken in group if taken.field]
        odd = [taken for taken in group if not taken.field and _asks_nothing(taken, tied)]
        if len({t.function for t in tied}) >= _FEWEST and len(odd) <= max(1, len(tied) // 5):
            yield from (_hit(model, taken, tied) for taken in odd)


def of_own_rows(project: Project) -> Iterator[Hit]:
    """Yield the rows that a handler takes out of all, past the `get_queryset` of its own class."""
    for view, function in functions_of_views(project):
        symbol = view.symbol
        words = set(function.node.words)
        if not isinstance(symbol, ClassSymbol):
            continue
        yield from _handed_on(project, symbol, function)
        if words.isdisjoint(_FETCHERS | {"filter"}):
            continue
        is_about_kind = asks_who_may(words)
        if is_about_kind and not _asks_for_kind_alone(function):
            continue
        scope = _scope(project, symbol, function)
        if scope is None or (is_about_kind and scope[1] != "queryset"):
            continue
        past, how = scope
        looks = _asks_about_row if is_about_kind else _looks_at_row
        yield from _looked_up(project, symbol, function, scope)
        for model, taken in all_taken(project, view, function, {}):
            if not taken.field and _hands_out(past, view, model) and not model.is_user:
                if how == "queryset" and looks(taken):
                    continue
                if _is_only_found(taken):
                    continue
                yield _past_hit(function, taken.call, model, symbol, scope)


def _is_only_found(taken: _Taken) -> bool:
    """Whether nothing is done with the row: the page is missing without it, and that is all."""
    return any(
        isinstance(statement, n.Do) and statement.value is taken.call
        for statement in statements(body(taken.function.node))
    )


class _Scope(Struct, frozen=True):
    """What hands out the rows of whoever asks: where it stands, and the names of what it chooses from."""

    module: Module
    span: int
    words: frozenset[str]


def _hands_out(past: _Scope, view: View, model: Model) -> bool:
    """Whether what a class takes its rows from chooses among those of a model: by its name, or by the view's."""
    return model.name in past.words or (model == view.model and {"super", "filter"} <= past.words)


def _scope(
    project: Project, symbol: ClassSymbol, function: FunctionSymbol
) -> tuple[_Scope, str] | None:
    """Return what a class takes its rows from, where a handler takes them past it."""
    words = set(function.node.words)
    method = project.site.classes.method(symbol, "get_queryset")
    if method is not None and method != function and {"request", "user"} <= set(method.node.words):
        if not words & (_PAST_NOTHING - {"user"}) and not looks_at_asker(function):
            found = _Scope(method.module, method.node.span, frozenset(method.node.words))
            return found, "get_queryset"
    held = project.site.classes.value(symbol, "queryset")
    if held is None or words & (_PAST_NOTHING - {"user"} | {"queryset"}):
        return None
    narrowing = next(_narrowing(project, symbol), None)
    if narrowing is None:
        return None
    names = frozenset(tail(part) for part in inside(held.value))
    return _Scope(narrowing[0].module, narrowing[1], names), "queryset"


def _handed_on(project: Project, symbol: ClassSymbol, function: FunctionSymbol) -> Iterator[Hit]:
    """Yield where an action hands the number that it was sent on to what takes any row by it."""
    numbers = {param.name for param in function.node.params} & _KEYS
    if not numbers or asks_who_may(function.node.words):
        return
    scope = _scope(project, symbol, function)
    if scope is None or scope[1] != "get_queryset":
        return
    code = project.code_of(function)
    for call in code.every(n.Call):
        given = given_to(call)
        called = _run_by(code, call) if any(_number(value) in numbers for value in given) else None
        if called is not None and called.owner is None and _takes_any(project, called):
            yield Hit(
                _past_spots(function, call, scope[0]),
                f"`{called.node.name}` is given any number, past the `get_queryset` of `{symbol.node.name}`",
                Confidence.MEDIUM,
                function.name,
                mend="take the row with `self.get_object()`, and hand its number on",
            )
            return


def _run_by(code: Code, call: n.Call) -> FunctionSymbol | None:
    """Return what a call runs, now or later: `close.delay(pk)` of Celery, `close.send(pk)` of dramatiq."""
    task = task_of(call.func)
    found = code.resolve(task) if task is not None else None
    return found if isinstance(found, FunctionSymbol) else code.called(call)


def _number(value: n.Expr) -> str:
    """Return `pk` of `pk` and of `int(pk)`."""
    is_made = isinstance(value, n.Call) and tail(value.func) in ("int", "str") and value.args
    inner = value.args[0] if is_made and isinstance(value, n.Call) else value
    return inner.id if isinstance(inner, n.Name) else ""


def _takes_any(project: Project, function: FunctionSymbol) -> bool:
    """Whether a function takes or changes rows by what it is given, and asks for nobody."""
    words = set(function.node.words)
    if asks_who_may(words) or not words.isdisjoint(_OF_SITE - {"self"}):
        return False
    takes = bool(words & MANAGERS) and bool(words & (_FETCHERS | {"filter"}))
    return takes or any(effect.changes_rows for effect in project.effects.of(function))


def _looked_up(
    project: Project, symbol: ClassSymbol, function: FunctionSymbol, scope: tuple[_Scope, str]
) -> Iterator[Hit]:
    past, how = scope
    for found in lookups(project, function) if how == "get_queryset" else ():
        if found.model.name in past.words:
            yield _past_hit(function, found.call, found.model, symbol, scope)


def _past_hit(
    function: FunctionSymbol,
    call: n.Call,
    model: Model,
    symbol: ClassSymbol,
    scope: tuple[_Scope, str],
) -> Hit:
    past, how = scope
    return Hit(
        _past_spots(function, call, past),
        f"any `{model.name}` is taken here, past the `{how}` of `{symbol.node.name}`",
        Confidence.MEDIUM,
        function.name,
    )


def _past_spots(function: FunctionSymbol, call: n.Call, past: _Scope) -> tuple[Spot, Spot]:
    return (
        Spot(function.module.path, call.span),
        Spot(past.module.path, past.span, "hands out those of whoever asks"),
    )


def _narrowing(project: Project, symbol: ClassSymbol) -> Iterator[tuple[FunctionSymbol, int]]:
    """Yield where a class leaves the user's rows: `self.queryset = self.queryset.restrict(user, "view")`."""
    for method in _run_before(project, symbol):
        if not {"queryset", "user"} <= set(method.node.words):
            continue
        for statement in statements(body(method.node)):
            if not isinstance(statement, n.Assign) or not isinstance(statement.value, n.Call):
                continue
            is_own = any(
                isinstance(t, n.Attr) and t.name == "queryset" and tail(t.value) == "self"
                for t in statement.targets
            )
            if is_own and any(tail(part) == "user" for part in inside(statement.value)):
                yield method, statement.span


def _run_before(project: Project, symbol: ClassSymbol) -> Iterator[FunctionSymbol]:
    """Yield the methods that run before a handler, and those of the class that they call."""
    classes = project.site.classes
    for name in _BEFORE:
        for method in classes.methods(symbol, name):
            yield method
            yield from methods_called(project, symbol, method)


def _asks_for_kind_alone(function: FunctionSymbol) -> bool:
    """Whether all that a function asks is `user.has_perm("app.right")`: for the kind, not for the row."""
    words = set(function.node.words) - REFUSALS - _KIND - {"permission_denied"}
    if asks_who_may(words):
        return False
    asked = [
        node
        for node in expressions(body(function.node))
        if isinstance(node, n.Call) and tail(node.func) in _KIND
    ]
    return bool(asked) and all(len(call.args) == 1 and not call.keywords for call in asked)


_KIND = frozenset({"has_perm", "has_perms"})


def _asks_about_row(taken: _Taken) -> bool:
    """Whether a comparison, or a call that asks by its name, has both the row and the user."""
    block = body(taken.function.node)
    rows = set(names_of_calls(statements(block)).get(taken.call.span, ()))
    for node in expressions(block):
        if isinstance(node, n.Compare) or (
            isinstance(node, n.Call) and asks_who_may({tail(node.func)})
        ):
            names = {tail(part) for part in inside(node) if isinstance(part, n.Name | n.Attr)}
            if "user" in names and names & rows:
                return True
    return False


# Methods that run before a handler
_BEFORE = ("dispatch", "setup", "initial", "has_permission", "test_func", "check_permissions")


def _looks_at_row(taken: _Taken) -> bool:
    """Whether a comparison or a call of the handler has both the row and the user."""
    block = body(taken.function.node)
    rows = set(names_of_calls(statements(block)).get(taken.call.span, ()))
    for node in expressions(block):
        if isinstance(node, n.Call | n.Compare) and node != taken.call:
            names = {tail(part) for part in inside(node) if isinstance(part, n.Name | n.Attr)}
            if "user" in names and names & rows:
                return True
    return False


# What takes the row the way of the class, or looks at who asks
_PAST_NOTHING = frozenset(
    {"user", "get_object", "get_queryset", "check_object_permissions", "session", "owner"}
)


def _hit(model: Model, taken: _Taken, tied: list[_Taken]) -> Hit:
    return Hit(
        (Spot(taken.function.module.path, taken.call.span),),
        f"any `{model.name}` is taken, whatever its `{tied[0].field}` is; {len(tied)} others are taken"
        " out of those of one",
        Confidence.MEDIUM,
        taken.function.name,
    )


def _reverse_names(project: Project) -> dict[str, dict[str, tuple[Model, str]]]:
    """Return which model, by which field, an attribute of an owner's row leads to."""
    found: dict[str, list[tuple[Model, str]]] = defaultdict(list)
    for model in project.site.models.by_label.values():
        for field in model.fields:
            if field.kind.endswith(_RELATIONS) and field.target is not None:
                name = field.options.get("related_name") or f"{model.name.lower()}_set"
                if isinstance(name, str) and not name.endswith("+"):
                    found[name].append((model, field.name))
    return {name: {m.label: (m, f) for m, f in held} for name, held in found.items()}


def all_taken(
    project: Project,
    view: View,
    function: FunctionSymbol,
    reverse: dict[str, dict[str, tuple[Model, str]]],
) -> Iterator[tuple[Model, _Taken]]:
    """Yield the rows that a function takes by what the browser says, and by what they are tied."""
    for node in expressions(body(function.node)):
        if not isinstance(node, n.Call) or tail(node.func) not in _FETCHERS or not node.keywords:
            continue
        is_shortcut = tail(node.func) in _SHORTCUTS
        rows = (node.args[0] if node.args else None) if is_shortcut else receiver_of(node)
        if rows is None:
            continue
        model = _all_of(project, function, rows)
        if model is not None:
            keys = {keyword.name or "" for keyword in choosing(node)}
            field = _tie(model, node)
            if field or (
                all(is_key(model, key) for key in keys) and _is_sent(project, function, node)
            ):
                yield model, _Taken(view, function, node, field)
        elif (scoped := _scoped(project, function, rows)) is not None:
            yield scoped[0], _Taken(view, function, node, scoped[1])
        elif isinstance(rows, n.Attr) and rows.name in reverse and _is_of_site(rows.value):
            held = reverse[rows.name]
            if len(held) == 1:
                model, field = next(iter(held.values()))
                yield model, _Taken(view, function, node, field)


def _all_of(project: Project, function: FunctionSymbol, rows: n.Expr) -> Model | None:
    """Return the model all of whose rows an expression means: `Note`, `Note.objects`."""
    if isinstance(rows, n.Attr) and rows.name in MANAGERS:
        rows = rows.value
    elif not isinstance(rows, n.Name) or not rows.id[:1].isupper():
        return None
    return project.site.models.of(project.site.names.resolve(function.module, rows))


def _scoped(project: Project, function: FunctionSymbol, rows: n.Expr) -> tuple[Model, str] | None:
    """Return the model of `Note.objects.visible_to(request.user)`, and what chooses the user's rows."""
    name, node = "", rows
    while isinstance(node, n.Call | n.Attr):
        if isinstance(node, n.Call):
            given = given_to(node)
            called = tail(node.func)
            if called not in _CHOOSERS and any(tail(value) == "user" for value in given):
                name = called
            node = node.func
        else:
            node = node.value
    model = project.site.models.of(project.site.names.resolve(function.module, node))
    return (model, name) if name and model is not None else None


def _tie(model: Model, call: n.Call) -> str:
    """Return the relation by which a call ties the row to something that the browser does not say."""
    for keyword in call.keywords:
        name = (keyword.name or "").partition("__")[0].removesuffix("_id")
        field = model.field(name)
        if field is not None and field.kind.endswith(_RELATIONS) and _is_of_site(keyword.value):
            return name
    return ""


def _is_of_site(value: n.Expr) -> bool:
    names = {tail(part) for part in inside(value) if isinstance(part, n.Name | n.Attr)}
    return bool(names & _OF_SITE) and not names & _SENT


def _is_sent(project: Project, function: FunctionSymbol, call: n.Call) -> bool:
    """Whether the browser says which row: by the address, or in what it sends."""
    params = {param.name for param in function.node.params} - {"self", "request"}
    code = project.code_of(function)
    values = (made for keyword in call.keywords for made in code.made(keyword.value))
    return any(tail(part) in _SENT | params for value in values for part in inside(value))


def _asks_nothing(taken: _Taken, tied: list[_Taken]) -> bool:
    """Whether nothing in the function looks at the row's owner, or at who asks."""
    words = set(taken.function.node.words)
    fields = {t.field for t in tied}
    if words & (fields | {f"{f}_id" for f in fields} | {"user", "session"}) or asks_who_may(words):
        return False
    rights = {right for t in tied for right in t.view.permissions}
    if set(taken.view.permissions) - rights or proves_itself(taken.view):
        return False
    return not PUBLIC.search(taken.view.name.rpartition(".")[2])
