"""TLS rules about links that templates spell out: in a mail, nothing turns `http://` into `https://`."""

import re
from collections.abc import Iterator, Sequence

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.base.spans import unpack
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.site.templates.walk import expressions, variables
from pickguard.source.templates import record as r

_PLAIN = re.compile(r"http://$", re.IGNORECASE)
# what a site calls its own host
_HOSTS = frozenset(
    {"get_host", "domain", "host", "hostname", "site", "current_site", "site_domain", "domain_name"}
    | {"site_host", "server_name", "base_domain"}
)
_PROVES = re.compile(
    r"token|uid|activat|confirm|verif|reset|invit|hash|signature|unsubscribe|magic|otp|log_?in"
    r"|(^|_)(key|code)$",
    re.IGNORECASE,
)
# an address ends with any of them
_END = re.compile(r"[\s\"'<>]")
_LINK_LIMIT = 8
"""Nodes. An address that has more parts is no link."""


@rule(
    "tls.link-over-http",
    title="a link that proves who follows it goes over the network in the clear",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(319, 640),
    severity=Severity.MEDIUM,
    gain="whoever shares the network reads the link, and sets the password or confirms in the owner's place",
    mend="write `https://`, or take the scheme of the site: `{{ request.scheme }}://`",
)
def link_over_http(project: Project) -> Iterator[Hit]:
    """Find `http://{{ domain }}{% url "reset" token=token %}` in templates."""
    for path, record in project.templates.items():
        told: set[tuple[int, str]] = set()  # a link is often shown as its own text
        nodes = record.every
        for index, node in enumerate(nodes[:-1]):
            if isinstance(node, r.Text) and _PLAIN.search(node.text):
                host = nodes[index + 1]
                if isinstance(host, r.Output) and _names_host(host):
                    proving = _proves(nodes[index + 2 : index + 2 + _LINK_LIMIT])
                    place = (unpack(host.span).line, proving)
                    if proving and place not in told:
                        told.add(place)
                        yield Hit(
                            (Spot(path, host.span),),
                            f"the link with `{proving}` begins with `http://`",
                            Confidence.MEDIUM,
                        )


def _names_host(output: r.Output) -> bool:
    return any(found.path[-1] in _HOSTS for found in variables(output.expression))


def _proves(rest: Sequence[r.Node]) -> str:
    """Return what an address holds that is known to its owner alone, or an empty text."""
    for node in rest:
        if isinstance(node, r.Text):
            end = _END.search(node.text)
            written = node.text[: end.start()] if end else node.text
            found = next(filter(_PROVES.search, re.split(r"\W+", written)), "")
            if found or end:
                return found
        else:
            found = next(filter(_PROVES.search, _names(node)), "")
            if found:
                return found
    return ""


def _names(node: r.Node) -> Iterator[str]:
    """Yield the words that tell what a part of an address is: names, and that of a route."""
    for expression in expressions(node):
        if isinstance(expression, r.Literal):
            yield from re.split(r"\W+", str(expression.value))
        yield from (found.path[-1] for found in variables(expression))
