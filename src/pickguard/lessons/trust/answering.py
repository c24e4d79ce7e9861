"""What answers requests of people who are logged in, each function once."""

from collections.abc import Iterator

from pickguard.kit import Project
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol, methods_of
from pickguard.site.views.view import View

# Methods of a view that say how it answers: a row that they take is looked at, and goes to nobody
SAYING_HOW = frozenset(
    {"get_permissions", "get_throttles", "get_authenticators", "get_serializer_class"}
)


def functions_of_views(project: Project) -> tuple[tuple[View, FunctionSymbol], ...]:
    """Return what answers requests, each function once: handlers, and the methods of class views."""
    return project.once(_functions_of_views)


def _functions_of_views(project: Project) -> tuple[tuple[View, FunctionSymbol], ...]:
    return tuple(_answering(project))


def _answering(project: Project) -> Iterator[tuple[View, FunctionSymbol]]:
    seen: set[FunctionSymbol] = set()
    for route, view in project.views():
        symbol = view.symbol
        if route.is_admin or view.login is False or view.kind == "library":
            continue
        functions = [function for _method, function in view.handlers]
        if isinstance(symbol, ClassSymbol):
            functions += (m for m in methods_of(symbol) if m.node.name not in SAYING_HOW)
        for function in functions:
            if function not in seen and project.kind_of(function.module) is None:
                seen.add(function)
                yield view, function
