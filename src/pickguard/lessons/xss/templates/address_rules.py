"""XSS rules about scripts that trust the address of their own page."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.lessons.xss.templates.page_address import taken
from pickguard.lessons.xss.templates.page_scripts import scripts

_MARKUP = "whoever makes somebody follow a link runs scripts in their session: `<img onerror=…>` stands in the link"


@rule(
    "xss.script-trusts-address",
    title="a script trusts what stands in the address of its page",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(79, 601),
    severity=Severity.MEDIUM,
    gain="whoever makes somebody follow a link names what comes next: another site, or a script as `javascript:…`",
    mend="let nothing through that does not begin with `/` and a letter, or take it apart with `new URL(value,"
    " location.origin)` and compare `origin`; show values with `textContent`",
)
def script_trusts_address(project: Project) -> Iterator[Hit]:
    """Find `location = location.hash.substring(1)` and `box.innerHTML = params.get("q")`."""
    for path, script in scripts(project):
        for one in taken(script):
            becomes = "the next address" if one.leads else "markup"
            yield Hit(
                (Spot(path, one.span),),
                f"`{one.said}` comes from the address of the page, and becomes {becomes} as it is",
                Confidence.MEDIUM,
                gain="" if one.leads else _MARKUP,
            )
