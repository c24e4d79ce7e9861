"""Messages of `django.contrib.messages` that a template prints as they are: the worst of them."""

from __future__ import annotations

from collections.abc import Iterator

from pickguard.flow.values.origin import Origin
from pickguard.kit import Code, Project, Spot
from pickguard.kit.code import argument, tail
from pickguard.kit.values.sure import weight
from pickguard.lessons.xss.code.markup import ESCAPES
from pickguard.site.templates.walk import expressions, variables
from pickguard.source.python import nodes as n
from pickguard.source.templates import record as r

_LEVELS = ("success", "error", "warning", "info", "debug", "add_message")
_LISTS = frozenset({"messages", "get_messages"})
_TAGS = frozenset({"tags", "extra_tags", "level_tag"})


def is_message(project: Project, path: str, variable: r.Variable) -> bool:
    """Tell whether a variable is each of the messages in turn, whatever their tags say."""
    if variable.path[1:] not in ((), ("message",)):
        return False
    return any(
        any(item.path[-1] in _LISTS for item in variables(loop.iterable))
        and _stands_in(variable, loop.body)
        and not _asks_for_tags(loop, variable)
        for loop in project.template_map.loops(path, variable.path[0])
    )


def _asks_for_tags(loop: r.For, variable: r.Variable) -> bool:
    """Whether the output stands under a look at the message's tags: only some are printed so."""
    return any(
        isinstance(node, r.If)
        and any(v.path[-1] in _TAGS for one in expressions(node) for v in variables(one))
        and any(_stands_in(variable, branch.body) for branch in node.branches)
        for node in r.every_node(loop.body)
    )


def _stands_in(variable: r.Variable, nodes: tuple[r.Node, ...]) -> bool:
    """Whether it is a variable of some nodes: one of the same name elsewhere is another."""
    return any(
        found.span == variable.span
        for node in r.every_node(nodes)
        for one in expressions(node)
        for found in variables(one)
    )


def worst_message(project: Project) -> tuple[Origin, tuple[Spot, ...]] | None:
    """Return where the message comes from that somebody else has most part in, and its way."""
    found = [
        (origin, code.flow(origin, call, "is shown as a message"))
        for code, _words in project.code(frozenset({"messages"}))
        for call, origin in _messages(code)
    ]
    return max(found, key=lambda one: weight(one[0])) if found else None


def _messages(code: Code) -> Iterator[tuple[n.Call, Origin]]:
    for call in code.calls(*_LEVELS):
        if not isinstance(call.func, n.Attr) or tail(call.func.value) != "messages":
            continue
        message = argument(call, 2 if tail(call.func) == "add_message" else 1, "message")
        origin = code.origin(message, *ESCAPES)
        if origin.is_browser or origin.is_stored:
            yield call, origin
