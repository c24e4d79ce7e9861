"""The one API that takes its row past `get_object`, where what it is built on narrows rows for its siblings.

A mixin of the site, or of a library, narrows `get_queryset` or asks about the object; both happen where
`get_object` is called. What the mixin does need not be known: its other heirs take their rows that way.
"""

from collections import defaultdict
from collections.abc import Iterator

from msgspec import Struct

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import tail
from pickguard.lessons.trust.actions.object_permission_rules import ASKING, KEYS, before_asks
from pickguard.lessons.trust.row_keys import choosing
from pickguard.site.symbols.names import ClassSymbol, External, FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path, func_of, given_to, text
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions

_FEWEST = 3
_ASKED = ASKING | {"get_queryset", "filter_queryset", "user", "organization", "tenant", "team"}
_WAYS = frozenset({"get_object", "get_queryset", "filter_queryset"})
_LIBRARIES = ("rest_framework.", "django.", "builtins.")
_GENERIC = "GenericAPIView"


class _Bypass(Struct, frozen=True):
    """An API with the call that takes its row out of the whole table."""

    symbol: ClassSymbol
    function: FunctionSymbol
    call: n.Call


def of_bypasses(project: Project) -> Iterator[Hit]:
    """Yield the APIs that take their row past what their base narrows, which their siblings do not."""
    through: dict[str, set[ClassSymbol]] = defaultdict(set)
    past: dict[str, list[_Bypass]] = defaultdict(list)
    for view, symbol in _generic(project):
        found = _bypass(project, view, symbol)
        for base in _bases(project, symbol):
            if found is not None:
                past[base].append(found)
            elif _goes_through(project, view, symbol):
                through[base].add(symbol)
    for base, found_past in sorted(past.items()):
        count = len(through[base])
        if count >= _FEWEST and len(found_past) <= max(1, count // 4):
            for one in found_past:
                yield _hit(one, base, count)


def _hit(one: _Bypass, base: str, count: int) -> Hit:
    name, rows = one.symbol.node.name, base.rpartition(".")[2]
    return Hit(
        (
            Spot(one.function.module.path, one.call.span),
            Spot(one.symbol.module.path, one.symbol.node.span, "the API"),
        ),
        f"`{name}` takes its row out of the whole table; {count} other APIs built on `{rows}` take"
        " theirs with `get_object`",
        Confidence.MEDIUM,
        one.function.name,
    )


def _generic(project: Project) -> Iterator[tuple[View, ClassSymbol]]:
    """Yield the generic APIs that are reached, each once."""
    seen: set[ClassSymbol] = set()
    for _route, view in project.views():
        symbol = view.symbol
        if not isinstance(symbol, ClassSymbol) or view.kind not in ("api", "viewset"):
            continue
        if symbol not in seen and project.site.classes.inherits(symbol, _GENERIC):
            seen.add(symbol)
            yield view, symbol


def _bases(project: Project, symbol: ClassSymbol) -> Iterator[str]:
    """Yield what a class is built on beside REST framework, by its full name."""
    for ancestor in project.site.classes.line(symbol)[1:]:
        is_known = isinstance(ancestor, External) and ancestor.name.startswith(_LIBRARIES)
        if isinstance(ancestor, ClassSymbol | External) and not is_known:
            yield ancestor.name


def _goes_through(project: Project, view: View, symbol: ClassSymbol) -> bool:
    """Whether a class leaves its rows to REST framework, or asks it for them."""
    rows = project.site.classes.member(symbol, "queryset")
    return rows is not None and all(_WAYS & set(f.node.words) for f in _own(view, symbol))


def _bypass(project: Project, view: View, symbol: ClassSymbol) -> _Bypass | None:
    queryset = project.site.classes.value(symbol, "queryset")
    if queryset is None or view.login is False or before_asks(project, view):
        return None
    table = _table(queryset.value)
    for function in _own(view, symbol):
        if set(function.node.words) & _ASKED:
            continue
        for node in expressions(body(function.node)):
            if not isinstance(node, n.Call) or not table:
                continue
            if _takes_from(node, table) or _leaves_taking(project, function, node):
                return _Bypass(symbol, function, node)
    return None


def _leaves_taking(project: Project, function: FunctionSymbol, call: n.Call) -> bool:
    """Whether the number goes on to a function of the site that takes the row out of a table unasked."""
    given = given_to(call)
    if not any(_is_number(value) for value in given):
        return False
    called = project.code_of(function).resolve(call.func)
    if not isinstance(called, FunctionSymbol) or called == function:
        return False
    words = set(called.node.words)
    return "get_object_or_404" in words and not words & _ASKED


def _is_number(value: n.Expr) -> bool:
    """Whether a value is `kwargs["pk"]`."""
    return (
        isinstance(value, n.Index) and tail(value.value) == "kwargs" and text(value.index) in KEYS
    )


def _table(value: n.Expr) -> str:
    """Return the name that a chain begins with: `Note` of `Note.objects.filter(…)`."""
    node: n.Expr = value
    while isinstance(node, n.Call | n.Attr):
        node = func_of(node) if isinstance(node, n.Call) else node.value
    return node.id if isinstance(node, n.Name) else ""


def _own(view: View, symbol: ClassSymbol) -> Iterator[FunctionSymbol]:
    """Yield the handlers that a class has of its own."""
    for _method, function in view.handlers:
        if function.owner == symbol:
            yield function


def _takes_from(call: n.Call, table: str) -> bool:
    """Whether a call takes the row of an id out of a whole table: `get_object_or_404(Note, pk=pk)`."""
    keys = {keyword.name for keyword in choosing(call)}
    if not keys or not keys <= KEYS:
        return False
    if tail(call.func) == "get_object_or_404":
        return bool(call.args) and access_path(call.args[0]) in (table, f"{table}.objects")
    return access_path(call.func) == f"{table}.objects.get"
