"""XSS rules about scripts in templates that tell a library to escape nothing."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.base.spans import pack_parts, unpack
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.source.templates import record as r

# Select2 is handed a function that gives back what it takes; Handlebars is told not to escape
_SWITCH = re.compile(
    r"""\bescapeMarkup["']?\s*:\s*(?:
        function\s*\w*\(\s*(?P<a>\w+)[^)]*\)\s*\{\s*return\s+(?P=a)\s*;?\s*\}
        | \(?\s*(?P<b>\w+)\s*\)?\s*=>\s*(?:(?P=b)\b(?!\s*[.(])|\{\s*return\s+(?P=b)\s*;?\s*\})
    )
    | \bnoEscape["']?\s*:\s*true\b""",
    re.VERBOSE,
)
_NAMES = ("escapeMarkup", "noEscape")
# What escapes the values one by one instead, or makes no markup of them
_ESCAPES = re.compile(
    r"\bescape(?:Html|HTML|_html)?\(|htmlEncode|encodeHTML|sanitize|DOMPurify|\.text\(|textContent"
)


@rule(
    "xss.escaping-switched-off",
    title="a script switches the escaping of a library off",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(79, 116),
    severity=Severity.MEDIUM,
    gain="whoever names a row `<img onerror=…>` runs scripts in the session of everybody who sees it in the list",
    mend="leave `escapeMarkup` as it is, and build what is more than text with `$('<span>').text(name)`",
)
def escaping_switched_off(project: Project) -> Iterator[Hit]:
    """Find `escapeMarkup: function (m) { return m; }` in a page that escapes nothing by hand."""
    for path, template in sorted(project.templates.items()):
        texts = [node for node in template.every if isinstance(node, r.Text)]
        naming = [node for node in texts if any(name in node.text for name in _NAMES)]
        if not naming or any(_ESCAPES.search(node.text) for node in texts):
            continue
        for node in naming:
            for found in _SWITCH.finditer(node.text):
                yield Hit(
                    (Spot(path, _span(node, found.start())),),
                    f"`{found[0].partition(':')[0].strip()}` lets markup through: names become tags",
                    Confidence.MEDIUM,
                )


def _span(node: r.Text, offset: int) -> int:
    """Return where a place in a text stands in its file."""
    begun = unpack(node.span)
    before = node.text[:offset]
    lines = before.count("\n")
    column = offset - before.rfind("\n") if lines else begun.column + offset
    return pack_parts(begun.line + lines, column, begun.line + lines, column + 1)
