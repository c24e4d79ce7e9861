"""Frames that a page holds whole in `srcdoc`, and whether they may run scripts."""

import re

from pickguard.kit import Project
from pickguard.lessons.xss.templates.filters import outcome
from pickguard.lessons.xss.templates.places import Dangerous
from pickguard.source.templates import record as r
from pickguard.source.templates.html_context import State

_ESCAPES_ONCE_MORE = frozenset({"force_escape", "escape", "forceescape"})
_SANDBOX = re.compile(
    r"\ssandbox(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]*)))?(?=[\s/>])", re.IGNORECASE
)
_START, _END = re.compile(r"<iframe(?=[\s/>])", re.IGNORECASE), ">"


def is_text_in_frame(project: Project, item: Dangerous) -> bool:
    """Whether a value is escaped twice: once for the attribute, and once for the page in the frame."""
    if item.passes(_ESCAPES_ONCE_MORE):
        return True
    if _ESCAPES_ONCE_MORE.isdisjoint(one.name for one in item.place.filters):
        return False
    own = item.expression.filters if isinstance(item.expression, r.Filtered) else ()
    autoescape = item.place.autoescape is not False
    return not outcome(own, project.template_map.library, autoescape=autoescape).raw


def runs_no_script(project: Project, item: Dangerous) -> bool:
    """Whether the frame that a value stands in has a `sandbox` without `allow-scripts`."""
    record = project.template_map.records[item.place.path]
    texts = [node for node in record.every if isinstance(node, r.Text)]
    before = " ".join(node.text for node in texts if node.span < item.place.node.span)
    after = " ".join(node.text for node in texts if node.span > item.place.node.span)
    starts = [found.start() for found in _START.finditer(before)]
    if not starts:
        return False
    quote = "'" if item.context.state is State.SINGLE_QUOTED else '"'
    rest = after.partition(quote)[2].partition(_END)[0]
    head = before[starts[-1] :].partition("srcdoc")[0]
    return any(
        "allow-scripts" not in "".join(filter(None, found.groups())).lower()
        for found in _SANDBOX.finditer(f"{head} {rest} ")
    )
