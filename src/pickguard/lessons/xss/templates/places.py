"""Which outputs of templates stand where Django's escaping is off or does not help."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from pickguard.kit import Project
from pickguard.kit.templates.files import is_page
from pickguard.lessons.xss.templates.filters import Outcome, outcome
from pickguard.site.templates import OutputPlace, TemplateMap
from pickguard.site.templates.walk import expressions
from pickguard.source.templates import is_script
from pickguard.source.templates import record as r
from pickguard.source.templates.attributes import Kind, attribute_kind
from pickguard.source.templates.html_context import UNKNOWN, VALUES, Context, State
from pickguard.source.templates.value_context import Part

_WORDS = re.compile(r"[^\W\d_]{2} +[^\W\d_]")


class Danger(StrEnum):
    """What is dangerous about a place, the worst first."""

    SCRIPT = "script"
    HANDLER = "handler"
    SRCDOC = "srcdoc"
    UNQUOTED = "unquoted"
    ADDRESS = "address"
    STYLE = "style"
    NAME = "name"
    UNESCAPED = "unescaped"


class Dangerous(NamedTuple):
    """An output in a dangerous place.

    Attributes:
        place: the output.
        expression: what it prints.
        danger: why the place is dangerous.
        context: the one of its contexts that is.
        outcome: what its filters do.
    """

    place: OutputPlace
    expression: r.Expression
    danger: Danger
    context: Context
    outcome: Outcome

    @property
    def filters(self) -> tuple[str, ...]:
        """The names of the filters that the value passes."""
        given = self.expression.filters if isinstance(self.expression, r.Filtered) else ()
        return tuple(one.name for one in given)

    def passes(self, names: frozenset[str]) -> bool:
        """Tell whether the value passes a filter of one of these names."""
        return not names.isdisjoint(self.filters)


def dangerous(project: Project) -> tuple[Dangerous, ...]:
    """Return the outputs of all pages and scripts that stand in a dangerous place, each once."""
    templates = project.template_map
    return tuple(
        found
        for path in templates.records
        if is_page(path) or is_script(path)
        for found in _in_page(path, templates)
        if found.danger is not Danger.UNESCAPED or not _is_message(project, path)
    )


def _is_message(project: Project, path: str) -> bool:
    """Whether a template makes words without a single tag, for no other template: a mail, a chat."""
    nodes = project.template_map.records[path].every
    texts = [node.text for node in nodes if isinstance(node, r.Text)]
    if any("<" in text for text in texts) or not any(map(_WORDS.search, texts)):
        return False
    return path not in project.once(_joined) and not project.template_map.edges(path)


def _joined(project: Project) -> frozenset[str]:
    """Return the templates that others draw on."""
    templates = project.template_map
    edges = (edge for path in templates.records for edge in templates.edges(path))
    return frozenset(target for edge in edges for target in edge.targets)


def _in_page(path: str, templates: TemplateMap) -> Iterator[Dangerous]:
    for place in templates.outputs(path):
        yield from _judged(place, templates)
    yield from _handed_on(path, templates)


def _handed_on(path: str, templates: TemplateMap) -> Iterator[Dangerous]:
    """Yield the values that are marked as safe on their way to another name, or into a tag."""
    for node in templates.records[path].every:
        if not isinstance(node, _HANDING_ON):
            continue
        for expression in expressions(node):
            filters = expression.filters if isinstance(expression, r.Filtered) else ()
            result = outcome(filters, templates.library, autoescape=True)
            if result.raw:
                place = OutputPlace(path, node, (UNKNOWN,), True, "", ())
                yield Dangerous(place, expression, Danger.UNESCAPED, UNKNOWN, result)


_HANDING_ON = (r.With, r.BlockTranslate, r.Include, r.Tag, r.Set)


def _judged(place: OutputPlace, templates: TemplateMap) -> Iterator[Dangerous]:
    if not isinstance(place.node, r.Output):
        return
    found = [(danger, context) for context in place.contexts if (danger := danger_of(context))]
    for expression in _alternatives(place.node.expression):
        filters = expression.filters if isinstance(expression, r.Filtered) else ()
        autoescape = place.autoescape is not False
        result = outcome((*filters, *place.filters), templates.library, autoescape=autoescape)
        if found:
            danger, context = min(found, key=lambda pair: list(Danger).index(pair[0]))
            yield Dangerous(place, expression, danger, context, result)
        elif result.raw:
            yield Dangerous(place, expression, Danger.UNESCAPED, place.contexts[0], result)


def _alternatives(expression: r.Expression) -> tuple[r.Expression, ...]:
    """Return the values of which an output prints one: `{% firstof a|safe b %}`."""
    if isinstance(expression, r.Operation) and expression.operator == "or":
        return expression.operands
    return (expression,)


_BY_STATE = {
    State.SCRIPT: Danger.SCRIPT,
    State.STYLE: Danger.STYLE,
    State.TAG: Danger.NAME,
    State.TAG_NAME: Danger.NAME,
    State.ATTRIBUTE_NAME: Danger.NAME,
}
_BY_KIND = {Kind.PAGE: Danger.SRCDOC, Kind.STYLE: Danger.STYLE, Kind.SCRIPT: Danger.HANDLER}


def danger_of(context: Context) -> Danger | None:
    """Return why a place is dangerous for an escaped value; None for one that is not."""
    if context.state in VALUES:
        return _danger_in_value(context)
    if context.part in (Part.LINE_COMMENT, Part.BLOCK_COMMENT):
        return None
    return _BY_STATE.get(context.state)


def _danger_in_value(context: Context) -> Danger | None:
    kind = attribute_kind(context.tag, context.attribute)
    if kind is Kind.URL and context.part is Part.URL_START:
        return Danger.ADDRESS
    if kind in (Kind.URL, Kind.VALUES) and context.part in _SCRIPT_PARTS:
        return Danger.HANDLER
    if context.state is State.UNQUOTED and kind not in _BY_KIND:
        return Danger.UNQUOTED
    return _BY_KIND.get(kind)


_SCRIPT_PARTS = frozenset(
    {Part.CODE, Part.SINGLE_QUOTED, Part.DOUBLE_QUOTED, Part.TEMPLATE, Part.HOLE}
    | {Part.REGEX, Part.UNKNOWN}
)
