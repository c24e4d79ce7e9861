"""The one view that takes a row by its number unasked, where its neighbours ask who may."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import chain

from msgspec import Struct

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.calls.redirects import is_redirect
from pickguard.kit.code import tail
from pickguard.lessons.trust.asking import ASKS, REFUSALS, asks_who_may, ends_refusing
from pickguard.lessons.trust.openness import PUBLIC, proves_itself
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol, methods_of
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of, given_to
from pickguard.source.python.bodies import body
from pickguard.source.python.queries import MANAGERS
from pickguard.source.python.walk import expressions, forks, inside, statements

_FETCHERS = frozenset({"get_object_or_404", "aget_object_or_404"})
_SCOPES = frozenset({"user", "owner", "request_user", "current_user", "team", "tenant"})
# Methods that every request passes, or that act; others only dress the page
_WAYS_IN = frozenset(
    {
        "dispatch",
        "setup",
        "initial",
        "get",
        "post",
        "put",
        "patch",
        "delete",
        "form_valid",
        "test_func",
    }
    | {"get_object", "get_queryset"}
)
_FEWEST = 5


class Taken(Struct, frozen=True):
    """A row that a view takes by what the address says."""

    view: View
    symbol: ClassSymbol | FunctionSymbol
    model: Model
    function: FunctionSymbol
    call: n.Call


def of_models(project: Project) -> Iterator[Hit]:
    """Yield the views that take a row without asking, where nearly all others of the folder ask."""
    groups: dict[tuple[str, str], list[Taken]] = defaultdict(list)
    for taken in all_taken(project):
        folder = taken.symbol.module.path.rpartition("/")[0]
        groups[folder, taken.model.label].append(taken)
    for _key, group in sorted(groups.items(), key=lambda item: item[0]):
        if len(group) > _FEWEST:
            yield from _hits(group, _odd(project, group))


def _odd(project: Project, group: list[Taken]) -> list[Taken]:
    """Return the views of a folder that ask for nothing, or for less than the others."""
    shared = frozenset.intersection(*(frozenset(taken.view.permissions) for taken in group))
    asking = [taken for taken in group if _asks(project, taken, shared)]
    common = frozenset.intersection(*(_decorators(taken.view) for taken in group))
    odd = [t for t in group if t not in asking and not _decorators(t.view) - common]
    return _few(odd, asking) or _unasked_rows(project, group)


def _hits(group: list[Taken], odd: list[Taken]) -> Iterator[Hit]:
    for taken in odd:
        if PUBLIC.search(taken.symbol.node.name) or proves_itself(taken.view):
            continue
        if isinstance(taken.symbol, FunctionSymbol) and _only_sends_on(taken.symbol):
            continue
        yield Hit(
            (Spot(taken.function.module.path, taken.call.span),),
            f"`{taken.symbol.node.name}` takes any `{taken.model.name}`; {len(group) - len(odd)}"
            " other views here ask whether the user may",
            Confidence.MEDIUM,
            taken.function.name,
        )


def _only_sends_on(function: FunctionSymbol) -> bool:
    """Whether a function changes nothing, and does no more than to send the browser to another page."""
    answers = [s.value for s in statements(body(function.node)) if isinstance(s, n.Return)]
    sends = all(map(is_redirect, answers))
    return bool(answers) and sends and _CHANGES.isdisjoint(function.node.words)


_CHANGES = frozenset(
    {"save", "delete", "update", "create", "add", "remove", "set", "clear", "bulk_create"}
)


def _few(odd: list[Taken], asking: list[Taken]) -> list[Taken]:
    """Return the odd ones where nearly all others ask, else none."""
    is_odd = len(asking) >= _FEWEST and len(odd) <= max(1, len(asking) // 4)
    return odd if is_odd else []


def _unasked_rows(project: Project, group: list[Taken]) -> list[Taken]:
    """Return the views that ask at most for what others find too little: these ask about the row."""
    asking = [taken for taken in group if asks_about_row(project, taken)]
    too_little = frozenset().union(
        *((*_decorators(taken.view), *taken.view.permissions) for taken in asking)
    )
    odd = [
        taken
        for taken in group
        if taken not in asking
        and not {*_decorators(taken.view), *taken.view.permissions} - too_little
        and not _refuses_by_right(taken.function)
    ]
    return _few(odd, asking)


def _refuses_by_right(function: FunctionSymbol) -> bool:
    """Whether a function asks for a right by itself, and ends for who lacks it."""
    block = body(function.node)
    is_refused_at_end = ends_refusing(block)
    return any(
        asks_who_may([tail(part) for part in inside(statement.test)])
        and (is_refused_at_end or _ends(then) or ends_refusing(other))
        for statement, then, other in forks(block)
    )


def _ends(block: tuple[n.Stmt, ...]) -> bool:
    """Whether a branch ends with an answer of its own, such as a way back to the list."""
    return bool(block) and isinstance(block[-1], n.Return | n.Raise)


def asks_about_row(project: Project, taken: Taken) -> bool:
    """Whether something of a view takes the row and the user together: `page.may_edit(user)`."""
    name = taken.model.name
    given = {tail(part) for k in taken.call.keywords for part in inside(k.value)} - {"", "self"}
    rows = {"object", "obj", "instance", name, name.lower()} | given - {"kwargs", "pk", "id"}
    symbol = taken.symbol
    line = project.site.classes.own_line(symbol) if isinstance(symbol, ClassSymbol) else (symbol,)
    for function in chain(*(_functions(one) for one in line)):
        if function != taken.function and function.node.name not in _WAYS_IN:
            continue
        block = body(function.node)
        known = rows | _names_of_row(block, taken)
        for node in expressions(block):
            if isinstance(node, n.Call | n.Compare) and _brings_together(node, known):
                return True
    return False


def _names_of_row(block: tuple[n.Stmt, ...], taken: Taken) -> set[str]:
    """Return the names that the row has in a block, and those of what is taken from it."""
    found: set[str] = set()
    for statement in statements(block):
        if not isinstance(statement, n.Assign):
            continue
        parts = list(inside(statement.value))
        if taken.call in parts or any(tail(part) in found for part in parts):
            found.update(map(tail, statement.targets))
    return found


def _brings_together(node: n.Call | n.Compare, rows: set[str]) -> bool:
    """Whether a comparison, a call that asks, or one that may well ask has both the row and the user."""
    names = {tail(part) for part in inside(node) if isinstance(part, n.Name | n.Attr)}
    if not names & rows:
        return False
    if isinstance(node, n.Compare) or tail(node.func) in _CHOOSES:
        return "user" in names
    asked = (*node.args, *(k.value for k in node.keywords if k.name not in _NOTED))
    return bool(ASKS.search(tail(node.func))) or any(tail(value) == "user" for value in asked)


# `log(page, "seen", actor=request.user)` writes down who it was
_NOTED = frozenset({"actor", "author", "by", "creator", "created_by", "updated_by", "changed_by"})
# `pages_of(request.user).filter(pk=pk).exists()`
_CHOOSES = frozenset({"filter", "get", "exists"})


def all_taken(project: Project) -> Iterator[Taken]:
    """Yield the first row that each view takes, of the views that let no stranger in."""
    seen: set[object] = set()
    for _route, view in project.views():
        symbol = view.symbol
        if view.kind not in ("class", "function") or view.login is False or symbol in seen:
            continue
        seen.add(symbol)
        if isinstance(symbol, ClassSymbol | FunctionSymbol):
            taken = next(_taken(project, view, symbol), None)
            if taken is not None:
                yield taken


def _taken(project: Project, view: View, symbol: ClassSymbol | FunctionSymbol) -> Iterator[Taken]:
    for function in _functions(symbol):
        if _FETCHERS.isdisjoint(function.node.words) and MANAGERS.isdisjoint(function.node.words):
            continue
        for node in expressions(body(function.node)):
            table = _table(function, node) if isinstance(node, n.Call) else None
            found = project.site.names.resolve(function.module, table) if table else None
            model = project.site.models.of(found)
            if model is not None and isinstance(node, n.Call) and not _is_scoped(node):
                yield Taken(view, symbol, model, function, node)


def _table(function: FunctionSymbol, call: n.Call) -> n.Expr | None:
    """Return `Note` of `get_object_or_404(Note, pk=pk)`, for a page of one row also of `Note.objects.get(pk=pk)`."""
    if tail(call.func) in _FETCHERS:
        return call.args[0] if call.args else None
    if function.owner is not None and function.node.name != "get_object":
        return None
    manager = call.func.value if isinstance(call.func, n.Attr) and call.func.name == "get" else None
    is_one = bool(call.keywords) and all(k.name in _NUMBERS for k in call.keywords)
    if is_one and isinstance(manager, n.Attr) and manager.name in MANAGERS:
        return manager.value
    return None


_NUMBERS = frozenset({"pk", "id", "uuid"})


def _functions(symbol: ClassSymbol | FunctionSymbol) -> Iterator[FunctionSymbol]:
    """Yield a function, or the methods that a class has itself."""
    if isinstance(symbol, FunctionSymbol):
        yield symbol
    else:
        yield from methods_of(symbol)


def _is_scoped(call: n.Call) -> bool:
    """Whether the row is chosen among those of whoever asks."""
    return any(tail(part) in _SCOPES for part in inside(call)) or any(
        keyword.name and keyword.name.partition("__")[0] in _SCOPES for keyword in call.keywords
    )


def _decorators(view: View) -> frozenset[str]:
    """Return the decorators of a view that may ask anything: the project's own, and unknown ones."""
    names = (getattr(applied.symbol, "name", "") for applied in view.guards)
    return frozenset(name for name in names if not name.startswith("django."))


def _asks(project: Project, taken: Taken, shared: frozenset[str]) -> bool:
    """Whether something of a view asks for more than all of the group do."""
    if set(taken.view.permissions) - shared:
        return True
    symbol = taken.symbol
    if isinstance(symbol, FunctionSymbol) and _decorator_asks(project, symbol):
        return True
    line = project.site.classes.own_line(symbol) if isinstance(symbol, ClassSymbol) else (symbol,)
    return any(_asks_itself(function) for function in chain(*(_functions(one) for one in line)))


def _decorator_asks(project: Project, symbol: FunctionSymbol) -> bool:
    """Whether a decorator that stands on the view asks, also where all of the group have it."""
    for decorator in symbol.node.decorators:
        made_by = func_of(decorator)
        found = project.site.names.resolve(symbol.module, made_by)
        if isinstance(found, FunctionSymbol) and says_who_may(found):
            return True
    return False


def says_who_may(function: FunctionSymbol) -> bool:
    """Whether a function mentions rights, or has a name for asking about them."""
    return asks_who_may(frozenset(function.node.words) - REFUSALS)


def _asks_itself(function: FunctionSymbol) -> bool:
    is_on_the_way = function.owner is None or function.node.name in _WAYS_IN
    return says_who_may(function) or (is_on_the_way and uses_user(function))


def uses_user(function: FunctionSymbol) -> bool:
    """Whether the user is compared, or handed to what may well ask: `Move(page, user=request.user)`."""
    for node in expressions(body(function.node)):
        if isinstance(node, n.Compare) and any(tail(part) == "user" for part in inside(node)):
            return True
        if isinstance(node, n.Call):
            given = given_to(node)
            if any(tail(value) == "user" for value in given):
                return True
    return False
