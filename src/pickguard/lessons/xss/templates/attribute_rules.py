"""XSS rules about attributes that a script reads back: what was escaped for them is markup again."""

from __future__ import annotations

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.lessons.xss.templates.attribute_values import ReadBack, read_back
from pickguard.lessons.xss.templates.page_scripts import scripts
from pickguard.lessons.xss.templates.script_markup import Script
from pickguard.lessons.xss.templates.values import Evidence, Origin, origin
from pickguard.source.templates import record as r
from pickguard.source.templates.html_context import VALUES

_WRITTEN = frozenset({Evidence.FROM_BROWSER, Evidence.STORED, Evidence.PLAIN_TEXT})
# escaped once more, they are fit for markup behind the attribute
_TWICE = frozenset({"force_escape", "forceescape", "striptags", "slugify", "urlencode"})


@rule(
    "xss.markup-of-attribute",
    title="a script makes markup of what an attribute holds",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(79, 116),
    severity=Severity.HIGH,
    gain="the browser undoes the escaping of an attribute: `<img onerror=…>` in the value runs in the session of"
    " whoever has the page open",
    mend="set `textContent` of an element instead, or escape the value in the script",
)
def markup_of_attribute(project: Project) -> Iterator[Hit]:
    """Find `box.innerHTML = "<b>" + button.dataset.name` beside `<button data-name="{{ note.name }}">`."""
    for path, script in scripts(project):
        values: dict[str, ReadBack] = {}
        for one in read_back(script):
            values.setdefault(one.attribute, one)
        for page in _pages(project, path, script) if values else ():
            for attribute, spot, found in _held(project, page, frozenset(values)):
                value = values.pop(attribute, None)
                if value is not None:
                    shown = Spot(path, value.span, "becomes markup")
                    yield Hit(
                        (Spot(path, value.span),),
                        f"`{value.said}` is what `{attribute}` holds, and becomes markup as it is",
                        Confidence.MEDIUM,
                        flow=(*found.flow, spot, shown),
                    )


def _pages(project: Project, path: str, script: Script) -> Iterator[str]:
    """Yield the templates that a script runs in, and those that they draw on."""
    drawn = [page for page, record in project.templates.items() if record in script.pages]
    for page in [path] if path in project.templates else drawn:
        yield page
        for edge in project.template_map.edges(page):
            yield from edge.targets


def _held(
    project: Project, page: str, attributes: frozenset[str]
) -> Iterator[tuple[str, Spot, Origin]]:
    """Yield the attributes that hold what people write."""
    for place in project.template_map.outputs(page):
        node = place.node
        names = {one.attribute for one in place.contexts if one.state in VALUES}
        if not isinstance(node, r.Output) or names.isdisjoint(attributes):
            continue
        filters = node.expression.filters if isinstance(node.expression, r.Filtered) else ()
        if any(one.name in _TWICE for one in filters):
            continue
        found = origin(project, page, node.expression)
        if found.evidence in _WRITTEN:
            for name in sorted(names & attributes):
                yield name, Spot(page, node.span, f"is put into `{name}`"), found
