"""All templates of a site as one map: what prints where, which forms, who includes whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from functools import cached_property

import msgspec

from pickguard.site.templates.library import Library
from pickguard.site.templates.loading import TemplateFolder
from pickguard.site.templates.names import TemplateNames
from pickguard.site.templates.overridden import left_over, names_in
from pickguard.site.templates.placing import Placing
from pickguard.site.templates.tokens import Tokens
from pickguard.site.templates.trace import Printed
from pickguard.site.templates.walk import constant_names, expressions, variables
from pickguard.source.templates import record as r
from pickguard.source.templates.html_context import Context
from pickguard.source.templates.named_values import bound_names
from pickguard.source.templates.record import Form, TemplateRecord


class OutputPlace(msgspec.Struct, frozen=True):
    """Something that a template prints.

    Attributes:
        path: the template.
        node: an `Output`, `Tag`, `Url`, `Translate`, `Include` or `Block`.
        contexts: where in the page it can stand; one of them may be `UNKNOWN`.
        autoescape: whether escaping is on there; None where that differs or is not known.
        block: the innermost block around, empty outside.
        filters: those of the `{% filter %}` blocks around.
    """

    path: str
    node: r.Node
    contexts: tuple[Context, ...]
    autoescape: bool | None
    block: str
    filters: tuple[r.Filter, ...]


class FormPlace(msgspec.Struct, frozen=True):
    """A form; `token` tells whether a CSRF token is in it, None where that is not known."""

    path: str
    form: Form
    token: bool | None


class EdgeKind(StrEnum):
    """How one template draws on another."""

    EXTENDS = "extends"
    INCLUDE = "include"
    IMPORT = "import"
    TAG = "tag"


class Edge(msgspec.Struct, frozen=True):
    """A template draws on others; `targets` is empty where they are not known."""

    kind: EdgeKind
    node: r.Node
    targets: tuple[str, ...]


class TemplateMap:
    """The templates of a site.

    Args:
        records: the templates by path below the scanned root.
        folders: those that the template loaders of the settings look into, in their order.
        library: what is known of the site's tags and filters.
    """

    def __init__(
        self,
        records: Mapping[str, TemplateRecord],
        folders: Sequence[TemplateFolder] = (),
        library: Library | None = None,
    ) -> None:
        self.records = records
        self.library = library or Library()
        self.names = TemplateNames(records, folders)
        self._edges: dict[str, tuple[Edge, ...]] = {}
        self._shown: dict[tuple[str, str], frozenset[str] | None] = {}
        self._constants: dict[str, frozenset[str]] = {}
        self._loops: dict[str, dict[str, list[r.For]]] = {}

    @cached_property
    def _placing(self) -> Placing:
        return Placing(self.records, self.names, self.library)

    @cached_property
    def _tokens(self) -> Tokens:
        return Tokens(self.records, self._placing, self.library)

    def resolve(self, name: str) -> tuple[str, ...]:
        """Return the files that a template's name may mean."""
        return self.names.resolve(name)

    def parents(self, path: str) -> tuple[str, ...] | None:
        """Return the templates that one extends: none, or None where they are not known."""
        return self._placing.parents(path)

    def outputs(self, path: str) -> Iterator[OutputPlace]:
        """Yield all that a template prints, in the order of the file."""
        for printed in self._placing.printed(path).values():
            yield _output(path, printed)

    def forms(self, path: str) -> Iterator[FormPlace]:
        """Yield the forms of a template, in the order of the file."""
        for form in self.records[path].forms:
            yield FormPlace(path, form, self._tokens.in_form(path, form))

    def edges(self, path: str) -> tuple[Edge, ...]:
        """Return how a template draws on others, in the order of the file."""
        if path not in self._edges:
            nodes = self.records[path].every
            self._edges[path] = tuple(edge for node in nodes for edge in self._of_node(path, node))
        return self._edges[path]

    def _of_node(self, path: str, node: r.Node) -> Iterator[Edge]:
        kind = _EDGES.get(type(node))
        if kind is EdgeKind.TAG and isinstance(node, r.Tag):
            targets = self._placing.tag_targets(node, path)
            if targets:
                yield Edge(kind, node, targets)
        elif kind is not None and isinstance(node, r.Extends | r.Include | r.Import):
            yield Edge(kind, node, self._placing.targets(node.template, path))

    def shown_names(self, child: str, parent: str) -> frozenset[str] | None:
        """Return the names that a template shows where another extends it; None where it hands any of them on."""
        key = (child, parent)
        if key not in self._shown:
            nodes = left_over(self.records[child], self.records[parent])
            drawing = {id(edge.node) for edge in self.edges(parent) if edge.targets}
            is_open = any(id(node) in drawing for node in nodes)
            self._shown[key] = None if is_open else names_in(nodes)
        return self._shown[key]

    def reachable(self, path: str) -> frozenset[str]:
        """Return all templates that one draws on, itself among them."""
        found = {path}
        waiting = [path]
        while waiting:
            for edge in self.edges(waiting.pop()):
                fresh = [target for target in edge.targets if target not in found]
                found.update(fresh)
                waiting.extend(fresh)
        return frozenset(found)

    def is_constant(self, path: str, variable: r.Variable) -> bool:
        """Tell whether a template itself gives a name to one of the site's texts or addresses."""
        if path not in self._constants:
            self._constants[path] = constant_names(self.records[path].nodes)
        return variable.path[0] in self._constants[path]

    def loops(self, path: str, name: str) -> Sequence[r.For]:
        """Return the loops of a template that give a name to each item, in the order of the file."""
        if path not in self._loops:
            found = self._loops[path] = {}
            nodes = self.records[path].every
            for loop in (node for node in nodes if isinstance(node, r.For)):
                for target in loop.targets:
                    found.setdefault(target, []).append(loop)
        return self._loops[path].get(name, ())

    def variables(self, path: str) -> frozenset[str]:
        """Return the names that a template itself takes from its context."""
        used: set[str] = set()
        bound: set[str] = set()
        for node in self.records[path].every:
            bound.update(bound_names(node))
            used.update(item.path[0] for found in expressions(node) for item in variables(found))
        return frozenset(used - bound)


_EDGES: dict[type, EdgeKind] = {
    r.Extends: EdgeKind.EXTENDS,
    r.Include: EdgeKind.INCLUDE,
    r.Import: EdgeKind.IMPORT,
    r.Tag: EdgeKind.TAG,
}


def _output(path: str, printed: Sequence[Printed]) -> OutputPlace:
    heres = [item.here for item in printed]
    modes = {here.autoescape for here in heres}
    return OutputPlace(
        path,
        printed[0].node,
        tuple(dict.fromkeys(here.context for here in heres)),
        modes.pop() if len(modes) == 1 else None,
        heres[0].block,
        heres[0].filters,
    )
