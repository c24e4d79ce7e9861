"""The one page whose guard asks for nothing: it asks only where a class names a right, and this names none.

def dispatch(self, request, …):
    if self.permission_required is not None and not may(request.user, self.permission_required):
        raise PermissionDenied
"""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import tail
from pickguard.lessons.trust.asking import REFUSALS
from pickguard.lessons.trust.openness import PUBLIC, UNSAFE, proves_itself
from pickguard.site.symbols.names import ClassSymbol, ValueSymbol
from pickguard.site.urls.routes import Route
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import is_empty
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import blocks, inside, statements

_GATES = frozenset({"dispatch", "setup", "initial", "test_func", "has_permission", "check_permissions"})  # fmt: skip
_FEWEST = 5


class _Guard(Struct, frozen=True):
    """A class that asks where its attributes are set: each of `asks` is enough, where all of it is."""

    symbol: ClassSymbol
    asks: frozenset[frozenset[str]]


class _Page(Struct, frozen=True):
    route: Route
    view: View
    symbol: ClassSymbol


def of_unset(project: Project) -> Iterator[Hit]:
    """Yield the pages that write and name no right, where nearly all others of their guard name one."""
    pages = list(_pages(project))
    for guard in _guards(project):
        under = [p for p in pages if guard.symbol in project.site.classes.own_line(p.symbol)]
        odd = [page for page in under if not _asks(project, page, guard)]
        asked = [page for page in under if page not in odd]
        if len(asked) < _FEWEST or len(odd) > max(1, len(asked) // 4):
            continue
        common = {applied.name for page in asked for applied in page.view.guards}
        for page in odd:
            is_guarded = any(
                applied.guard.permission and applied.name not in common
                for applied in page.view.guards
            )
            if not is_guarded and not _refuses_itself(project, page, guard):
                yield _hit(page, guard, len(asked))


def _hit(page: _Page, guard: _Guard, asked: int) -> Hit:
    names = " or ".join(
        f"`{'` and `'.join(sorted(names))}`" for names in sorted(guard.asks, key=sorted)
    )
    return Hit(
        (
            Spot(page.symbol.module.path, page.symbol.node.span),
            Spot(
                guard.symbol.module.path, guard.symbol.node.span, "asks only where a right is named"
            ),
        ),
        f"`{page.symbol.node.name}` names no right, so that `{guard.symbol.node.name}` asks for none"
        f" ({names}); {asked} other pages name one",
        Confidence.MEDIUM,
        page.symbol.name,
    )


def _pages(project: Project) -> Iterator[_Page]:
    """Yield the class views that write, each once."""
    seen: set[ClassSymbol] = set()
    for route, view in project.views():
        symbol = view.symbol
        if view.kind != "class" or not isinstance(symbol, ClassSymbol) or symbol in seen:
            continue
        if project.kind_of(symbol.module) is not None:
            continue
        seen.add(symbol)
        if UNSAFE & set(view.methods or ()) and not proves_itself(view):
            yield _Page(route, view, symbol)


def _guards(project: Project) -> Iterator[_Guard]:
    for symbol in project.site.classes.all:
        for member in symbol.node.body:
            if not isinstance(member, n.Function) or member.name not in _GATES:
                continue
            if not REFUSALS.isdisjoint(member.words):
                asks = frozenset(_asks_where(body(member), frozenset()))
                if asks and frozenset() not in asks and _are_unset(project, symbol, asks):
                    yield _Guard(symbol, asks)


def _asks_where(block: Iterable[n.Stmt], within: frozenset[str]) -> Iterator[frozenset[str]]:
    """Yield which attributes have to be set for each refusal of a block."""
    for statement in block:
        if isinstance(statement, n.Raise | n.Return):
            value = statement.value
            if value is not None and any(tail(part) in REFUSALS for part in inside(value)):
                yield within
        elif isinstance(statement, n.If):
            yield from _asks_where(statement.body, within | _tested(statement.test))
            yield from _asks_where(statement.other, within)
        elif not isinstance(statement, n.Function | n.Class):
            for inner in blocks(statement):
                yield from _asks_where(inner, within)


def _tested(test: n.Expr) -> frozenset[str]:
    """Return the attributes that a condition wants to be set: `self.right`, `self.right is not None`."""
    if isinstance(test, n.Logic) and test.op == "and":
        return frozenset().union(*map(_tested, test.values))
    if isinstance(test, n.Compare) and test.ops == ("is not",):
        return _tested(test.left)
    if isinstance(test, n.Attr) and tail(test.value) == "self":
        return frozenset({test.name})
    return frozenset()


def _are_unset(project: Project, symbol: ClassSymbol, asks: frozenset[frozenset[str]]) -> bool:
    """Whether a class itself leaves all the attributes of a guard unset."""
    names = frozenset().union(*asks)
    found = (project.site.names.own_member(symbol, name) for name in names)
    return all(isinstance(value, ValueSymbol) and is_empty(value.value) for value in found)


def _asks(project: Project, page: _Page, guard: _Guard) -> bool:
    """Whether a page sets what its guard needs, as far as can be seen."""
    return any(all(_is_set(project, page, guard, name) for name in names) for names in guard.asks)


def _is_set(project: Project, page: _Page, guard: _Guard, name: str) -> bool:
    if name in page.route.target.options:
        return True
    found = project.site.classes.member(page.symbol, name)
    if not isinstance(found, ValueSymbol) or not is_empty(found.value):
        return found is not None
    return any(
        isinstance(target, n.Attr) and target.name == name
        for function in _functions(project, page, guard)
        if name in function.words
        for statement in statements(body(function))
        if isinstance(statement, n.Assign)
        for target in statement.targets
    )


def _refuses_itself(project: Project, page: _Page, guard: _Guard) -> bool:
    """Whether a page turns people away by itself, or is meant for everybody."""
    if project.site.classes.has_unknown_gate(page.symbol) or PUBLIC.search(page.view.name):
        return True
    return any(
        not REFUSALS.isdisjoint(function.words) for function in _functions(project, page, guard)
    )


def _functions(project: Project, page: _Page, guard: _Guard) -> Iterator[n.Function]:
    """Yield the methods that a page has from anywhere but its guard."""
    for ancestor in project.site.classes.own_line(page.symbol):
        if ancestor != guard.symbol:
            yield from (m for m in ancestor.node.body if isinstance(m, n.Function))
