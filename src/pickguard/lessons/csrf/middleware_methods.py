"""The methods of the site's own middleware that see every request."""

from collections.abc import Iterator

from pickguard.kit import Project
from pickguard.site.access.middleware_gates import METHODS
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol


def middleware_methods(project: Project) -> Iterator[tuple[ClassSymbol, FunctionSymbol]]:
    """Yield what production's middleware runs before a view, with its class, in the order of the settings."""
    for name in project.middleware or ():
        symbol = project.site.names.dotted(name)
        if not isinstance(symbol, ClassSymbol):
            continue
        for method in METHODS:
            function = project.site.classes.method(symbol, method)
            if function is not None:
                yield symbol, function
