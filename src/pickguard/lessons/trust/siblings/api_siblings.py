"""The API that hands out all rows of a model, where the pages beside it ask about each row who may have it.

ticket = get_object_or_404(Ticket, pk=pk)
if not may_open(request.user, ticket): ...

class TicketViewSet(ModelViewSet):
    queryset = Ticket.objects.all()
"""

import re
from collections import defaultdict
from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import tail
from pickguard.lessons.trust.openness import PUBLIC, UNSAFE, proves_itself
from pickguard.lessons.trust.owners.owner_classes import looks_anywhere
from pickguard.lessons.trust.siblings.model_siblings import Taken, all_taken, asks_about_row
from pickguard.lessons.trust.siblings.row_siblings import belongs, everything
from pickguard.lessons.trust.whole_rows import all_rows
from pickguard.site.access.guards import LOGIN_PERMISSIONS
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions

_FEWEST = 5
_STAFF = re.compile(r"staff|admin|super", re.IGNORECASE)
_OF_STAFF = "IsAdminUser"
_OTHERWISE = ("filter_queryset", "initial", "dispatch", "check_permissions", "get_permissions")


def of_apis_beside_pages(project: Project) -> Iterator[Hit]:
    """Yield the APIs that ask for a login, or for staff, where pages for the same people ask about the row."""
    asking: dict[str, list[Taken]] = defaultdict(list)
    for taken in all_taken(project):
        if asks_about_row(project, taken):
            asking[taken.model.label.lower()].append(taken)
    pages = {label: taken for label, taken in asking.items() if len(taken) >= _FEWEST}
    seen: set[ClassSymbol] = set()
    for _route, view in project.views() if pages else ():
        symbol = view.symbol
        if isinstance(symbol, ClassSymbol) and symbol not in seen:
            seen.add(symbol)
            yield from _beside(project, view, symbol, pages)


def _beside(
    project: Project, view: View, symbol: ClassSymbol, pages: dict[str, list[Taken]]
) -> Iterator[Hit]:
    model = view.model
    if model is None or not _may_be_odd(view) or looks_anywhere(project, symbol):
        return
    for label, taken in pages.items():
        like = [page for page in taken if _is_for_same(view, page.view)]
        spot = (
            _all_rows(project, view, symbol)
            if len(like) >= _FEWEST and belongs(model, {label})
            else None
        )
        if spot is not None:
            yield Hit(
                (spot, Spot(symbol.module.path, symbol.node.span, "the API")),
                f"`{symbol.node.name}` hands out every `{model.name}`; {len(like)} pages ask about a"
                f" `{taken[0].model.name}` whether the user may have it",
                Confidence.MEDIUM,
                symbol.name,
            )


def _may_be_odd(view: View) -> bool:
    """Whether an API changes rows for whoever is logged in, or of the staff, and is not open on purpose."""
    if view.kind not in ("api", "viewset") or view.login is False or proves_itself(view):
        return False
    if UNSAFE.isdisjoint(view.methods or ()):
        return False
    asks_little = not set(view.permissions) - LOGIN_PERMISSIONS - {_OF_STAFF}
    return asks_little and not PUBLIC.search(view.name.rpartition(".")[2])


def _is_for_same(api: View, page: View) -> bool:
    """Whether a page lets in as few people as the API, and asks about the row all the same."""
    return _OF_STAFF not in api.permissions or any(map(_STAFF.search, page.permissions))


def _all_rows(project: Project, view: View, symbol: ClassSymbol) -> Spot | None:
    """Return where a class takes all rows of its model; what the browser chooses of them is no limit."""
    classes = project.site.classes
    if classes.has_unknown_gate(symbol) or any(classes.method(symbol, name) for name in _OTHERWISE):
        return None
    method = classes.method(symbol, "get_queryset")
    if method is None:
        return everything(project, symbol)
    if "kwargs" in method.node.words or _hands_request_on(method):
        return None
    rows = next(
        (rows for rows, model in all_rows(project, method, view.model) if model == view.model), None
    )
    return Spot(method.module.path, rows.span) if rows is not None else None


def _hands_request_on(method: FunctionSymbol) -> bool:
    return any(
        tail(value) in ("request", "self")
        for node in expressions(body(method.node))
        if isinstance(node, n.Call)
        for value in node.args
    )
