"""What templates hand to macros of Jinja2: `{{ alert(message) }}`, with `{% macro alert(text) %}`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property

from msgspec import Struct

from pickguard.site.templates import EdgeKind, TemplateMap
from pickguard.site.templates.walk import expressions
from pickguard.source.templates import record as r


class Handed(Struct, frozen=True):
    """A value that a call gives to a parameter of a macro.

    Attributes:
        path: the template with the call.
        value: what stands in the call.
        target: the template with the macro.
        param: the parameter's name.
    """

    path: str
    value: r.Expression
    target: str
    param: str


class Macros:
    """The calls of the macros of a site's templates.

    A name is told by the template alone, so only parameters count that one macro of it has.
    """

    def __init__(self, templates: TemplateMap) -> None:
        self._templates = templates
        self._counts: dict[str, Counter[str]] = {}

    def given_by(self, path: str) -> list[Handed]:
        """Return what the calls in a template hand over."""
        return self._by_caller.get(path, [])

    def given_to(self, path: str, param: str) -> list[Handed]:
        """Return what a parameter of the macros of a template is handed."""
        return self._by_param.get((path, param), [])

    @cached_property
    def _macros(self) -> dict[str, dict[str, r.Macro]]:
        found: dict[str, dict[str, r.Macro]] = {}
        for path, record in self._templates.records.items():
            for node in record.every:
                if isinstance(node, r.Macro):
                    found.setdefault(path, {})[node.name] = node
        return found

    @cached_property
    def _by_caller(self) -> dict[str, list[Handed]]:
        found: dict[str, list[Handed]] = {}
        for path in self._templates.records if self._macros else ():
            known = dict(self._known(path))
            if known:
                found[path] = list(self._handed(path, known))
        return found

    @cached_property
    def _by_param(self) -> dict[tuple[str, str], list[Handed]]:
        found: dict[tuple[str, str], list[Handed]] = {}
        for handed in (one for ones in self._by_caller.values() for one in ones):
            found.setdefault((handed.target, handed.param), []).append(handed)
        return found

    def _known(self, path: str) -> Iterator[tuple[tuple[str, ...], tuple[str, r.Macro]]]:
        """Yield the macros that a template can call, by the names that it has for them."""
        for edge in self._templates.edges(path):
            if edge.kind is not EdgeKind.IMPORT or not isinstance(edge.node, r.Import):
                continue
            for target in edge.targets:
                for name, macro in self._macros.get(target, {}).items():
                    if edge.node.alias:
                        yield (edge.node.alias, name), (target, macro)
                    for written, called in edge.node.names:
                        if written == name:
                            yield (called,), (target, macro)
        for name, macro in self._macros.get(path, {}).items():
            yield (name,), (path, macro)

    def _handed(
        self, path: str, known: Mapping[tuple[str, ...], tuple[str, r.Macro]]
    ) -> Iterator[Handed]:
        for node in self._templates.records[path].every:
            for call in (found for e in expressions(node) for found in _calls(e)):
                callee = call.callee
                target, macro = known.get(getattr(callee, "path", ()), ("", None))
                if macro is None:
                    continue
                for param, value in _bound(call, macro):
                    if self._is_of_one(target, param):
                        yield Handed(path, value, target, param)

    def _is_of_one(self, path: str, param: str) -> bool:
        """Whether one macro of a template has a parameter of that name."""
        if path not in self._counts:
            macros = self._macros[path].values()
            self._counts[path] = Counter(name for macro in macros for name in macro.parameters)
        return self._counts[path][param] == 1


def _bound(call: r.Call, macro: r.Macro) -> Iterator[tuple[str, r.Expression]]:
    positional = [item.value for item in call.arguments if not item.name]
    yield from zip(macro.parameters, positional, strict=False)
    for item in call.arguments:
        if item.name in macro.parameters:
            yield item.name, item.value


def _calls(expression: r.Expression) -> Iterator[r.Call]:
    """Yield the calls in an expression, the outer ones first."""
    match expression:
        case r.Call(callee=callee, arguments=arguments):
            yield expression
            yield from _calls(callee)
            for item in arguments:
                yield from _calls(item.value)
        case r.Filtered(head=head):
            yield from _calls(head)
        case r.Operation(operands=operands):
            for operand in operands:
                yield from _calls(operand)
