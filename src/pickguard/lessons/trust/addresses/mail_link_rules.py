"""Trust rules about templates of mails: whose host their links lead to."""

import re
from collections.abc import Iterator
from itertools import pairwise

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.source.templates import record as r

_MAILS = re.compile(r"mail", re.IGNORECASE)
# The link of such a mail lets somebody in, or proves an address
_PROVING = re.compile(
    r"reset|verif|activat|confirm|magic|log_?in_?(link|code)|invit|passw", re.IGNORECASE
)
_HOSTS = frozenset({("request", "get_host"), ("request", "META", "HTTP_HOST")})


@rule(
    "trust.host-in-mailed-link",
    title="the link of a mail leads to whatever host the request names",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(640, 644),
    severity=Severity.MEDIUM,
    gain="a stranger asks for the victim's link with a `Host` of their own, and reads the token when it is followed",
    mend="write the site's own address: `{{ site.domain }}`, or a setting",
)
def host_in_mailed_link(project: Project) -> Iterator[Hit]:
    """Find `http://{{ request.get_host }}{{ reset_url }}` in templates of mails."""
    for path, record in project.template_files.items():
        if project.kind_of_path(path) is None and _MAILS.search(path) and _PROVING.search(path):
            for node in _hosts(record):
                yield Hit(
                    (Spot(path, node.span),),
                    "the link begins with the host that the request names",
                    Confidence.MEDIUM,
                    path,
                )
                break


def _hosts(record: r.TemplateRecord) -> Iterator[r.Output]:
    """Yield the outputs of the request's host that a link begins with."""
    parts = [node for node in record.every if isinstance(node, r.Text | r.Output | r.Url)]
    for before, node in pairwise(sorted(parts, key=lambda part: part.span)):
        is_begun = isinstance(before, r.Text) and before.text.rstrip().endswith("://")
        if is_begun and isinstance(node, r.Output) and _path(node) in _HOSTS:
            yield node


def _path(node: r.Output) -> tuple[str, ...]:
    return node.expression.path if isinstance(node.expression, r.Variable) else ()
