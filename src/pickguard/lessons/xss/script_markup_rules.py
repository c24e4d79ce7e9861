"""XSS rules about markup that a script puts together: what is fit for its string is markup again there."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.lessons.xss.places import Dangerous, dangerous
from pickguard.lessons.xss.values import Evidence, origin
from pickguard.site.templates.walk import every_node
from pickguard.source.templates import record as r
from pickguard.source.templates.value_context import Part

_MARKS = {Part.SINGLE_QUOTED: "'", Part.DOUBLE_QUOTED: '"', Part.TEMPLATE: "`"}
_FOR_STRINGS = frozenset({"escapejs", "escapejs_filter"})
_ESCAPING = frozenset({"force_escape", "forceescape", "striptags", "slugify", "urlencode"})
_TAG = re.compile(r"</?[a-z][a-z0-9]*[\s>/]", re.IGNORECASE)
# what a text is markup for, directly before the string that it is given
_SHOWING = re.compile(
    r"(?:\.(?:inner|outer)HTML\s*\+?=|\.(?:html|append|prepend|replaceWith)\(|document\.write(?:ln)?\("
    r"|insertAdjacentHTML\([^,()]*,)\s*\Z"
)
_SURE = {Evidence.FROM_BROWSER: Confidence.HIGH, Evidence.STORED: Confidence.HIGH}


@rule(
    "xss.markup-in-script",
    title="a script makes markup of a value",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(79, 116),
    severity=Severity.HIGH,
    gain="`escapejs` keeps a value inside of its string, and the script then reads `<img onerror=…>` in it as"
    " markup: it runs in the session of who sees the page",
    mend="set `textContent`, or escape it for both: `{{ value|force_escape|escapejs }}`",
)
def markup_in_script(project: Project) -> Iterator[Hit]:
    """Find `innerHTML = "{{ name|escapejs }}"` and `"<li>{{ name|escapejs }}</li>"`."""
    for item in project.once(dangerous):
        mark = _MARKS.get(item.context.part)
        names = _filters(item)
        if mark is None or _FOR_STRINGS.isdisjoint(names) or not _ESCAPING.isdisjoint(names):
            continue
        if not _becomes_markup(_before(project, item), mark):
            continue
        found = origin(project, item.place.path, item.expression)
        if found.evidence is Evidence.HARMLESS:
            continue
        yield Hit(
            (Spot(item.place.path, item.expression.span, bytes=False),),
            "`escapejs` makes a value fit for a string, and the string becomes markup",
            _SURE.get(found.evidence, Confidence.LOW),
            flow=found.flow,
        )


def _filters(item: Dangerous) -> list[str]:
    expression = item.expression
    return [f.name for f in expression.filters] if isinstance(expression, r.Filtered) else []


def _before(project: Project, item: Dangerous) -> str:
    """Return the text of the template that stands before an output, as far as it has no tags of Django's."""
    said = ""
    for node in every_node(project.templates[item.place.path].nodes):
        if node.span >= item.place.node.span:
            break
        if isinstance(node, r.Text):
            said += node.text
        elif not isinstance(node, r.Output | r.Url | r.Translate):
            said = ""
    return said


def _becomes_markup(before: str, mark: str) -> bool:
    """Tell whether a string of a script, of which the beginning is known, is markup."""
    outside, _, begun = before.rpartition(mark)
    return bool(_TAG.search(begun) or _SHOWING.search(outside))
