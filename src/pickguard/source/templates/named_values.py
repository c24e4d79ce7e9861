"""Values by what they are, not by the names that a template gives them for a while.

{% with title=note.title %}                 {% with title=note.title %}
<b>{{ title|safe }}</b>                     <b>{{ note.title|safe }}</b>
{% endwith %}                               {% endwith %}

A template that is included there is handed the names: `{% include "card.html" with title=note.title %}`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from pickguard.source.templates import record as r

_Known = Mapping[str, r.Expression]
_MOST_HANDED = 20
"""Names. A template that is included among more of them is handed what stands in its tag alone."""


def under_own_names(nodes: tuple[r.Node, ...]) -> tuple[r.Node, ...]:
    """Return the nodes of a template in which each name that `{% with %}` gives a value is that value."""
    is_named = any(isinstance(node, r.With) for node in r.every_node(nodes))
    return _in_all(nodes, {}) if is_named else nodes


def bound_names(node: r.Node) -> Iterator[str]:
    """Yield the names that a node gives to something."""
    match node:
        case r.For(targets=targets):
            yield from (*targets, "forloop", "loop")
        case r.Set(targets=targets):
            yield from targets
        case r.With(assignments=assignments) | r.BlockTranslate(assignments=assignments):
            yield from (item.name for item in assignments)
        case r.Macro(name=name, parameters=parameters):
            yield from (name, *parameters)
        case r.Import(alias=alias, names=names):
            yield from (alias, *(name for _, name in names))
    bound = getattr(node, "bound", "")
    if bound:
        yield bound


def _in_all(nodes: Sequence[r.Node], known: _Known) -> tuple[r.Node, ...]:
    return tuple(_in_node(node, known) for node in nodes)


def _in_node(node: r.Node, known: _Known) -> r.Node:
    if isinstance(node, r.With):
        assignments = _written(node.assignments, known)
        return r.With(node.span, assignments, _in_all(node.body, _with(node, assignments, known)))
    if isinstance(node, r.Text):
        return node
    if isinstance(node, r.Include) and node.context and len(known) <= _MOST_HANDED:
        own = {item.name for item in node.assignments}
        named = (
            r.Argument(node.span, name, value) for name, value in known.items() if name not in own
        )
        handed = (*_written(node.assignments, known), *named)
        return replace(node, template=_written(node.template, known), assignments=handed)
    inner = _without(known, bound_names(node))
    written = {
        field: _written(getattr(node, field), known if field == "iterable" else inner)
        for field in node.__struct_fields__
    }
    return replace(node, **written)


def _with(node: r.With, assignments: Sequence[r.Argument], known: _Known) -> _Known:
    """Return what names stand for in the body of a `{% with %}`."""
    inside = [name for one in r.every_node(node.body) for name in bound_names(one)]
    named = {item.name: item.value for item in assignments if _is_plain(item.value)}
    return {
        name: value
        for name, value in (_without(known, (item.name for item in assignments)) | named).items()
        if name not in inside and _root(value) not in (*inside, *named)
    }


def _is_plain(value: r.Expression) -> bool:
    """Whether a value is short wherever it stands: one that holds others could double with each name."""
    if isinstance(value, r.Filtered):
        given = (one.value for each in value.filters for one in each.arguments)
        return _is_plain(value.head) and all(isinstance(one, r.Literal) for one in given)
    return isinstance(value, r.Variable | r.Literal)


def _without(known: _Known, names: Iterator[str]) -> dict[str, r.Expression]:
    """Return what is known where some names stand for something else."""
    taken = set(names)
    return {
        name: value
        for name, value in known.items()
        if name not in taken and _root(value) not in taken
    }


def _root(value: r.Expression) -> str:
    """Return the name that a value is looked up on, or an empty text."""
    if isinstance(value, r.Filtered):
        return _root(value.head)
    return value.path[0] if isinstance(value, r.Variable) and value.path else ""


def _written(part: Any, known: _Known) -> Any:
    """Return a part of a node, or a tuple of parts, with its names as the values that they stand for."""
    if isinstance(part, tuple):
        return tuple(_written(one, known) for one in part)
    if isinstance(part, r.Node):
        return _in_node(part, known)
    if isinstance(part, r.Variable):
        return _value(part, known)
    if isinstance(part, r.Filtered):
        head, filters = _written(part.head, known), _written(part.filters, known)
        if isinstance(head, r.Filtered):
            return r.Filtered(part.span, head.head, (*head.filters, *filters))
        return r.Filtered(part.span, head, filters)
    if isinstance(part, r.Filter | r.Argument | r.Call | r.Operation | r.Branch):
        fields = {name: _written(getattr(part, name), known) for name in part.__struct_fields__}
        return replace(part, **fields)
    return part


def _value(variable: r.Variable, known: _Known) -> r.Expression:
    value = known.get(variable.path[0]) if variable.path else None
    if isinstance(value, r.Variable):
        return r.Variable(variable.span, (*value.path, *variable.path[1:]))
    if value is None or len(variable.path) > 1:
        return variable
    return replace(value, span=variable.span)
