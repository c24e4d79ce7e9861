"""TLS rules that look at the addresses in templates."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.kit.templates.files import is_page
from pickguard.source.templates.record import Attribute, Element

_LOCAL = ("localhost", "127.0.0.1", "::1", "0.0.0.0", "")  # noqa: S104 - compared, not bound
# what runs or shapes the page; images are shown with a warning and steal nothing
_ACTIVE = {"script": "src", "iframe": "src", "frame": "src", "embed": "src", "object": "data"}


@rule(
    "tls.form-over-http",
    title="a form is sent without TLS",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(319,),
    severity=Severity.MEDIUM,
    gain="whoever shares the network reads and changes what the visitor sends",
    mend="write `https://` into the form's `action`",
)
def form_over_http(project: Project) -> Iterator[Hit]:
    """Find forms whose action is an `http://` address of a host that is not this machine."""
    for path, record in project.templates.items():
        for form in record.forms if is_page(path) else ():
            action = _plain_address(form.attribute("action"))
            if action:
                yield Hit(
                    (Spot(path, form.span),),
                    f"this form is sent to `{action}` without TLS",
                    Confidence.HIGH,
                    severity=Severity.HIGH if form.asks_for_password else None,
                )


@rule(
    "tls.script-over-http",
    title="a page runs what it loads without TLS",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(319, 829),
    severity=Severity.HIGH,
    gain="whoever shares the network puts a script of their own into the page",
    mend="load it over `https://`, or from the site itself",
)
def script_over_http(project: Project) -> Iterator[Hit]:
    """Find scripts, frames and embedded objects with an `http://` address."""
    for path, record in project.templates.items():
        for element in record.elements if is_page(path) else ():
            address = _loaded(element)
            if address:
                yield Hit(
                    (Spot(path, element.span),),
                    f"`<{element.name}>` loads `{address}` without TLS",
                    Confidence.HIGH,
                    severity=Severity.MEDIUM if element.name == "link" else None,
                    gain=_STYLES if element.name == "link" else "",
                )


_STYLES = "whoever shares the network puts a style sheet of their own into the page, which covers it with another"


def _loaded(element: Element) -> str:
    name = _ACTIVE.get(element.name)
    if name is not None:
        return _plain_address(element.attribute(name))
    relation = element.attribute("rel")
    if element.name == "link" and relation and "stylesheet" in relation.value.lower():
        return _plain_address(element.attribute("href"))
    return ""


def _plain_address(attribute: Attribute | None) -> str:
    """Return an `http://` address whose host is written out and not this machine's."""
    if attribute is None or not attribute.value.lower().startswith("http://"):
        return ""
    try:
        host = urlsplit(attribute.value).hostname or ""
    except ValueError:
        return ""
    if host in _LOCAL or "{" in host or host.endswith((".local", ".localhost", ".test")):
        return ""
    return attribute.value.partition("?")[0]
