"""What a text begins with: only that can choose the scheme of an address."""

from __future__ import annotations

from pickguard.flow.values.beginning import SCHEME
from pickguard.kit import Project
from pickguard.kit.templates.given import Given
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import inside
from pickguard.source.templates import record as r

_OWN_PATHS = frozenset({"path", "path_info", "get_full_path"})


def begins_with_browser(given: Given) -> bool:
    """Tell whether what the browser sent can be the beginning of a value."""
    origin = given.code.scheme(given.value)
    if not origin.is_browser or origin.source is None:
        return False
    parts = (p for p in inside(origin.source) if isinstance(p, n.Attr))
    return not any(part.name in _OWN_PATHS for part in parts)


def is_begun_by_filter(project: Project, expression: r.Expression) -> bool:
    """Tell whether a filter of the project's own decides what a value begins with."""
    filters = expression.filters if isinstance(expression, r.Filtered) else ()
    return any(_begins(project, one.name) for one in filters)


def _begins(project: Project, name: str) -> bool:
    library = project.template_map.library
    for (path, called), registered in library.functions.items():
        if registered.kind != "filter" or registered.name != name:
            continue
        module = project.site.modules.by_path[path]
        function = project.site.names.member(module, called)
        if isinstance(function, FunctionSymbol) and function.node.params:
            found = project.flow.returned(function, frozenset({SCHEME}))
            given = {passed.name for passed in found.params}
            return function.node.params[0].name not in given and not found.is_browser
    return False
