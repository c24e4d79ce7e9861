"""The rows that handlers take by their number alone, and whether anything looks at who takes them."""

import re
from collections.abc import Iterator

from msgspec import Struct

from pickguard.kit import Code, Project
from pickguard.kit.code import tail
from pickguard.lessons.trust.asking import asks_who_may
from pickguard.lessons.trust.named_calls import names_of_calls
from pickguard.lessons.trust.row_keys import choosing
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol, methods_of
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import given_to, receiver_of
from pickguard.source.python.bodies import body
from pickguard.source.python.queries import MANAGERS
from pickguard.source.python.walk import expressions, inside, statements

FETCHERS = frozenset({"get_object_or_404", "aget_object_or_404", "get", "aget"})
FIRST = frozenset({"first", "last"})
ASKERS = frozenset({"user", "request", "actor", "viewer", "person"})
SCOPES = frozenset({"user", "session", "session_key", "owner", "team", "tenant"})
_KEYS = frozenset({"pk", "id", "uuid", "slug", "guid"})


class Taken(Struct, frozen=True):
    """A row that a handler takes by its number alone."""

    view: View | None
    function: FunctionSymbol
    call: n.Call
    model: Model

    @property
    def names(self) -> frozenset[str]:
        """The names that the row gets."""
        block = statements(body(self.function.node))
        return frozenset(names_of_calls(block).get(self.call.span, ()))


def of_views(project: Project) -> Iterator[tuple[View, FunctionSymbol]]:
    """Yield the handlers of the views that are not open to strangers."""
    for _route, view in project.views():
        if view.login is not False and view.kind != "library":
            yield from ((view, function) for function in _functions(view))


def _functions(view: View) -> Iterator[FunctionSymbol]:
    """Yield the handlers of a view, and for a class that is one page all that it has itself."""
    yield from (function for _method, function in view.handlers)
    symbol = view.symbol
    if view.kind == "class" and isinstance(symbol, ClassSymbol):
        yield from methods_of(symbol)


def rows_by_number(project: Project, function: FunctionSymbol) -> Iterator[tuple[Model, n.Call]]:
    """Yield the first row of each model that a function takes by its number alone."""
    seen: set[str] = set()
    for node in expressions(body(function.node)):
        call = _filtered(node)
        if call is None or tail(call.func) not in FETCHERS | {"filter"}:
            continue
        keys = {k.name for k in choosing(call) if not isinstance(k.value, n.Const)}
        model = _chooses(project, function, call) if keys and keys <= _KEYS else None
        if model is not None and model.label not in seen:
            seen.add(model.label)
            yield model, call


def _filtered(node: n.Expr) -> n.Call | None:
    """Return the `filter(…)` of `….filter(…).first()`; what fetches a row itself is returned as it is."""
    if not isinstance(node, n.Call) or tail(node.func) == "filter":
        return None
    if tail(node.func) in FIRST and isinstance(node.func, n.Attr):
        chosen = node.func.value
        return chosen if isinstance(chosen, n.Call) and tail(chosen.func) == "filter" else None
    return node


def _chooses(project: Project, function: FunctionSymbol, call: n.Call) -> Model | None:
    """Return the model among all of whose rows a call takes one."""
    code = project.code_of(function)
    table = call.args[0] if call.args else None
    if not tail(call.func).endswith("get_object_or_404"):
        manager = receiver_of(call)
        is_manager = isinstance(manager, n.Attr) and manager.name in MANAGERS
        table = manager.value if is_manager and isinstance(manager, n.Attr) else None
    return next(filter(None, _tables(code, table)), None)


def _tables(code: Code, table: n.Expr | None) -> Iterator[Model | None]:
    """Yield the model that an expression may mean, also `get_image_model()` and a name for it."""
    models = code.project.site.models
    yield models.of(code.resolve(table))
    for made in code.made(table):
        if isinstance(made, n.Call):
            yield models.swapped(made)


def words_of(project: Project, one: Taken) -> set[str]:
    """Return what a handler mentions, with the rest of its class where that is one page."""
    words = set(one.function.node.words)
    symbol = one.view.symbol if one.view is not None else None
    if one.view is not None and one.view.kind == "class" and isinstance(symbol, ClassSymbol):
        words.update(*(method.words for method in project.site.classes.own_methods(symbol)))
    return words


def rights_beyond(one: Taken, rights: set[str]) -> set[str]:
    """Return the rights that a handler asks for and others do not."""
    return set(one.view.permissions) - rights if one.view is not None else set()


def looks_at_nobody(project: Project, one: Taken) -> bool:
    """Whether nothing in a handler looks at who takes the row."""
    words = words_of(project, one)
    if words & SCOPES or asks_who_may(words):
        return False
    return not _hands_on(one) and not any(tail(part) in SCOPES for part in inside(one.call))


def _hands_on(one: Taken) -> bool:
    """Whether the row goes on with the request to what may well ask: `row.serve(request)`."""
    rows = one.names
    for node in expressions(body(one.function.node)):
        if isinstance(node, n.Call) and any(tail(value) in ASKERS for value in given_to(node)):
            if _SHOWS.search(tail(node.func)):
                continue
            if rows & {tail(part) for part in inside(node)}:
                return True
    return False


# they put a page together, and ask nobody
_SHOWS = re.compile(r"^render(_|$)|Response$")
