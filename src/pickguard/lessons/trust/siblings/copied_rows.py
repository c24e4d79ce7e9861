"""Views that make a new row of one that is there, and ask only who may make one.

class CopyView(CreateView):
    permission_required = "add"

    def get_initial_form_instance(self):
        return get_object_or_404(self.model, pk=self.kwargs["pk"])
"""

from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import tail
from pickguard.lessons.trust.asking import asks_who_may
from pickguard.lessons.trust.row_keys import choosing
from pickguard.lessons.trust.siblings.row_checks import OF_ROW, has_policies
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol, methods_of
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, inside

_MAKES = (".CreateView", ".BaseCreateView", ".ModelFormView")
_COPIED = ("get_object", "get_initial", "get_initial_form_instance", "get_form_kwargs")
_WHO = frozenset({"user", "session", "owner", "get_queryset"})
_KEYS = frozenset({"pk", "id", "uuid", "slug"})


def of_copies(project: Project) -> Iterator[Hit]:
    """Yield where a view that makes rows takes another by the address, and nobody asks about that one."""
    if not project.once(has_policies):
        return
    seen: set[tuple[str, int]] = set()
    for symbol in project.site.classes.all:
        if project.kind_of(symbol.module) is not None or not _makes(project, symbol):
            continue
        for name in _COPIED:
            method = project.site.classes.method(symbol, name)
            call = _taken(method) if method is not None else None
            if method is None or call is None or _asks(project, symbol, method):
                continue
            place = (str(method.module.path), call.span)
            if place not in seen:
                seen.add(place)
                yield _hit(method, call)


def _hit(method: FunctionSymbol, call: n.Call) -> Hit:
    return Hit(
        (Spot(method.module.path, call.span),),
        "any row is taken by its number to be copied; what is asked is who may make one, and others"
        " here ask about the row itself",
        Confidence.MEDIUM,
        method.name,
    )


def _makes(project: Project, symbol: ClassSymbol) -> bool:
    return project.site.classes.inherits(symbol, *_MAKES)


def _taken(method: FunctionSymbol) -> n.Call | None:
    """Return what takes a row of the view's own model by the address: `get_object_or_404(self.model, pk=…)`."""
    if "kwargs" not in method.node.words or _WHO & set(method.node.words):
        return None
    for node in expressions(body(method.node)):
        if isinstance(node, n.Call) and _is_of_own(node):
            keys = choosing(node)
            if any(key.name in _KEYS and _is_of_address(key.value) for key in keys):
                return node
    return None


def _is_of_own(call: n.Call) -> bool:
    if tail(call.func) == "get_object_or_404":
        return bool(call.args) and tail(call.args[0]) == "model"
    rows = receiver_of(call) if tail(call.func) == "get" else None
    return isinstance(rows, n.Attr) and tail(rows.value) == "model"


def _is_of_address(value: n.Expr) -> bool:
    return any(tail(part) == "kwargs" for part in inside(value))


def _asks(project: Project, symbol: ClassSymbol, method: FunctionSymbol) -> bool:
    """Whether the method asks who may, or anything of the class asks about a row."""
    if asks_who_may(method.node.words):
        return True
    line = [each for one in project.site.classes.own_line(symbol) for each in methods_of(one)]
    return any(
        not OF_ROW.search(each.node.name) and any(map(OF_ROW.search, each.node.words))
        for each in line
    )
