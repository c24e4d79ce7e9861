"""Serializers that only look at what was sent: what they would show is never asked for."""

from collections.abc import Iterator

from pickguard.flow.bodies.body import Body
from pickguard.flow.values.definitions import Definition, Merged, Value
from pickguard.kit import Project
from pickguard.site.symbols.names import ClassSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument, tail
from pickguard.source.python.walk import expressions


def only_takes(project: Project, symbol: ClassSymbol) -> bool:
    """Whether code gives a serializer nothing but `data=`, and nothing answers with its `.data`.

    Args:
        project: all there is.
        symbol: the serializer; one that a view, another serializer or an heir names is asked by the library.
    """
    classes = project.site.classes
    if classes.subclasses.get(symbol) or any(_names(project, one, symbol) for one in classes.all):
        return False
    callers = project.flow.callers
    made = callers.constructing(symbol)
    calls = {id(call.func) for _body, call in made}
    for body in callers.bodies_holding(symbol.node.name):
        named = (node for node in expressions(body.block) if isinstance(node, n.Name | n.Attr))
        if any(id(node) not in calls and body.resolve(node) == symbol for node in named):
            return False  # `return AccountSerializer`
    return bool(made) and all(_is_only_asked(body, call) for body, call in made)


def _names(project: Project, owner: ClassSymbol, symbol: ClassSymbol) -> bool:
    """Whether the body of a class names another one: `serializer_class = AccountSerializer`."""
    values = (one.value for one in owner.node.body if isinstance(one, n.Assign | n.Annotate))
    parts = (
        part for value in values if value is not None for part in expressions((n.Do(0, value),))
    )
    return any(
        isinstance(part, n.Name | n.Attr)
        and project.site.names.resolve(owner.module, part) == symbol
        for part in parts
    )


def _is_only_asked(body: Body, call: n.Call) -> bool:
    return argument(call, -1, "data") is not None and not any(
        value.expr is call for value in _shown(body)
    )


def _shown(body: Body) -> Iterator[Value]:
    """Yield what stands before each `.data`; one entry of it, `serializer.data["name"]`, is not handed on."""
    nodes = list(expressions(body.block))
    entries = {id(node.value) for node in nodes if isinstance(node, n.Index)}
    for node in nodes:
        if isinstance(node, n.Attr) and node.name == "data" and id(node) not in entries:
            yield from _values(body.scope.at(node.span).get(tail(node.value)))


def _values(definition: Definition | None) -> Iterator[Value]:
    for one in definition.options if isinstance(definition, Merged) else (definition,):
        if isinstance(one, Value):
            yield one
