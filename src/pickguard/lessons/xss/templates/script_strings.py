"""Strings of scripts in templates: what stands before a value that `escapejs` made fit for one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from pickguard.kit import Project
from pickguard.lessons.xss.templates.places import Dangerous, dangerous
from pickguard.lessons.xss.templates.values import Evidence, Origin, origin
from pickguard.source.templates import record as r
from pickguard.source.templates.value_context import Part

_MARKS = {Part.SINGLE_QUOTED: "'", Part.DOUBLE_QUOTED: '"', Part.TEMPLATE: "`"}
_FOR_STRINGS = frozenset({"escapejs", "escapejs_filter"})
# what a browser follows, `javascript:` as well, directly before the string that it is given
_FOLLOWS = re.compile(
    r"(?:\blocation(?:\.href)?\s*=|\blocation\.(?:assign|replace)\(|\bopen\()\s*\Z"
)
# what runs a text as a script, directly before the string that it is given
_RUNS = re.compile(r"\b(?:eval|Function|setTimeout|setInterval|execScript)\(\s*\Z")


class String(NamedTuple):
    """A string that a value stands in: the script before it, and what it begins with."""

    before: str
    begun: str


def string_of(project: Project, item: Dangerous) -> String | None:
    """Return the string that an output with `escapejs` stands in; None for any other output."""
    mark = _MARKS.get(item.context.part)
    if mark is None or not item.passes(_FOR_STRINGS):
        return None
    outside, _, begun = _before(project, item).rpartition(mark)
    return String(outside, begun)


def is_run(project: Project, item: Dangerous) -> bool:
    """Tell whether the string that an output stands in is run as a script: `setTimeout("{{ code }}")`."""
    mark = _MARKS.get(item.context.part)
    if mark is None:
        return False
    return bool(_RUNS.search(_before(project, item).rpartition(mark)[0]))


def ends_string(project: Project, item: Dangerous) -> bool:
    """Tell whether the quote that ends its string stands directly behind an output."""
    mark = _MARKS.get(item.context.part)
    texts = (
        node.text
        for node in project.templates[item.place.path].every
        if isinstance(node, r.Text) and node.span > item.place.node.span
    )
    return mark is not None and next(texts, "").startswith(mark)


def followed_by_scripts(project: Project) -> Iterator[tuple[Dangerous, Origin]]:
    """Yield the outputs that a script follows as an address: `location = "{{ next|escapejs }}"`."""
    for item in project.once(dangerous):
        string = string_of(project, item)
        if string is None or string.begun or not _FOLLOWS.search(string.before):
            continue
        found = origin(project, item.place.path, item.expression)
        if found.evidence in (Evidence.FROM_BROWSER, Evidence.STORED):
            yield item, found


def _before(project: Project, item: Dangerous) -> str:
    """Return the text of the template that stands before an output, as far as it has no tags of Django's."""
    said = ""
    for node in project.templates[item.place.path].every:
        if node.span >= item.place.node.span:
            break
        if isinstance(node, r.Text):
            said += node.text
        elif not isinstance(node, r.Output | r.Url | r.Translate):
            said = ""
    return said
