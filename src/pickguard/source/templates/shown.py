"""Tells which markup of a template goes out: where one extends another, what stands in its blocks.

{% extends "base.html" %}
{% block content %}<form>…</form>{% endblock %}
<script src="…"></script>                         no browser ever sees this
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from pickguard.source.templates.elements import Markup
from pickguard.source.templates.record import (
    Block,
    CallBlock,
    Extends,
    Macro,
    Node,
    Set,
    Text,
    every_node,
)

# What of a child its parent, or its own blocks, can put into the page
_USED = (Block, Macro, CallBlock, Set)


def shown(nodes: Sequence[Node], markup: Markup) -> Markup:
    """Return the markup of a template that can go out.

    Args:
        nodes: the nodes of the template.
        markup: all forms and elements that it writes.
    """
    extends = next((node for node in nodes if isinstance(node, Extends)), None)
    if extends is None:
        return markup
    texts = [node.span for node in every_node(nodes) if isinstance(node, Text)]
    used = {span for span in texts if span < extends.span} | _used(nodes)

    def is_shown(span: int) -> bool:
        at = bisect_right(texts, span)
        return not at or texts[at - 1] in used

    return Markup(
        tuple(form for form in markup.forms if is_shown(form.span)),
        tuple(element for element in markup.elements if is_shown(element.span)),
    )


def _used(nodes: Sequence[Node]) -> set[int]:
    """Return where the texts stand that are in a block, or in what a block may use."""
    found: set[int] = set()
    walked: set[int] = set()
    for node in every_node(nodes):
        if not isinstance(node, _USED) or id(node) in walked:
            continue
        for inner in every_node((node,)):
            walked.add(id(inner))
            if isinstance(inner, Text):
                found.add(inner.span)
    return found
