"""The one page that changes rows behind a lesser gate than the others that change rows of the same model.

class MemberEdit(TeamMixin, UpdateView): …
class MemberAdd(TeamAdminMixin, CreateView): …       class TeamAdminMixin(TeamMixin): roles = ("admin",)
class MemberRemove(TeamAdminMixin, DeleteView): …
"""

import re
from collections.abc import Iterator

from msgspec import Struct

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.around import decorators
from pickguard.site.access.guards import PERMISSION_WORDS
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail, text

_CHANGES = (
    ".CreateView",
    ".UpdateView",
    ".DeleteView",
    ".FormView",
    ".BaseUpdateView",
    ".BaseDeleteView",
)
_UNSAFE = frozenset({"post", "put", "patch", "delete", "form_valid"})
_ASKS = frozenset(
    {"dispatch", "test_func", "has_permission", "get_permission_required", "check_permissions"}
)
_FEWEST = 2


class _Page(Struct, frozen=True):
    """A class view that changes rows, with the classes of the site in its line that ask who may."""

    symbol: ClassSymbol
    gates: frozenset[ClassSymbol]


def of_lesser_gates(project: Project) -> Iterator[Hit]:
    """Yield the pages whose siblings ask for what a class asks that inherits from their own gate."""
    groups: dict[tuple[str, str], dict[ClassSymbol, _Page]] = {}
    for _route, view in project.views():
        page = _page(project, view)
        if page is not None and view.model is not None:
            key = (page.symbol.module.path, view.model.label)
            groups.setdefault(key, {})[page.symbol] = page
    for pages in groups.values():
        if len(pages) > _FEWEST:
            yield from _odd(project, list(pages.values()))
    yield from _of_decorators(project)


def _of_decorators(project: Project) -> Iterator[Hit]:
    """Yield the function that changes rows behind `@crew_required()`, where others say `@crew_required("admin")`."""
    groups: dict[tuple[str, str], dict[FunctionSymbol, tuple[str, ...]]] = {}
    for _route, view in project.views():
        function = view.symbol
        if not isinstance(function, FunctionSymbol):
            continue
        for decorator in decorators(project, function):
            if not isinstance(decorator, n.Call) or decorator.keywords:
                continue
            if _is_own_gate(project, function, decorator) and _changes(project, view, function):
                said = tuple(text(given) or "" for given in decorator.args)
                groups.setdefault((function.module.path, tail(decorator.func)), {})[function] = said
    for (_path, name), functions in groups.items():
        plain = [function for function, said in functions.items() if not said]
        strict = [said for said in functions.values() if said and all(said)]
        if len(plain) != 1 or len(strict) < _FEWEST or len(set(strict)) != 1 or _looks(plain[0]):
            continue
        yield Hit(
            (Spot(plain[0].module.path, plain[0].node.span),),
            f"`{plain[0].node.name}` changes rows behind `{name}()`; {len(strict)} others say"
            f" `{name}({', '.join(map(repr, strict[0]))})`",
            Confidence.MEDIUM,
            plain[0].name,
            gain="whoever passes the lesser gate does here what only the others were meant to do",
            mend="say the same as the others",
        )


def _changes(project: Project, view: View, function: FunctionSymbol) -> bool:
    """Whether a view takes nothing but what changes something, or is seen to change rows."""
    is_unsafe = view.methods is not None and {"GET", "HEAD"}.isdisjoint(view.methods)
    return is_unsafe or project.effects.change(function) is not None


def _is_own_gate(project: Project, function: FunctionSymbol, decorator: n.Call) -> bool:
    """Whether a decorator of the site looks at who asks, and takes what it asks for as texts."""
    found = project.site.names.resolve(function.module, decorator.func)
    if not isinstance(found, FunctionSymbol):
        return False
    inner = (body for body in project.flow.nested(found) if body.function is not None)
    return any("user" in body.words and PERMISSION_WORDS & body.words for body in inner)


def _looks(function: FunctionSymbol) -> bool:
    """Whether a function itself looks at who asks."""
    return "user" in function.node.words or bool(PERMISSION_WORDS & set(function.node.words))


def _page(project: Project, view: View) -> _Page | None:
    symbol = view.symbol
    if not isinstance(symbol, ClassSymbol) or view.kind != "class":
        return None
    classes = project.site.classes
    handlers = {method for method, _function in view.handlers}
    if not classes.inherits(symbol, *_CHANGES) and handlers.isdisjoint(_UNSAFE):
        return None
    own = (c for c in classes.own_line(symbol) if c != symbol)
    return _Page(symbol, frozenset(c for c in own if _is_gate(project, c)))


def _is_gate(project: Project, symbol: ClassSymbol) -> bool:
    """Whether a class decides who comes in, by itself or by what it inherits."""
    return any(project.site.classes.method(symbol, name) is not None for name in _ASKS)


def _odd(project: Project, pages: list[_Page]) -> Iterator[Hit]:
    shared = frozenset.intersection(*(page.gates for page in pages))
    for gate in sorted(
        frozenset().union(*(page.gates for page in pages)) - shared, key=lambda g: g.name
    ):
        behind = [page for page in pages if gate in page.gates]
        before = [page for page in pages if gate not in page.gates]
        lesser = shared & set(project.site.classes.own_line(gate))
        if len(before) != 1 or len(behind) < _FEWEST or not _is_stricter(project, gate, lesser):
            continue
        if before[0].gates - shared or _asks_itself(project, before[0]):
            continue
        symbol = before[0].symbol
        yield Hit(
            (
                Spot(symbol.module.path, symbol.node.span),
                Spot(
                    behind[0].symbol.module.path,
                    behind[0].symbol.node.span,
                    f"asks for `{gate.node.name}`",
                ),
            ),
            f"`{symbol.node.name}` changes rows behind a lesser gate than its {len(behind)} siblings,"
            f" `{gate.node.name}`",
            Confidence.MEDIUM,
            symbol.name,
            gain="whoever passes the lesser gate does here what only the others were meant to do",
            mend=f"put it behind `{gate.node.name}` as well",
        )


def _is_stricter(project: Project, gate: ClassSymbol, lesser: frozenset[ClassSymbol]) -> bool:
    """Whether a gate asks for more than those it inherits: in its own check, or by what theirs reads of it."""
    own = project.site.names.class_scope(gate)
    checks = [
        method for name in _ASKS if (method := project.site.classes.method(gate, name)) is not None
    ]
    if any(method.owner == gate and PERMISSION_WORDS & set(method.node.words) for method in checks):
        return bool(lesser)
    read = {word for method in checks if method.owner in lesser for word in method.node.words}
    return bool(read & own.keys())


_SAYS = re.compile(r"perm|role|access|require|right", re.IGNORECASE)


def _asks_itself(project: Project, page: _Page) -> bool:
    """Whether a page decides itself who comes in, or takes only the rows of whoever asks."""
    own = project.site.names.class_scope(page.symbol)
    if any(name in _ASKS or _SAYS.search(name) for name in own):
        return True
    return any(
        "user" in method.words for method in page.symbol.node.body if hasattr(method, "words")
    )
