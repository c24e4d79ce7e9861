"""Permission classes of an API that look at the object: DRF asks them where `get_object` is called."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.kit.code import tail
from pickguard.lessons.trust.actions.listed_rows import listed_rows
from pickguard.lessons.trust.row_keys import choosing, is_key
from pickguard.site.access.guards import PERMISSION_WORDS
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of
from pickguard.source.python.bodies import body
from pickguard.source.python.queries import MANAGERS
from pickguard.source.python.walk import expressions, inside, statements

_LOOKS = "has_object_permission"
_FETCHERS = frozenset({"get_object_or_404", "aget_object_or_404", "get", "aget"})
# Those of the numbers that were sent, to be changed all at once
_CHOOSES = "filter"
_CHANGES = frozenset({"update", "delete", "aupdate", "adelete"})
_TAKES = _FETCHERS | {_CHOOSES}
KEYS = frozenset({"pk", "id", "uuid", "slug"})
# What has the permission classes asked, or asks by itself
ASKING = PERMISSION_WORDS | {
    "check_object_permissions",
    "get_object",
    _LOOKS,
    "for_user",
    "restrict",
}


def asks_about_objects(project: Project, view: View) -> bool:
    """Whether one of the permission classes of a view looks at the object."""
    return any(name in project.once(object_checks) for name in view.permissions)


def object_checks(project: Project) -> dict[str, FunctionSymbol]:
    """Return how the project's permission classes look at an object, by the names of the classes."""
    found: dict[str, FunctionSymbol] = {}
    for symbol in project.site.classes.of_kind("permission"):
        method = project.site.classes.method(symbol, _LOOKS)
        if method is not None:
            found[symbol.node.name] = method
    return found


@rule(
    "trust.object-permission-unasked",
    title="a permission that looks at the object is never asked",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(862, 639),
    severity=Severity.HIGH,
    gain="the API looks guarded, and hands out or changes the object of anybody who is named by a number",
    mend="take the object with `self.get_object()`, or call `self.check_object_permissions(request, obj)`",
)
def object_permission_unasked(project: Project) -> Iterator[Hit]:
    """Find `Note.objects.get(pk=pk)` in API views whose permission looks at the note's owner."""
    checks = project.once(object_checks)
    if not checks:
        return

    def asks(view: View) -> bool:
        return view.kind in ("api", "viewset") and not checks.keys().isdisjoint(view.permissions)

    yield from _own_getters(project, asks, checks)
    ways = (*project.handlers(asks, _TAKES), *_own_ways(project, asks), *_takers(project, asks))
    for view, function in ways:
        asked = [checks[name] for name in view.permissions if name in checks]
        yield from _in_handler(project, view, function, asked)
    yield from _in_lists(project)


def _in_lists(project: Project) -> Iterator[Hit]:
    """Yield the lists that show the rows which a permission looks at one by one."""
    for one in listed_rows(project):
        if _is_about(one.check, one.model):
            yield Hit(
                (
                    one.place,
                    Spot(one.check.module.path, one.check.node.span, "asked about one row alone"),
                ),
                f"the list of `{one.view.node.name}` shows every `{one.model.name}`:"
                f" nothing asks `{_class_of(one.check)}` about the rows of a list",
                Confidence.MEDIUM,
                one.view.name,
                mend="leave those of whoever asks in `get_queryset`, which lists and single rows both run",
            )


def _own_getters(
    project: Project, asks: Callable[[View], bool], checks: Mapping[str, FunctionSymbol]
) -> Iterator[Hit]:
    """Yield the `get_object` that takes the row out of `get_queryset()`, and asks nobody about it."""
    for view, method in _own_ways(project, asks):
        words = set(method.node.words)
        is_chosen = {"get_queryset", "queryset"} & words and {"kwargs", "lookup_field"} & words
        if not is_chosen or words & (ASKING | {"super"}) or before_asks(project, view):
            continue
        asked = (checks[name] for name in view.permissions if name in checks)
        check = next(
            (c for c in asked if view.model is not None and _is_about(c, view.model)), None
        )
        returned = [
            s
            for s in statements(body(method.node))
            if isinstance(s, n.Return) and s.value is not None
        ]
        if check is None or not returned or _looks_at_user(method) or view.model is None:
            continue
        yield Hit(
            (
                Spot(method.module.path, returned[-1].span),
                Spot(check.module.path, check.node.span, "would look at it"),
            ),
            f"`get_object` hands out any `{view.model.name}`: `{_class_of(check)}` never looks at it",
            Confidence.MEDIUM,
            method.name,
        )


def _own_ways(
    project: Project, asks: Callable[[View], bool]
) -> Iterator[tuple[View, FunctionSymbol]]:
    """Yield the `get_object` that views have of their own: DRF's asks, another has to ask itself."""
    seen: set[FunctionSymbol] = set()
    for _route, view in project.views():
        if isinstance(view.symbol, ClassSymbol) and asks(view):
            method = project.site.classes.method(view.symbol, "get_object")
            if method is not None and method not in seen:
                seen.add(method)
                yield view, method


def _takers(
    project: Project, asks: Callable[[View], bool]
) -> Iterator[tuple[View, FunctionSymbol]]:
    """Yield the methods of views that take a row for their handlers: `asset = self._load(uid)`."""
    seen: set[FunctionSymbol] = set()
    for _route, view in project.views():
        symbol = view.symbol
        if not isinstance(symbol, ClassSymbol) or not asks(view):
            continue
        handlers = [function for _method, function in view.handlers]
        # a handler that asks about the row may have taken it so
        plain = [f for f in handlers if ASKING.isdisjoint(f.node.words)]
        for method in _called_on_self(project, symbol, plain):
            if method not in seen and method not in handlers and method.node.name != "get_object":
                seen.add(method)
                yield view, method


def _called_on_self(
    project: Project, symbol: ClassSymbol, handlers: Iterable[FunctionSymbol]
) -> Iterator[FunctionSymbol]:
    for handler in handlers:
        for node in expressions(body(handler.node)):
            if isinstance(node, n.Call) and tail(receiver_of(node)) == "self":
                method = project.site.classes.method(symbol, tail(node.func))
                if method is not None:
                    yield method


def _in_handler(
    project: Project, view: View, function: FunctionSymbol, asked: list[FunctionSymbol]
) -> Iterator[Hit]:
    words = set(function.node.words)
    if words & ASKING or words.isdisjoint(_TAKES) or before_asks(project, view):
        return
    nodes = list(expressions(body(function.node)))
    changed = {
        node.func.value.span
        for node in nodes
        if isinstance(node, n.Call) and isinstance(node.func, n.Attr)
        if node.func.name in _CHANGES
    }
    for node in nodes:
        if not isinstance(node, n.Call) or tail(node.func) not in _TAKES:
            continue
        if tail(node.func) == _CHOOSES and node.span not in changed:
            continue
        model = _taken(project, function, node)
        check = next((c for c in asked if model is not None and _is_about(c, model)), None)
        if model is None or check is None or _looks_at_user(function):
            continue
        yield Hit(
            (
                Spot(function.module.path, node.span),
                Spot(check.module.path, check.node.span, "would look at it"),
            ),
            f"`{model.name}` is taken past `get_object`: `{_class_of(check)}` never looks at it",
            Confidence.MEDIUM,
            function.name,
        )
        return


def _class_of(check: FunctionSymbol) -> str:
    return check.owner.node.name if check.owner is not None else check.node.name


def _taken(project: Project, function: FunctionSymbol, call: n.Call) -> Model | None:
    """Return the model of which a call takes the row of an id alone, or None."""
    rows = call.args[0] if call.args else None
    if tail(call.func) not in ("get_object_or_404", "aget_object_or_404"):
        manager = receiver_of(call)
        is_manager = isinstance(manager, n.Attr) and manager.name in MANAGERS
        rows = manager.value if isinstance(manager, n.Attr) and is_manager else None
    model = project.site.models.of(project.site.names.resolve(function.module, rows))
    chosen = choosing(call)
    if model is None or not chosen or any(_is_read_anew(keyword.value) for keyword in chosen):
        return None
    keys = ((keyword.name or "").removesuffix("__in") for keyword in chosen)
    return model if all(key == "slug" or is_key(model, key) for key in keys) else None


def _is_read_anew(value: n.Expr) -> bool:
    """Whether the number is that of a row which is here already: `Note.objects.get(pk=note.pk)`."""
    return isinstance(value, n.Attr) and value.name in ("pk", "id")


def _is_about(check: FunctionSymbol, model: Model) -> bool:
    """Whether a permission class looks at what this model has, and compares it with the caller."""
    params = [param.name for param in check.node.params]
    if len(params) < 4 or "user" not in check.node.words:
        return False
    fields = {field.name for field in model.fields} | {f"{f.name}_id" for f in model.fields}
    return any(
        isinstance(node, n.Attr) and tail(node.value) == params[3] and node.name in fields
        for node in expressions(body(check.node))
    )


def _looks_at_user(function: FunctionSymbol) -> bool:
    """Whether the code compares something with the caller, or chooses by the caller."""
    for node in expressions(body(function.node)):
        if isinstance(node, n.Compare) and any(tail(part) == "user" for part in inside(node)):
            return True
        if isinstance(node, n.Call) and tail(node.func) in ("filter", "get", *_FETCHERS):
            given = (*node.args[1:], *(keyword.value for keyword in node.keywords))
            if any(tail(part) == "user" for value in given for part in inside(value)):
                return True
    return False


def before_asks(project: Project, view: View) -> bool:
    """Whether something that runs before the handlers asks for the object by itself."""
    symbol = view.symbol
    names = ("initial", "dispatch", "check_permissions", "setup")
    methods = (
        method
        for name in names
        if isinstance(symbol, ClassSymbol)
        for method in project.site.classes.methods(symbol, name)
    )
    return any(set(method.node.words) & ASKING for method in methods)
