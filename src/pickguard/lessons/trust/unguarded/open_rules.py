"""Trust rules about pages that change or delete a row for whoever asks."""

import re
from collections.abc import Callable, Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.kit.code import tail
from pickguard.lessons.trust.openness import PUBLIC, UNSAFE, proves_itself
from pickguard.site.access.guards import PERMISSION_WORDS
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.urls.routes import Route
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument, is_false, root
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, inside, statements

_EDITS = (".UpdateView", ".DeleteView", ".BaseUpdateView", ".BaseDeleteView")
# Something decides on who asks, whatever it is
_KNOWS_WHO = frozenset(
    {"user", "session", "signer", "signing", "cart", "basket", "team", "tenant", "member", "owner"}
    | {"request_user", "current_user", "get_user", "organization", "organisation", "account"}
)
_NUMBER = re.compile(r"<(?:int:|str:)?\w*(?:pk|id)>|\(\?P<\w*(?:pk|id)>", re.IGNORECASE)
# `Config.load()`, `Config.get_solo()`, `Config.objects.first()`
_ONLY_ROW = frozenset(
    {"load", "get_solo", "get_instance", "get_config", "current", "first", "solo"}
)
# Methods that dress the page: who asks decides there what is shown, not what is changed
_DRESSING = frozenset({"get_context_data", "get_success_url", "get_initial", "get_template_names"})
_GETTERS = frozenset({"get_object_or_404", "get"})


@rule(
    "trust.open-edit",
    title="whoever knows a number changes or deletes a row",
    areas=(Area.INTEGRITY, Area.AVAILABILITY),
    cwe=(862, 306),
    severity=Severity.HIGH,
    gain="a stranger without an account counts the numbers in the address up and changes or deletes each row",
    mend="ask for a login and for the right to the row: `LoginRequiredMixin`, and `get_queryset` by the user",
)
def open_edit(project: Project) -> Iterator[Hit]:
    """Find pages that edit or delete a row by its number, in sites that ask for a login elsewhere."""
    if not any(_asks_for_login(project, route, view) for route, view in project.views()):
        return
    seen: set[object] = set()
    for route, view in project.views():
        symbol = view.symbol
        if symbol in seen or not _is_open(project, route, view):
            continue
        seen.add(symbol)
        if isinstance(symbol, ClassSymbol | FunctionSymbol) and _harms(project, view, symbol):
            yield Hit(
                (Spot(symbol.module.path, symbol.node.span),),
                f"`{symbol.node.name}` changes {_what(project, route, view)}, and asks nobody who they are",
                Confidence.MEDIUM,
                symbol.name,
            )


def _what(project: Project, route: Route, view: View) -> str:
    if _NUMBER.search(route.known):
        return "the row that the address names"
    return "the row that is asked for" if _is_sent_number(project, view) else "the one row"


def edits_openly(project: Project, route: Route, view: View) -> bool:
    """Whether a page changes or deletes a row by its number for whoever asks."""
    symbol = view.symbol
    return (
        isinstance(symbol, ClassSymbol | FunctionSymbol)
        and _is_open(project, route, view)
        and _harms(project, view, symbol)
    )


def _harms(project: Project, view: View, symbol: ClassSymbol | FunctionSymbol) -> bool:
    if isinstance(symbol, ClassSymbol):
        return _edits(project, view, symbol)
    return _changes(project, symbol)


def _asks_for_login(project: Project, route: Route, view: View) -> bool:
    """Whether a view asks for a login, is one, or builds on a library's class that may well ask."""
    if route.is_admin:
        return False
    if "authenticate" in view.words or view.name.endswith("LoginView"):
        return True  # whoever has an account logs in here
    if view.login is False:
        return False
    symbol = view.symbol
    return view.login is True or (
        isinstance(symbol, ClassSymbol) and project.site.classes.has_unknown_gate(symbol)
    )


def _is_open(project: Project, route: Route, view: View) -> bool:
    if route.is_admin or view.login is not False or view.permissions:
        return False
    if view.kind not in ("class", "function") and not _is_api_by_hand(view):
        return False
    if view.methods is not None and not UNSAFE & set(view.methods):
        return False
    if PUBLIC.search(f"{view.name} {route.known}") or proves_itself(view):
        return False
    is_by_number = bool(_NUMBER.search(route.known)) or _is_sent_number(project, view)
    return is_by_number or _takes_the_only_row(project, view)


def _is_api_by_hand(view: View) -> bool:
    """Whether it is a view of an API that writes its rows itself: of the others `trust.open-api` tells."""
    return view.kind == "api" and view.model is None and not view.writes


def _is_sent_number(project: Project, view: View) -> bool:
    """Whether what is posted to a view names a row by its number: `Note.objects.get(pk=request.data["id"])`."""
    return any(
        isinstance(node, n.Call)
        and tail(node.func) in _GETTERS | {"filter"}
        and _is_asked_for(project, function, node)
        for method, function in view.handlers
        if method.upper() in UNSAFE or method == "any"
        for node in expressions(body(function.node))
    )


def _is_asked_for(project: Project, function: FunctionSymbol, call: n.Call) -> bool:
    code = project.code_of(function)
    return any(
        keyword.name in ("pk", "id") and code.is_said_by_browser(keyword.value)
        for keyword in call.keywords
    )


def _takes_the_only_row(project: Project, view: View) -> bool:
    """Whether a view edits one row for all: `get_object` takes `Config.load()`, or the first."""
    symbol = view.symbol
    method = (
        project.site.classes.method(symbol, "get_object")
        if isinstance(symbol, ClassSymbol)
        else None
    )
    if method is None:
        return False
    returned = [
        statement.value
        for statement in statements(body(method.node))
        if isinstance(statement, n.Return)
    ]
    return len(returned) == 1 and _is_the_only_row(project, method, returned[0])


def _is_the_only_row(project: Project, method: FunctionSymbol, value: n.Expr | None) -> bool:
    if not isinstance(value, n.Call) or not isinstance(value.func, n.Attr):
        return False
    if value.args or tail(value.func) not in _ONLY_ROW:
        return False
    return any(
        project.site.models.of(project.site.names.resolve(method.module, part)) is not None
        for part in inside(value.func.value)
        if isinstance(part, n.Name | n.Attr)
    )


def _edits(project: Project, view: View, symbol: ClassSymbol) -> bool:
    """Whether a class edits or deletes a row, as a generic view or by itself, and no method asks who it is for."""
    line = project.site.classes.line(symbol)
    has_model = view.model is not None or any(form.model is not None for form in view.forms)
    is_generic = has_model and any(getattr(a, "name", "").endswith(_EDITS) for a in line)
    writing = {f for method, f in view.handlers if method.upper() in UNSAFE or method == "any"}
    if not is_generic and not any(_changes(project, function) for function in writing):
        return False
    words: set[str] = set()
    for ancestor in project.site.classes.own_line(symbol):
        words |= set(ancestor.node.words)
        for member in project.site.names.class_scope(ancestor).values():
            is_judged = any(member is function.node for function in writing if not is_generic)
            if isinstance(member, n.Function) and member.name not in _DRESSING and not is_judged:
                words |= set(member.words)
    return not words & (_KNOWS_WHO | PERMISSION_WORDS)


def _changes(project: Project, function: FunctionSymbol) -> bool:
    """Whether a function fetches a row and saves, edits or deletes it."""
    asks = set(function.node.words) & (_KNOWS_WHO | PERMISSION_WORDS)
    block = body(function.node)
    rows = {
        target.id
        for statement in statements(block)
        if isinstance(statement, n.Assign) and _fetches(project, function, statement.value)
        for target in statement.targets
        if isinstance(target, n.Name)
    }
    if asks - rows or any(map(_names(asks), expressions(block))):
        return False
    rows -= _only_counted(block, rows)
    return any(
        isinstance(node, n.Call)
        and (_writes(node, rows) or _deletes_at_once(project, function, node))
        for node in expressions(block)
    )


def _only_counted(block: tuple[n.Stmt, ...], rows: set[str]) -> set[str]:
    """Return the rows of which nothing but a number is counted on: `thread.views += 1`."""
    counted: set[str] = set()
    written: set[str] = set()
    for statement in statements(block):
        if isinstance(statement, n.Augment) and isinstance(statement.value, n.Const):
            counted.add(root(statement.target))
        elif isinstance(statement, n.Augment):
            written.add(root(statement.target))
        elif isinstance(statement, n.Assign):
            written |= {root(target) for target in statement.targets if isinstance(target, n.Attr)}
    for node in expressions(block):
        if isinstance(node, n.Call):
            written.add(tail(argument(node, -1, "instance")))
            written |= {root(node.func)} if tail(node.func) == "delete" else set()
            written |= set(map(tail, node.args)) if tail(node.func) == "setattr" else set()
    return (rows & counted) - written


def _names(words: set[str]) -> Callable[[n.Expr], bool]:
    """Return what tells whether one of the words is read of something, or given: not only the row's name."""

    def names(node: n.Expr) -> bool:
        if isinstance(node, n.Attr):
            return node.name in words
        return isinstance(node, n.Call) and any(k.name in words for k in node.keywords)

    return names


def _deletes_at_once(project: Project, function: FunctionSymbol, call: n.Call) -> bool:
    """Whether a row is deleted where it is fetched: `get_object_or_404(Note, pk=pk).delete()`."""
    if not isinstance(call.func, n.Attr) or call.func.name != "delete":
        return False
    return _fetches(project, function, call.func.value, _GETTERS | {"filter"})


def _fetches(
    project: Project, function: FunctionSymbol, value: n.Expr, ways: frozenset[str] = _GETTERS
) -> bool:
    if not isinstance(value, n.Call) or tail(value.func) not in ways:
        return False
    model = _model(project, function, value)
    if model is None:
        return False
    if {keyword.name for keyword in value.keywords} - {"pk", "id", f"{model.name.lower()}_id"}:
        return False  # something beside the number has to be known
    names = {tail(part) for part in inside(value)}
    if names & {param.name for param in function.node.params} - {"self", "request"}:
        return True
    return _is_asked_for(project, function, value)


def _model(project: Project, function: FunctionSymbol, call: n.Call) -> Model | None:
    first: n.Expr | None = call.args[0] if call.args else None
    if tail(call.func) in ("get", "filter") and isinstance(call.func, n.Attr):
        manager = call.func.value
        first = manager.value if isinstance(manager, n.Attr) else None
    return project.site.models.of(project.site.names.resolve(function.module, first))


def _writes(call: n.Call, rows: set[str]) -> bool:
    if isinstance(call.func, n.Attr) and call.func.name in ("save", "delete"):
        return tail(call.func.value) in rows and not is_false(argument(call, -1, "commit"))
    is_bound = any(tail(item) in ("POST", "data", "FILES") for item in inside(call))
    return is_bound and tail(argument(call, -1, "instance")) in rows
