"""Callers that are known by the header `Authorization` alone, which no link, no image and no form brings along."""

from pickguard.kit import Project
from pickguard.site.symbols.names import FunctionSymbol

HEADERS = frozenset({"Authorization", "HTTP_AUTHORIZATION"})
OF_VISITORS = frozenset({"user", "session", "COOKIES"})


def is_known_by_header(project: Project, function: FunctionSymbol) -> bool:
    """Whether a handler has a function of the site's read the header, and looks at no session itself."""
    words = function.node.words
    if not OF_VISITORS.isdisjoint(words):
        return False
    return not project.once(_readers).isdisjoint(words)


def _readers(project: Project) -> frozenset[str]:
    """Return the names of the functions that read the header, and of those that call one of them."""
    callers = project.flow.callers
    reading = {f.node.name for header in HEADERS for f in callers.holding(header) if _is_plain(f)}
    calling = {
        f.node.name for name in sorted(reading) for f in callers.holding(name) if _is_plain(f)
    }
    return frozenset(reading | calling)


def _is_plain(function: FunctionSymbol) -> bool:
    """Whether a function stands by itself, under a name of several words, and looks at no session."""
    is_named = function.owner is None and "_" in function.node.name.strip("_")
    return is_named and OF_VISITORS.isdisjoint(function.node.words)
