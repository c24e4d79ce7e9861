"""The function that does the work of a view which hands all it gets to another one."""

from pickguard.site.symbols.classes import Classes
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail
from pickguard.source.python.bodies import only_returned

_MOST_STEPS = 3


def left_to(
    classes: Classes, function: FunctionSymbol, owner: ClassSymbol | None = None
) -> FunctionSymbol:
    """Return what a function leaves its whole work to, or the function itself.

    That is the `_show` of `return _show(request, pk)`: every parameter has the same name on both
    sides, as it is by name that addresses give them.

    Args:
        classes: the classes of the site.
        function: what is looked at.
        owner: for a method, the class of the object that runs it.
    """
    for _ in range(_MOST_STEPS):
        found = _next(classes, function, owner)
        if found is None or found == function:
            break
        function = found
    return function


def _next(
    classes: Classes, function: FunctionSymbol, owner: ClassSymbol | None
) -> FunctionSymbol | None:
    call = _only_call(function.node)
    if call is None:
        return None
    if owner is not None and isinstance(call.func, n.Attr) and tail(call.func.value) == "self":
        found = classes.method(owner, call.func.name)
    else:
        named = classes.names.resolve(function.module, call.func)
        found = named if isinstance(named, FunctionSymbol) and named.owner is None else None
    if found is None or found.node.decorators:
        return None  # what stands on it may ask
    if function.node.decorators and found.module is not function.module:
        return None
    return found if _hands_on(function.node, call, found.node) else None


def _only_call(node: n.Function) -> n.Call | None:
    """Return the call whose result is all that a function is about."""
    value = only_returned(node)
    if isinstance(value, n.Wrapped) and value.kind == "await":
        value = value.value
    return value if isinstance(value, n.Call) else None


def _hands_on(node: n.Function, call: n.Call, other: n.Function) -> bool:
    """Whether a call gives each parameter of the function around it to one of the same name."""
    names = [param.name for param in other.params if param.name != "self"]
    pairs = [*zip(names, call.args, strict=False), *((k.name, k.value) for k in call.keywords)]
    given = [_handed(name, value) for name, value in pairs]
    own = [param.name for param in node.params if param.name != "self"]
    return len(call.args) <= len(names) and sorted(given) == sorted(own)


def _handed(name: str | None, value: n.Expr) -> str:
    """Return the name that a value has on both sides, or an empty text."""
    if isinstance(value, n.Wrapped) and value.kind == "*" and value.value is not None:
        value, name = value.value, None
    plain = value.id if isinstance(value, n.Name) else ""
    return plain if name in (None, plain) else ""
