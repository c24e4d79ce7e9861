"""What templates hand to those that they include: `{% include "card.html" with title=note.title %}`.

An inclusion tag hands on as well, `{% card note %}`: what its function makes of a parameter without a
change, `{"title": note.title}`, is that of what stands in the tag.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

from msgspec import Struct

from pickguard.kit.templates.macros import Macros
from pickguard.site.templates import EdgeKind, TemplateMap
from pickguard.source.templates import record as r
from pickguard.source.templates.named_values import bound_names

TagNode = r.Tag | r.BlockTag
_PLACE_LIMIT = 12
"""Places. A template that is included more often is told from the first ones."""


class TagEntry(Struct, frozen=True):
    """A name in the context of an inclusion tag that is a parameter of its function, or a part of it.

    Attributes:
        tag: the tag's name.
        param: the parameter's name.
        position: its place among what stands in the tag.
        rest: the attributes that are taken of it.
    """

    tag: str
    param: str
    position: int
    rest: tuple[str, ...]


class Handing:
    """The places where templates are included.

    Args:
        templates: the templates of a site.
        uses: tells where templates use a tag of the site's own.
    """

    def __init__(
        self, templates: TemplateMap, uses: Callable[[str], Sequence[tuple[str, TagNode]]]
    ) -> None:
        self._templates = templates
        self._uses = uses
        self.macros = Macros(templates)
        self._names: dict[str, frozenset[str]] = {}
        self._entries: dict[tuple[str, str], list[TagEntry]] = {}

    def note(self, path: str, name: str, entry: TagEntry) -> None:
        """Note what an inclusion tag gives to a name of its template."""
        self._entries.setdefault((path, name), []).append(entry)

    def of(self, path: str, variable: r.Variable) -> Iterator[tuple[str, r.Variable]]:
        """Yield what a variable of a template is in those that include it, with their paths."""
        name, *rest = variable.path
        for handed in self.macros.given_to(path, name)[:_PLACE_LIMIT]:
            given_here = handed.value
            if isinstance(given_here, r.Variable):
                yield handed.path, r.Variable(given_here.span, (*given_here.path, *rest))
        places = self._places.get(path, ())
        entries = self._entries.get((path, name), ())
        if not (places or entries) or name in self._bound(path):
            return
        for entry in entries:
            yield from self._of_tag(entry, rest)
        for including, node in places[:_PLACE_LIMIT]:
            given = [item.value for item in node.assignments if item.name == name]
            if not given and node.context:
                yield including, r.Variable(node.span, variable.path)
            for value in given:
                if isinstance(value, r.Variable):
                    yield including, r.Variable(value.span, (*value.path, *rest))

    def _of_tag(self, entry: TagEntry, rest: list[str]) -> Iterator[tuple[str, r.Variable]]:
        for path, tag in self._uses(entry.tag)[:_PLACE_LIMIT]:
            named = [item.value for item in tag.arguments if item.name == entry.param]
            positional = [item.value for item in tag.arguments if not item.name]
            for value in named or positional[entry.position : entry.position + 1]:
                if isinstance(value, r.Variable):
                    yield path, r.Variable(value.span, (*value.path, *entry.rest, *rest))

    def _bound(self, path: str) -> frozenset[str]:
        """Return the names that a template gives to something itself."""
        if path not in self._names:
            nodes = self._templates.records[path].every
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
