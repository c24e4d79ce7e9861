"""Numbers that the browser sends, and code that holds them against a limit."""

from pickguard.flow.callees.arguments import given
from pickguard.flow.values.origin import Passed
from pickguard.kit import Code
from pickguard.kit.code import tail
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import inside

BOUNDING = frozenset({"min", "max_value", "clamp", "MaxValueValidator", "islice"})
"""What keeps a number below a limit, by its name."""

_DEEPEST = 4
_NUMBERS = frozenset({"int", "float", "round", "abs"})


def sent_number(code: Code, node: n.Expr) -> n.Expr | None:
    """Return what a number was made of: `x` of `int(x)`, an entry of JSON; None where nothing tells that it is one."""
    return _cast(code, node) or _of_json(code, node)


def _cast(code: Code, node: n.Expr, depth: int = 0) -> n.Expr | None:
    """Return `x` of `int(x)`, also through a name; None where it is made a number nowhere."""
    if depth > _DEEPEST:
        return None
    if isinstance(node, n.Call) and tail(node.func) in _NUMBERS and node.args:
        return node.args[0]
    if isinstance(node, n.Call) and tail(node.func) == "max":
        # no smaller than one of its own is no bound
        return next((sent for item in node.args if (sent := _cast(code, item, depth + 1))), None)
    if isinstance(node, n.Call):
        return _cast_elsewhere(code, node, depth)
    if isinstance(node, n.Name):
        values = code.assigned(node.id)
        return _cast(code, values[0], depth + 1) if len(values) == 1 else None
    if isinstance(node, n.Binary) and node.op in ("+", "-", "*"):
        return _cast(code, node.left, depth + 1) or _cast(code, node.right, depth + 1)
    return None


def _cast_elsewhere(code: Code, call: n.Call, depth: int) -> n.Expr | None:
    """Return what a function of the site is given that makes a number of it, and does not bound it."""
    function = code.called_with(call, _NUMBERS)
    if function is None or not BOUNDING.isdisjoint(function.node.words):
        return None
    there = code.project.code_of(function)
    cast = (_cast(there, value, depth + 1) for value in there.returned)
    made = next((value for value in cast if value is not None), None)
    if made is None or is_bounded(there, made):
        return None
    names = {part.id for part in inside(made) if isinstance(part, n.Name)}
    is_bound = function.owner is not None
    handed = (given(function, call, Passed(name), is_bound=is_bound) for name in sorted(names))
    sent = (item for items in handed for item in items if code.origin(item).is_browser)
    return next(sent, None)


def _of_json(code: Code, node: n.Expr, depth: int = 0) -> n.Expr | None:
    """Return an entry of a body in JSON, which is a number as it is: `request.data["count"]`."""
    if depth > _DEEPEST:
        return None
    if isinstance(node, n.Binary) and node.op in ("+", "-", "*"):
        return _of_json(code, node.left, depth + 1) or _of_json(code, node.right, depth + 1)
    if isinstance(node, n.Name):
        values = code.assigned(node.id)
        return _of_json(code, values[0], depth + 1) if len(values) == 1 else None
    holder = node.value if isinstance(node, n.Index) else None
    if isinstance(node, n.Call) and tail(node.func) == "get" and isinstance(node.func, n.Attr):
        holder = node.func.value
    return node if holder is not None and _is_json(code, holder) else None


def _is_json(code: Code, node: n.Expr) -> bool:
    """Whether a value is what was sent in JSON: `request.data`, or `json.loads(request.body)`."""
    values = code.assigned(node.id) if isinstance(node, n.Name) else [node]
    return any(
        (isinstance(value, n.Attr) and value.name == "data" and code.body.is_request(value.value))
        or (isinstance(value, n.Call) and tail(value.func) == "loads")
        for value in values
    )


def is_bounded(code: Code, amount: n.Expr) -> bool:
    """Whether the code compares the amount with anything: `if n > 100: …`."""
    names = {tail(part) for part in inside(amount) if isinstance(part, n.Name)} - _NUMBERS
    values = [value for name in names for value in code.assigned(name)]
    names |= {tail(part) for value in values for part in inside(value) if isinstance(part, n.Name)}
    names -= {"request", "self", *_NUMBERS}
    return any(
        isinstance(node, n.Compare) and any(tail(part) in names for part in inside(node))
        for node in code.expressions
    )
