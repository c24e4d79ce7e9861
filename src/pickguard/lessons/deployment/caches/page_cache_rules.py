"""Deployment rules about pages that a cache keeps for everybody."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.kit.around import decorators, unwrapped
from pickguard.kit.code import is_true, tail
from pickguard.lessons.deployment.caches.keeping_decorators import keeping_decorators
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, inside

_KEEPS = "cache_page"
# `@cache_control(public=True)` has proxies on the way keep the page, which know nobody
_TELLS_PROXIES = "cache_control"
# Each user, or nobody, has a page of their own in the cache
_TELLS_APART = frozenset({"vary_on_cookie", "vary_on_headers", "cache_control", "never_cache"})
_PERSONAL = frozenset({"user", "session"})


@rule(
    "deployment.private-page-cached",
    title="the page of one user is kept for all",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(524, 525),
    severity=Severity.HIGH,
    gain="whoever asks next gets the page that was made for somebody else, or one that asks for a login",
    mend="add `@vary_on_cookie` (`@vary_on_headers('Authorization')` for tokens) below `@cache_page`, or cache"
    " what is the same for all: a query, a part of the template",
)
def private_page_cached(project: Project) -> Iterator[Hit]:
    """Find `@cache_page` without `Vary`, and `public=True`, on views that are about who asks."""
    seen: set[FunctionSymbol | ClassSymbol] = set()
    for _route, view in project.views():
        symbol = view.symbol
        if not isinstance(symbol, FunctionSymbol | ClassSymbol) or symbol in seen:
            continue
        around = {item.name for item in view.guards}
        functions = (*_answering(view), *_dispatching(project, symbol))
        for function in functions or _filling(project, symbol):
            marks = (*symbol.node.decorators, *decorators(project, function))
            parts = [node for mark in marks for node in inside(mark)]
            names = around | {tail(node) for node in parts}
            is_kept = _KEEPS in names and not names & _TELLS_APART
            is_kept = is_kept and not any(_tells_users(project, function, node) for node in parts)
            is_kept = is_kept or any(_is_own(project, function, mark) for mark in marks)
            if not is_kept and not any(map(_is_public, parts)):
                continue
            personal = next(_looks_at_the_user(function), None)
            if personal is not None or (
                view.login and not _is_asked_first(project, view, function)
            ):
                seen.add(symbol)
                yield _hit(project, symbol, function, personal)
                break


def _tells_users(project: Project, function: FunctionSymbol, node: n.Expr) -> bool:
    """Whether it is a `cache_page` of the site's own that looks at who asks."""
    if tail(node) != _KEEPS:
        return False
    own = project.site.names.resolve(function.module, node)
    return isinstance(own, FunctionSymbol) and not _PERSONAL.isdisjoint(own.node.words)


def _is_asked_first(project: Project, view: View, function: FunctionSymbol) -> bool:
    """Whether what asks for a login stands above the cache: nobody has the page without being asked."""
    asking = {item.name for item in view.guards}
    for decorator in decorators(project, function):
        if _is_cache(decorator) or _is_own(project, function, decorator):
            return False
        if any(tail(node) in asking for node in inside(decorator)):
            return True
    return False


def _answering(view: View) -> tuple[FunctionSymbol, ...]:
    """Return the functions that answer what is kept, GET alone, each once."""
    reading = ("any", "get", "head", "list", "retrieve")
    return tuple(
        dict.fromkeys(
            function
            for method, function in view.handlers
            if method in reading or function.node.name in reading
        )
    )


def _dispatching(
    project: Project, symbol: FunctionSymbol | ClassSymbol
) -> Iterator[FunctionSymbol]:
    """Yield the `dispatch` of a class and of its mixins, by which all of its requests go."""
    if isinstance(symbol, ClassSymbol):
        yield from project.site.classes.methods(symbol, "dispatch")


# What Django's own views call to fill the page
_FILLS = ("get_queryset", "get_context_data", "get_object")


def _filling(project: Project, symbol: FunctionSymbol | ClassSymbol) -> Iterator[FunctionSymbol]:
    """Yield the methods of a class that fill a page which one of Django's own views answers."""
    if isinstance(symbol, ClassSymbol):
        for name in _FILLS:
            yield from project.site.classes.methods(symbol, name)


def _looks_at_the_user(function: FunctionSymbol) -> Iterator[n.Expr]:
    if not _PERSONAL.isdisjoint(function.node.words):
        nodes = list(expressions(body(function.node)))
        marked = {
            id(node.value) for node in nodes if isinstance(node, n.Attr) and node.name in _MARKS
        }
        for node in nodes:
            if (
                isinstance(node, n.Attr)
                and node.name in _PERSONAL
                and tail(node.value) == "request"
                and id(node) not in marked
            ):
                yield node


# `request.session.accessed = False` says that the session was not looked at
_MARKS = frozenset({"accessed", "modified"})


def _is_own(project: Project, function: FunctionSymbol, mark: n.Expr) -> bool:
    """Whether a decorator of the site's own keeps the page, and is told nothing of whoever asks."""
    keeping = project.once(keeping_decorators)
    if not keeping or any(isinstance(part, n.Lambda) for part in inside(mark)):
        return False
    return project.site.names.resolve(function.module, func_of(mark)) in keeping


def _hit(
    project: Project,
    symbol: FunctionSymbol | ClassSymbol,
    function: FunctionSymbol,
    personal: n.Expr | None,
) -> Hit:
    path = function.module.path
    marks = (*function.node.decorators, *symbol.node.decorators)
    own = next((m for d in marks for m in unwrapped(d) if _is_own(project, function, m)), None)
    kept = next(filter(_is_cache, marks), own)
    first = Spot(path, kept.span if kept is not None else function.node.span)
    by = _KEEPS if kept is None or not any(map(_is_public, inside(kept))) else _TELLS_PROXIES
    if kept is not None and kept is own:
        by = tail(func_of(own))
    shown = () if personal is None else (Spot(path, personal.span, "made for one user"),)
    why = "shows what one user sees" if personal is not None else "asks for a login"
    return Hit(
        (first, *shown),
        f"`{by}` keeps one page of `{symbol.node.name}` for everybody, and it {why}",
        Confidence.HIGH if personal is not None else Confidence.MEDIUM,
        symbol.name,
    )


def _is_cache(decorator: n.Expr) -> bool:
    return any(tail(node) == _KEEPS or _is_public(node) for node in inside(decorator))


def _is_public(node: n.Expr) -> bool:
    """Whether an expression is `cache_control(public=True)`."""
    return (
        isinstance(node, n.Call)
        and tail(node.func) == _TELLS_PROXIES
        and any(keyword.name == "public" and is_true(keyword.value) for keyword in node.keywords)
    )
