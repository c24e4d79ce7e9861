"""Parents that a decorator asks about by the address, while the handler takes a child of any."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice

from msgspec import Struct

from pickguard.kit import Code, Project
from pickguard.lessons.trust.asking import REFUSALS
from pickguard.lessons.trust.children.taken_rows import KEYS, Taken, is_of_asker
from pickguard.lessons.trust.login_alone import permission_classes
from pickguard.lessons.trust.ownership import TO_ONE
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.urls.routes import Route
from pickguard.site.views.view import View

# the names alone, also of groups that hold others
_CAPTURED = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>")
_NUMBER = re.compile(r"_?(pk|id|uuid|guid|slug|key)$")
_STEPS = 3
"""Relations between a row and the parent that the address names first."""


class Astray(Struct, frozen=True):
    """A row that is taken by its number, and the parent that was asked about instead.

    Attributes:
        asked: the part of the address that is read there.
        parent: the model that it names.
        guard: the decorator, or the method of a permission class.
    """

    child: Taken
    asked: str
    parent: Model
    guard: FunctionSymbol


def guarded_parents(code: Code, taken: Iterable[Taken]) -> Iterator[Astray]:
    """Yield the rows of a handler that are taken whatever the parent is which its decorator asks about."""
    for child in taken:
        if child.keys <= KEYS and not is_of_asker(child):
            yield from islice(_asked_instead(code, child), 1)


def _asked_instead(code: Code, child: Taken) -> Iterator[Astray]:
    for route, view in code.project.once(_by_handler).get(code.function, ()):
        captured = captured_by(route)
        for guard in _asking(code.project, view):
            asked = [name for name in captured if name in guard.node.words]
            if len(asked) == len(captured) or not code.words.isdisjoint(asked):
                continue
            for name in asked:
                parent = above(code.project, child.model, name)
                if parent is not None:
                    yield Astray(child, name, parent, guard)


def captured_by(route: Route) -> list[str]:
    """Return the names of the parts of an address that a view is given, in their order."""
    return [a or b for a, b in _CAPTURED.findall(route.known)]


def _by_handler(project: Project) -> dict[FunctionSymbol | None, list[tuple[Route, View]]]:
    found: dict[FunctionSymbol | None, list[tuple[Route, View]]] = defaultdict(list)
    for route, view in project.views():
        for _method, function in view.handlers:
            found[function].append((route, view))
    return found


def _asking(project: Project, view: View) -> Iterator[FunctionSymbol]:
    """Yield what stands before a view and turns people away by who they are: decorators, permission classes."""
    decorators = (a.symbol for a in view.guards if isinstance(a.symbol, FunctionSymbol))
    for symbol in (*decorators, *_permissions(project, view)):
        words = symbol.node.words
        if "user" in words and (symbol.owner or not _REFUSING.isdisjoint(words)):
            yield symbol


_REFUSING = REFUSALS | {"status"}


def _permissions(project: Project, view: View) -> Iterator[FunctionSymbol]:
    """Yield the `has_permission` of the permission classes that a view names."""
    if isinstance(view.symbol, ClassSymbol):
        for asked in permission_classes(project, view.symbol):
            yield from project.site.classes.methods(asked, "has_permission")


def above(project: Project, model: Model, name: str) -> Model | None:
    """Return the model that a part of an address is called after, where rows of another lead to it."""
    wanted = _NUMBER.sub("", name).replace("_", "").lower()
    waiting, seen = [model], {model.label}
    for _step in range(_STEPS if wanted else 0):
        further = [above for one in waiting for above in _parents(project, one)]
        found = next((above for above in further if above.name.lower() == wanted), None)
        if found is not None:
            return found
        waiting = [above for above in further if above.label not in seen]
        seen.update(above.label for above in waiting)
    return None


def _parents(project: Project, model: Model) -> Iterator[Model]:
    for field in model.fields:
        is_one = field.kind.endswith(TO_ONE) and field.target is not None
        above = project.site.models.named(field.target) if is_one else None
        if above is not None and not above.is_user:
            yield above
