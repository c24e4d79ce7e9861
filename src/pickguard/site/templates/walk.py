"""Goes over the expressions of a template's nodes, and the names that nodes bind."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from pickguard.source.templates import record as r
from pickguard.source.templates.named_values import bound_names

# the fields of each node that hold an expression, or arguments with one
_EXPRESSIONS: dict[type, tuple[str, ...]] = {
    r.Output: ("expression",),
    r.For: ("iterable",),
    r.With: ("assignments",),
    r.BlockTranslate: ("assignments",),
    r.Extends: ("template",),
    r.Import: ("template",),
    r.Include: ("template", "assignments"),
    r.Url: ("name", "arguments"),
    r.Tag: ("arguments",),
    r.BlockTag: ("arguments",),
    r.Translate: ("message",),
    r.CallBlock: ("call",),
    r.Set: ("value",),
}


def expressions(node: r.Node) -> Iterator[r.Expression]:
    """Yield the expressions that a node itself holds, not those of nodes within it."""
    if isinstance(node, r.If):
        yield from (item.condition for item in node.branches if item.condition is not None)
    for field in _EXPRESSIONS.get(type(node), ()):
        found = getattr(node, field)
        if isinstance(found, tuple):
            yield from (item.value for item in found)
        elif found is not None:
            yield found


def variables(expression: r.Expression) -> Iterator[r.Variable]:
    """Yield the variables that an expression reads."""
    waiting = [expression]
    while waiting:
        found = waiting.pop()
        match found:
            case r.Variable():
                yield found
            case r.Filtered(head=head, filters=filters):
                waiting.append(head)
                waiting.extend(item.value for one in filters for item in one.arguments)
            case r.Call(callee=callee, arguments=arguments):
                waiting.append(callee)
                waiting.extend(item.value for item in arguments)
            case r.Operation(operands=operands):
                waiting.extend(operands)


# what answers yes or no, whatever it is asked about
_ANSWERS = frozenset({"==", "!=", "<", ">", "<=", ">=", "in", "is", "not"}) | {
    *("eq", "ne", "lt", "lteq", "gt", "gteq", "notin"),
}
_JOINING = frozenset({"and", "or"})
ADDRESSING = frozenset({"url", "url_for", "static", "reverse", "range"})
"""Functions of Jinja2's environments that quote, or count, what they are given: nothing of it is text."""


def carried(expression: r.Expression) -> Iterator[r.Variable]:
    """Yield the variables whose texts an expression may carry: `b` and `c` of `b if a else c`."""
    for value in carried_values(expression):
        yield from variables(value)


def carried_values(expression: r.Expression) -> Iterator[r.Filtered | r.Call | r.Variable]:
    """Yield the values whose texts an expression may carry, calls and filtered ones as a whole."""
    waiting = [expression]
    while waiting:
        found = waiting.pop()
        if isinstance(found, r.Operation):
            waiting.extend(carried_operands(found))
        elif isinstance(found, r.Filtered | r.Call | r.Variable) and not _is_addressing(found):
            yield found


def _is_addressing(expression: r.Expression) -> bool:
    callee = expression.callee if isinstance(expression, r.Call) else None
    return isinstance(callee, r.Variable) and callee.path[-1] in ADDRESSING


def carried_operands(operation: r.Operation) -> tuple[r.Expression, ...]:
    """Return the operands that the value of an operation may be: what a comparison asks about is none."""
    words = frozenset(operation.operator.split())
    if operation.operator == "if":
        return operation.operands[1:]
    return () if words & _ANSWERS and not words & _JOINING else operation.operands


def constant_names(nodes: Sequence[r.Node]) -> frozenset[str]:
    """Return the names that nothing but the site's own texts and addresses are given to.

    That is `{% translate "Sure?" as question %}`, `{% url "home" as home %}`, `{% with mark="*" %}`, and
    what Django knows of languages: `{% get_language_info for code as language %}`.
    """
    constant: set[str] = set()
    other: set[str] = set()
    for node in r.every_node(nodes):
        chosen = constant if _is_constant(node, constant) else other
        chosen.update(bound_names(node))
    return frozenset(constant - other)


# Tags of Django whose results are its own, or stand in the settings
_LANGUAGES = frozenset(
    {"get_language_info", "get_language_info_list", "get_available_languages"}
    | {"get_current_language", "get_current_language_bidi"}
)


def _is_constant(node: r.Node, known: Collection[str]) -> bool:
    match node:
        case r.Translate(message=r.Literal()) | r.Url() | r.Tag(name="static"):
            return True
        case r.Set(value=value):
            return value is not None and _is_written(value)
        case r.With(assignments=assignments):
            return all(_is_written(item.value) for item in assignments)
        case r.Tag(name=name):
            return name in _LANGUAGES
        case r.For(iterable=r.Variable(path=(name,))):
            return name in known
    return False


def _is_written(expression: r.Expression) -> bool:
    """Tell whether an expression is one of the template's own texts: `" selected" if a == b else ""`."""
    if isinstance(expression, r.Operation):
        return all(map(_is_written, carried_operands(expression)))
    return isinstance(expression, r.Literal)


def bindings(node: r.Node) -> Iterator[tuple[str, r.Expression]]:
    """Yield the names that a node gives to values: of a loop, `{% with %}`, `{% set %}`."""
    if isinstance(node, r.For):
        yield from ((name, node.iterable) for name in node.targets)
    elif isinstance(node, r.With | r.BlockTranslate):
        yield from ((item.name, item.value) for item in node.assignments)
    elif isinstance(node, r.Set) and node.value is not None:
        yield from ((name, node.value) for name in node.targets)
    elif isinstance(node, r.Tag) and node.bound and node.name in ("firstof", "cycle"):
        values = tuple(item.value for item in node.arguments)
        yield node.bound, r.Operation(node.span, "or", values)
