"""The full name of what a call runs, also of a method of a library's object.

`client = paramiko.SSHClient(); client.exec_command(x)` runs `paramiko.SSHClient().exec_command`: the
name of what made the object, with the method after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pickguard.flow.callees.arguments import given
from pickguard.flow.values.definitions import (
    Checked,
    Definition,
    Env,
    Extended,
    Merged,
    Parameter,
    Value,
)
from pickguard.flow.values.origin import Passed
from pickguard.site.symbols.names import External, FunctionSymbol, ValueSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail

if TYPE_CHECKING:
    from pickguard.flow.bodies.body import Body

_DEPTH_LIMIT = 8
_CALLER_LIMIT = 6
_CALLER_WEIGHT = 4
_RETURN_LIMIT = 4


def called_name(body: Body, call: n.Call, env: Env | None = None) -> str:
    """Return the full dotted name of what a call runs, or an empty text."""
    return _name(body, call.func, env or body.scope.at(call.span), 0)


def _name(body: Body, node: n.Expr, env: Env, depth: int) -> str:
    if depth > _DEPTH_LIMIT:
        return ""
    known = body.resolve(node)
    if known is not None:
        made = _made(body, known) if isinstance(known, ValueSymbol) else ""
        return made or known.name
    match node:
        case n.Call():
            handed_back = _handed_back(body, node, env, depth)
            if handed_back:
                return handed_back
            made_by = _name(body, node.func, env, depth + 1)
            return f"{made_by}()" if made_by else ""
        case n.Wrapped() if node.value is not None:
            return _name(body, node.value, env, depth + 1)
        case n.Name():
            found = env.get(node.id)
            return _of_definition(body, found, depth + 1) if found is not None else ""
        case n.Attr():
            return _of_attribute(body, node, env, depth + 1)
    return ""


def _handed_back(body: Body, call: n.Call, env: Env, depth: int) -> str:
    """Return the name of what a function of the site makes and hands back: `session().get(url)`."""
    function = _function(body, call.func, env)
    if function is None or function == body.function:
        return ""
    there = body.flow.body(function)
    found = {
        _name(there, value, at, depth + _CALLER_WEIGHT)
        for value, at, _span in there.scope.returns[:_RETURN_LIMIT]
    }
    return found.pop() if len(found) == 1 else ""


def _function(body: Body, func: n.Expr, env: Env) -> FunctionSymbol | None:
    """Return the function of the site, or the method of the class around, that is called.

    Of an object that is not known, it is the method that alone has the name.
    """
    if isinstance(func, n.Attr) and tail(func.value) in ("self", "cls") and body.owner is not None:
        return body.flow.site.classes.method(body.owner, func.name)
    known = body.resolve(func)
    if known is not None or not isinstance(func, n.Attr):
        return known if isinstance(known, FunctionSymbol) else None
    family = body.flow.callers.family(func.name)
    is_alone = len(family) == 1 and body.flow.types.of(body, func.value, env) is None
    return family[0] if is_alone else None


def _made(body: Body, known: ValueSymbol) -> str:
    """Return the name of what a module's or a class's value is made by: `client = SSHClient()`."""
    if not isinstance(known.value, n.Call):
        return ""
    maker = body.flow.site.names.resolve(known.module, known.value.func)
    return f"{maker.name}()" if maker is not None else ""


def _of_attribute(body: Body, node: n.Attr, env: Env, depth: int) -> str:
    path = body.path(node)
    found = env.get(path) if path else None
    if found is not None:
        return _of_definition(body, found, depth)
    if isinstance(node.value, n.Name) and node.value.id == "self" and body.owner is not None:
        for other, definition in body.flow.attributes.assigned(body.owner, node.name):
            name = _of_definition(other, definition, depth + 1)
            if name:
                return name
        kept = body.flow.site.classes.value(body.owner, node.name)
        made = _made(body, kept) if kept is not None else ""
        if made:
            return made
    before = _name(body, node.value, env, depth)
    return f"{before}.{node.name}" if before else inherited_name(body, node)


def inherited_name(body: Body, node: n.Attr) -> str:
    """Return the full name of `self.value` where a library's base has it and the catalogue knows it."""
    catalog, owner = body.flow.catalog, body.owner
    if owner is None or node.name not in catalog.methods or tail(node.value) != "self":
        return ""
    names = (
        f"{ancestor.name}.{node.name}"
        for ancestor in body.flow.site.classes.line(owner)
        if isinstance(ancestor, External)
    )
    return next((name for name in names if catalog.passage(name) is not None), "")


def _of_definition(body: Body, definition: Definition, depth: int) -> str:
    if depth > _DEPTH_LIMIT:
        return ""
    match definition:
        case Value() if not definition.part and definition.how != "iterated":
            return _name(body, definition.expr, definition.env, depth)
        case Checked() | Extended() if definition.base is not None:
            return _of_definition(body, definition.base, depth)
        case Merged():
            found = (_of_definition(body, one, depth + 1) for one in definition.options[:4])
            return next((name for name in found if name), "")
        case Parameter() if definition.param.annotation is not None:
            return body.name(definition.param.annotation)
        case Parameter():
            return _given_by_all(body, definition.param.name, depth + _CALLER_WEIGHT)
    return ""


def _given_by_all(body: Body, name: str, depth: int) -> str:
    """Return the name of what every caller gives to a parameter: `load(requests.Session(), url)`."""
    function, callers = body.function, body.flow.callers
    if function is None or depth > _DEPTH_LIMIT or not callers.are_few(function):
        return ""
    found = {
        _name(caller, item, caller.scope.at(call.span), depth)
        for caller, call, is_bound in callers.of(function)[:_CALLER_LIMIT]
        for item in given(function, call, Passed(name), is_bound=is_bound)
    }
    return found.pop() if len(found) == 1 else ""
