"""Parts of guarded pages that have an address of their own, and no guard there."""

from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import is_asker, tail
from pickguard.kit.templates.pages import PAGES
from pickguard.lessons.trust.openness import PUBLIC, proves_itself
from pickguard.site.access.guards import PERMISSION_WORDS
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions


def of_guarded_parts(project: Project) -> Iterator[Hit]:
    """Yield views that ask nobody, and that pages behind a guard alone put into what they show.

    So the part is loaded again on its own: `{"orders": orders_inline(request, as_string=True)}`.
    """
    views = {
        view.symbol: view
        for _route, view in project.views()
        if isinstance(view.symbol, FunctionSymbol)
    }
    users: dict[FunctionSymbol, list[tuple[View, n.Call]]] = {}
    for function, view in views.items():
        for part, call in _parts(project, function):
            if part in views and part != function:
                users.setdefault(part, []).append((view, call))
    for part, found in users.items():
        guarded = [(view, call) for view, call in found if view.login or view.permissions]
        others = [view for view, _call in found if not (view.login or view.permissions)]
        if not guarded or any(map(_is_page, others)) or not _is_open(views[part], part):
            continue
        view, call = guarded[0]
        page = view.symbol
        if isinstance(page, FunctionSymbol):
            yield Hit(
                (
                    Spot(part.module.path, part.node.span),
                    Spot(page.module.path, call.span, "a part of this page, which has a guard"),
                ),
                f"`{part.node.name}` asks for nothing, and the page that it is a part of does",
                Confidence.MEDIUM,
                part.name,
            )


def _is_page(view: View) -> bool:
    """Whether a view shows a page, whose parts are as open as itself; others only hand a part back."""
    return not PAGES.isdisjoint(view.words)


def _is_open(view: View, function: FunctionSymbol) -> bool:
    """Whether a view asks for nothing at all, and nothing says that it is meant so."""
    if view.login is not False or view.permissions or view.guards or proves_itself(view):
        return False
    if PUBLIC.search(function.node.name) or not PERMISSION_WORDS.isdisjoint(function.node.words):
        return False
    return not any(map(is_asker, expressions(body(function.node))))


def _parts(project: Project, function: FunctionSymbol) -> Iterator[tuple[FunctionSymbol, n.Call]]:
    """Yield the functions that one gives the request to, and whose result is not its own answer."""
    code = project.code_of(function)
    answers = {id(value) for value in code.returned}
    for call in code.every(n.Call):
        if id(call) not in answers and any(tail(given) == "request" for given in call.args):
            called = code.called(call)
            if called is not None and called.module is function.module:
                yield called, call
