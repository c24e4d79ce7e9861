"""The one API that hands out everybody's rows, where its neighbours hand out those of whoever asks.

How a project scopes its rows is learnt from it: `filter(owner=self.request.user)`, `.restrict(…)`,
`self.request.event.orders`. What no class is asked for counts for a row that belongs to scoped ones.
"""

from collections import defaultdict
from collections.abc import Iterator

from msgspec import Struct

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import tail
from pickguard.lessons.trust.actions.object_permission_rules import asks_about_objects
from pickguard.lessons.trust.openness import PUBLIC, proves_itself
from pickguard.lessons.trust.tenancy import is_narrowed
from pickguard.site.access.guards import PERMISSION_WORDS
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, inside, statements

_FEWEST = 3
# Methods that run before rows are handed out
_WAYS = ("get_queryset", "get_base_queryset", "get_object", "filter_queryset", "initial", "dispatch",
         "setup", "list", "retrieve", "get", "get_permissions", "check_permissions")  # fmt: skip
# What the browser sends, and what says nothing about who asks
_SENT = frozenset({"GET", "POST", "data", "query_params", "FILES", "META", "headers", "method", "path",
                   "COOKIES", "body", "version", "accepted_renderer", "content_type", "path_info"})  # fmt: skip
# Methods of a queryset that leave no row out
_KEEPS = frozenset({"all", "filter", "order_by", "select_related", "prefetch_related", "using", "distinct",
                    "annotate", "only", "defer", "get_queryset", "prefetch", "order", "alias", "Prefetch"})  # fmt: skip
_LISTS = (
    ".ModelViewSet",
    ".ReadOnlyModelViewSet",
    ".ListModelMixin",
    ".ListAPIView",
    ".ListCreateAPIView",
)


class _Rows(Struct, frozen=True):
    """A class view with the model whose rows it hands out."""

    view: View
    symbol: ClassSymbol
    model: Model


def of_rows(project: Project) -> Iterator[Hit]:
    """Yield the APIs that hand out all rows of a model whose kin their siblings scope."""
    groups: dict[str, list[_Rows]] = defaultdict(list)
    for rows in _handed_out(project):
        groups[rows.symbol.module.path.rpartition("/")[0]].append(rows)
    for _folder, group in sorted(groups.items()):
        if len(group) > _FEWEST:
            yield from _odd(project, group)


def scoped_labels(project: Project) -> frozenset[str]:
    """Return the models whose rows every API hands out to whoever they belong to, by their labels."""
    found: dict[str, list[bool]] = defaultdict(list)
    for rows in _handed_out(project):
        found[rows.model.label.lower()].append(_is_scoped(project, rows.symbol))
    return frozenset(label for label, scoped in found.items() if all(scoped))


def _handed_out(project: Project) -> Iterator[_Rows]:
    """Yield the API classes that are reached, each once, those open to strangers left out."""
    seen: set[ClassSymbol] = set()
    for _route, view in project.views():
        symbol = view.symbol
        if not isinstance(symbol, ClassSymbol) or view.kind not in ("api", "viewset"):
            continue
        if symbol in seen or view.model is None or view.login is False:
            continue
        seen.add(symbol)
        yield _Rows(view, symbol, view.model)


def _odd(project: Project, group: list[_Rows]) -> Iterator[Hit]:
    scoped = [rows for rows in group if _is_scoped(project, rows.symbol)]
    if len(scoped) < _FEWEST:
        return
    labels = {rows.model.label.lower() for rows in scoped}
    asked = {name for rows in scoped for name in rows.view.permissions}
    odd = [
        (rows, spot)
        for rows in group
        if rows not in scoped
        and belongs(rows.model, labels)
        and not is_narrowed(project, rows.model)
        and (_lists(project, rows) or not asks_about_objects(project, rows.view))
        and not set(rows.view.permissions) - asked
        and (spot := everything(project, rows.symbol)) is not None
        and not _is_meant_for_all(rows)
        and not proves_itself(rows.view)
    ]
    if len(odd) > max(1, len(scoped) // 4):
        return
    for rows, spot in odd:
        yield Hit(
            (spot, Spot(rows.symbol.module.path, rows.symbol.node.span, "the API")),
            f"`{rows.symbol.node.name}` hands out every `{rows.model.name}`; {len(scoped)} other APIs"
            " here hand out the rows of whoever asks",
            Confidence.MEDIUM,
            rows.symbol.name,
        )


def _is_meant_for_all(rows: _Rows) -> bool:
    """Whether the name of an API says that it is open, and nothing of it asks for a login."""
    return rows.view.login is not True and PUBLIC.search(rows.symbol.node.name) is not None


def belongs(model: Model, labels: set[str]) -> bool:
    """Whether rows of a model are scoped elsewhere, or hang on such rows."""
    if model.is_user:
        return False
    if model.label.lower() in labels:
        return True
    return any(
        field.target is not None and field.target.lower() in labels
        for field in model.fields
        if field.kind.endswith(("ForeignKey", "OneToOneField", "ParentalKey"))
    )


def _lists(project: Project, rows: _Rows) -> bool:
    """Whether many rows go out at once: no permission on an object is asked then."""
    return project.site.classes.inherits(rows.symbol, *_LISTS)


def _methods(project: Project, symbol: ClassSymbol) -> Iterator[FunctionSymbol]:
    """Yield what runs before rows are handed out, and the own methods that it calls."""
    classes = project.site.classes
    seen: set[FunctionSymbol] = set()
    waiting = [method for name in _WAYS for method in classes.methods(symbol, name)]
    while waiting and len(seen) < 40:
        method = waiting.pop()
        if method in seen:
            continue
        seen.add(method)
        yield method
        for node in expressions(body(method.node)):
            if isinstance(node, n.Attr) and tail(node.value) == "self":
                called = classes.method(symbol, node.name)
                if called is not None:
                    waiting.append(called)


def _is_scoped(project: Project, symbol: ClassSymbol) -> bool:
    """Whether something of the request that the browser does not say decides on the rows."""
    return any(_ties(method) for method in _methods(project, symbol))


def _ties(method: FunctionSymbol) -> bool:
    words = set(method.node.words)
    if "request" not in words or words <= _SENT:
        return False
    return any(
        isinstance(node, n.Attr) and tail(node.value) == "request" and node.name not in _SENT
        for node in expressions(body(method.node))
    )


def everything(project: Project, symbol: ClassSymbol) -> Spot | None:
    """Return where a class takes all rows of its model, or None where something leaves some out."""
    classes = project.site.classes
    methods = list(_methods(project, symbol))
    words = {word for method in methods for word in method.node.words}
    if words & (PERMISSION_WORDS | {"kwargs", "check_object_permissions"}):
        return None
    if classes.has_unknown_gate(symbol) or classes.member(symbol, "filter_queryset") is not None:
        return None
    method = classes.method(symbol, "get_queryset")
    if method is not None:
        return _of_method(method)
    queryset = classes.value(symbol, "queryset")
    if queryset is None or not _keeps_all(queryset.value):
        return None
    return Spot(queryset.module.path, queryset.value.span)


def _of_method(method: FunctionSymbol) -> Spot | None:
    block = body(method.node)
    if "super" in method.node.words or not _calls_keep(expressions(block)):
        return None
    for statement in statements(block):
        value = statement.value if isinstance(statement, n.Assign | n.Return) else None
        if isinstance(value, n.Call) and _is_query(value):
            return Spot(method.module.path, value.span)
    return None


def _keeps_all(value: n.Expr) -> bool:
    return isinstance(value, n.Call) and _is_query(value) and _calls_keep(inside(value))


def _is_query(value: n.Call) -> bool:
    """Whether a chain begins at a model's manager: `Note.objects.all()`."""
    node: n.Expr = value
    names = []
    while isinstance(node, n.Call | n.Attr):
        if isinstance(node, n.Attr):
            names.append(node.name)
            node = node.value
        else:
            node = node.func
    return isinstance(node, n.Name) and node.id[:1].isupper() and len(names) >= 2


def _calls_keep(nodes: Iterator[n.Expr]) -> bool:
    """Whether no call on a queryset leaves rows out."""
    for node in nodes:
        if not isinstance(node, n.Call) or not isinstance(node.func, n.Attr):
            continue
        name = node.func.name
        if name in ("get", "getlist", "append", "add", "split"):
            continue  # of what was sent
        if name not in _KEEPS or (name == "filter" and not _says_how_they_stand(node)):
            return False
    return True


def _says_how_they_stand(call: n.Call) -> bool:
    """Whether a filter asks of rows what is the same for everybody's: `filter(path__isnull=False)`."""
    return not call.args and all(
        (keyword.name or "").endswith("__isnull")
        or (isinstance(keyword.value, n.Call) and tail(keyword.value.func) == "F")
        for keyword in call.keywords
    )
