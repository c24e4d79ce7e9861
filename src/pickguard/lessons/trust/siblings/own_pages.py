"""The one page that shows or changes everybody's rows, where the pages beside it list those of whoever asks.

`listing` and `archive` take `Note.objects.filter(owner=request.user)`; `export` takes `Note.objects.all()`.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from pickguard.base.scales import Confidence
from pickguard.flow.values.vocabulary import TAKES_ROW
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import tail
from pickguard.lessons.trust.answering import functions_of_views
from pickguard.lessons.trust.openness import PUBLIC, SHOWN, SOCIAL, proves_itself
from pickguard.lessons.trust.ownership import (
    MADE,
    is_of_asker,
    is_user,
    owner_field,
    rows_of,
)
from pickguard.lessons.trust.row_keys import taken_from
from pickguard.lessons.trust.siblings.own_lists import asks, is_own_choice
from pickguard.lessons.trust.whole_rows import all_rows
from pickguard.site.access.guards import LOGIN_PERMISSIONS
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.bodies import body
from pickguard.source.python.queries import MANAGERS
from pickguard.source.python.walk import expressions

_FEWEST = 2


@dataclass(slots=True)
class _Pages:
    """The pages of a module that list rows of one model: those of whoever asks, or all, to members or to anybody."""

    own: set[FunctionSymbol] = field(default_factory=set)
    all: list[tuple[FunctionSymbol, n.Call]] = field(default_factory=list)
    open: list[tuple[FunctionSymbol, n.Call]] = field(default_factory=list)


def of_own_pages(project: Project) -> Iterator[Hit]:
    """Yield the page of a module that takes everybody's rows, where several others list the caller's own."""
    groups: dict[tuple[str, str], tuple[Model, _Pages]] = {}
    owned: dict[str, bool] = defaultdict(bool)
    for view, function in functions_of_views(project):
        if not _is_page(view):
            continue
        for model in _own_models(project, function):
            key = (function.module.path, model.label)
            groups.setdefault(key, (model, _Pages()))[1].own.add(function)
        if asks(function) or proves_itself(view):
            continue
        for rows, model in all_rows(project, function, None):
            if model.label not in owned:
                owned[model.label] = _is_owned(project, model)
            if owned[model.label]:
                key = (function.module.path, model.label)
                groups.setdefault(key, (model, _Pages()))[1].all.append((function, rows))
    for function, rows, model in _shown_to_strangers(project) if groups else ():
        known = groups.get((function.module.path, model.label))
        if known is not None and _is_owned(project, model):
            known[1].open.append((function, rows))
    for _key, (model, pages) in sorted(groups.items(), key=lambda item: item[0]):
        odd = {function for function, _rows in pages.all}
        if len(pages.own) >= _FEWEST and len(odd) == 1:
            yield _hit(model, *pages.all[0], len(pages.own), "takes")
        if pages.own and len({function for function, _rows in pages.open}) == 1:
            yield _hit(model, *pages.open[0], len(pages.own), "shows strangers")


def _shown_to_strangers(project: Project) -> Iterator[tuple[FunctionSymbol, n.Call, Model]]:
    """Yield where pages that ask for no login, and look at nobody, take rows of whomsoever, with their model."""
    for route, view in project.views():
        is_page = view.kind in ("function", "class") and not route.is_admin
        if view.login is not False or not is_page or proves_itself(view):
            continue
        for _method, function in view.handlers:
            if project.kind_of(function.module) is None and not asks(function):
                for rows, model in all_rows(project, function, None):
                    if _is_private(function, model):
                        yield function, rows, model


def _is_private(function: FunctionSymbol, model: Model) -> bool:
    """Whether a page that strangers may open is not meant for them: the rows are nobody's business."""
    if PUBLIC.search(function.node.name) or SOCIAL.search(model.name):
        return False
    return not any(SHOWN.search(one.name) for one in model.fields)


def _hit(model: Model, function: FunctionSymbol, rows: n.Call, siblings: int, does: str) -> Hit:
    others = "another page lists" if siblings == 1 else f"{siblings} other pages list"
    return Hit(
        (Spot(function.module.path, rows.span),),
        f"`{function.node.name}` {does} everybody's `{model.name}`; {others} those of whoever asks here",
        Confidence.MEDIUM,
        function.name,
    )


def _is_page(view: View) -> bool:
    return (
        view.kind in ("function", "class")
        and view.login is True
        and not set(view.permissions) - LOGIN_PERMISSIONS
    )


def _is_owned(project: Project, model: Model) -> bool:
    """Whether the rows of a model are somebody's, and not only made by somebody."""
    owner = owner_field(project, model, 0)
    return owner is not None and not model.is_user and not MADE.search(owner)


def _own_models(project: Project, function: FunctionSymbol) -> Iterator[Model]:
    """Yield the models of which a function lists the rows of whoever asks."""
    for node in expressions(body(function.node)):
        if not isinstance(node, n.Call):
            continue
        model = None
        if is_own_choice(node):
            model = project.site.models.of(
                project.site.names.resolve(function.module, _table(node))
            )
        elif tail(node.func) in TAKES_ROW and any(
            is_user(k.value) or is_of_asker(k.value) for k in node.keywords
        ):
            model = rows_of(project, function, taken_from(node))
        if model is not None:
            yield model


def _table(call: n.Call) -> n.Expr | None:
    """Return `Note` of `Note.objects.filter(…)`."""
    root: n.Expr = call
    while isinstance(root, n.Call) and isinstance(root.func, n.Attr):
        root = root.func.value
    return root.value if isinstance(root, n.Attr) and root.name in MANAGERS else None
