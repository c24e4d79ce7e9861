"""What templates give to the filters and tags of the project's own: `{{ note.body|shine }}`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from pickguard.flow.values.instance import Type
from pickguard.flow.values.origin import CONSTANT, Origin, Step
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.site.templates.library import Registered
from pickguard.site.templates.walk import expressions
from pickguard.source.templates import record as r

if TYPE_CHECKING:
    from pickguard.kit.project import Project

_BLOCK = "simple_block_tag"
_USE_LIMIT = 40
"""Places. A filter that is used more often is told from the first ones."""


class TemplateCalls:
    """The places where templates use filters and tags.

    Args:
        project: the code and the templates.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._templates = project.template_map
        self._filters: dict[str, list[tuple[str, r.Filtered, int]]] = {}
        self._tags: dict[str, list[tuple[str, r.Tag | r.BlockTag]]] = {}
        own = {known.name for known in self._templates.library.functions.values()}
        if own:
            for path, record in self._templates.records.items():
                self._note(path, record, own)

    def of(self, function: FunctionSymbol, name: str) -> list[Origin]:
        """Return the origins of what templates give to a parameter; none where none uses it."""
        known = self._registered(function)
        position = _position(function, name)
        if known is None or position is None:
            return []
        if _is_content(known, position):
            return [CONSTANT]
        return [
            self._given(path, expression, known.name)
            for path, expression in self._expressions(function, name)
        ]

    def types(self, function: FunctionSymbol, name: str) -> Iterator[Type | None]:
        """Yield the type of what each template gives to a parameter, None for what is not known."""
        for path, expression in self._expressions(function, name):
            yield self._project.template_values.type(path, expression)

    def _registered(self, function: FunctionSymbol) -> Registered | None:
        if function.owner is not None:
            return None
        return self._templates.library.functions.get((function.module.path, function.node.name))

    def _expressions(
        self, function: FunctionSymbol, name: str
    ) -> Iterator[tuple[str, r.Expression]]:
        """Yield what templates give to a parameter, with their paths."""
        known = self._registered(function)
        position = _position(function, name)
        if known is None or position is None or _is_content(known, position):
            return
        if known.kind == "filter":
            for path, filtered, index in self._filters.get(known.name, ())[:_USE_LIMIT]:
                yield from ((path, given) for given in _of_filter(filtered, index, position))
            return
        for path, tag in self._tags.get(known.name, ())[:_USE_LIMIT]:
            yield from ((path, given) for given in _of_tag(tag, known, position, name))

    @cached_property
    def filter_functions(self) -> Mapping[str, Sequence[FunctionSymbol]]:
        """The functions that the site registers as filters, by the names that templates write."""
        return self._functions("filter")

    @cached_property
    def tag_functions(self) -> Mapping[str, Sequence[FunctionSymbol]]:
        """The functions that the site registers as tags whose result goes out, or gets a name, by the tags' names."""
        return self._functions("simple_tag", "assignment_tag")

    def _functions(self, *kinds: str) -> Mapping[str, Sequence[FunctionSymbol]]:
        found: dict[str, list[FunctionSymbol]] = {}
        known = self._templates.library.functions
        for function in self._project.flow.callers.functions if known else ():
            registered = known.get((function.module.path, function.node.name))
            if registered is not None and registered.kind in kinds and function.owner is None:
                found.setdefault(registered.name, []).append(function)
        return found

    def tags(self, name: str) -> list[tuple[str, r.Tag | r.BlockTag]]:
        """Return the places where templates use a tag of the site's own, with their paths."""
        return self._tags.get(name, [])

    def _given(self, path: str, expression: r.Expression, to: str) -> Origin:
        found = self._project.template_values.origin(path, expression)
        return found.then(Step(path, expression.span, f"given to `{to}`"))

    def _note(self, path: str, record: r.TemplateRecord, own: set[str]) -> None:
        for node in record.every:
            if isinstance(node, r.Tag | r.BlockTag) and node.name in own:
                self._tags.setdefault(node.name, []).append((path, node))
            for expression in expressions(node):
                for filtered in _filtered(expression):
                    for index, one in enumerate(filtered.filters):
                        if one.name in own:
                            self._filters.setdefault(one.name, []).append((path, filtered, index))


def _position(function: FunctionSymbol, name: str) -> int | None:
    names = [param.name for param in function.node.params]
    return names.index(name) if name in names else None


def _filtered(expression: r.Expression) -> Iterator[r.Filtered]:
    match expression:
        case r.Filtered(head=head):
            yield expression
            yield from _filtered(head)
        case r.Call(arguments=arguments):
            for argument in arguments:
                yield from _filtered(argument.value)
        case r.Operation(operands=operands):
            for operand in operands:
                yield from _filtered(operand)


def _of_filter(filtered: r.Filtered, index: int, position: int) -> Iterable[r.Expression]:
    if position == 0:
        before = filtered.filters[:index]
        head = filtered.head
        return (r.Filtered(filtered.span, head, before) if before else head,)
    return [item.value for item in filtered.filters[index].arguments[position - 1 : position]]


def _is_content(known: Registered, position: int) -> bool:
    """Whether a parameter is what stands between a block's tags: it arrives escaped."""
    return known.kind == _BLOCK and position == known.takes_context


def _of_tag(
    tag: r.Tag | r.BlockTag, known: Registered, position: int, name: str
) -> Iterable[r.Expression]:
    position -= known.takes_context + (known.kind == _BLOCK)
    positional = [item.value for item in tag.arguments if not item.name]
    named = [item.value for item in tag.arguments if item.name == name]
    return named or (positional[position : position + 1] if position >= 0 else [])
