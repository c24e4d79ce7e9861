"""What templates hand to those that they include: `{% include "card.html" with title=note.title %}`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from pickguard.site.templates import EdgeKind, TemplateMap
from pickguard.site.templates.walk import bound_names, every_node
from pickguard.source.templates import record as r

_PLACE_LIMIT = 12
"""Places. A template that is included more often is told from the first ones."""


class Handing:
    """The places where templates are included.

    Args:
        templates: the templates of a site.
    """

    def __init__(self, templates: TemplateMap) -> None:
        self._templates = templates
        self._names: dict[str, frozenset[str]] = {}

    def of(self, path: str, variable: r.Variable) -> Iterator[tuple[str, r.Variable]]:
        """Yield what a variable of a template is in those that include it, with their paths."""
        name, *rest = variable.path
        places = self._places.get(path, ())
        if not places or name in self._bound(path):
            return
        for including, node in places[:_PLACE_LIMIT]:
            given = [item.value for item in node.assignments if item.name == name]
            if not given and node.context:
                yield including, r.Variable(node.span, variable.path)
            for value in given:
                if isinstance(value, r.Variable):
                    yield including, r.Variable(value.span, (*value.path, *rest))

    def _bound(self, path: str) -> frozenset[str]:
        """Return the names that a template gives to something itself."""
        if path not in self._names:
            nodes = every_node(self._templates.records[path].nodes)
            self._names[path] = frozenset(name for node in nodes for name in bound_names(node))
        return self._names[path]

    @cached_property
    def _places(self) -> dict[str, list[tuple[str, r.Include]]]:
        found: dict[str, list[tuple[str, r.Include]]] = {}
        for path in self._templates.records:
            for edge in self._templates.edges(path):
                if edge.kind is EdgeKind.INCLUDE and isinstance(edge.node, r.Include):
                    for target in edge.targets:
                        if target != path:
                            found.setdefault(target, []).append((path, edge.node))
        return found
