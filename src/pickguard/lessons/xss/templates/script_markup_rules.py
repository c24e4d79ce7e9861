"""XSS rules about markup that a script puts together: what is fit for its string is markup again there."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.lessons.xss.templates.places import dangerous
from pickguard.lessons.xss.templates.script_strings import String, string_of
from pickguard.lessons.xss.templates.values import Evidence, origin

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
        string = string_of(project, item)
        if string is None or item.passes(_ESCAPING):
            continue
        if not _becomes_markup(string):
            continue
        found = origin(project, item.place.path, item.expression)
        if found.evidence is Evidence.HARMLESS:
            continue
        yield Hit(
            (Spot(item.place.path, item.expression.span),),
            "`escapejs` makes a value fit for a string, and the string becomes markup",
            _SURE.get(found.evidence, Confidence.LOW),
            flow=found.flow,
        )


def _becomes_markup(string: String) -> bool:
    """Tell whether a string of a script, of which the beginning is known, is markup."""
    return bool(_TAG.search(string.begun) or _SHOWING.search(string.before))
