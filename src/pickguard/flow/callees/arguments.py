"""What a call gives to the parameters of a function of the site."""

from __future__ import annotations

from collections.abc import Iterator

from pickguard.flow.callees.later import given_later, is_given_itself, task_of
from pickguard.flow.values.origin import READ, Passed
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail


def given(
    function: FunctionSymbol, call: n.Call, passed: Passed, *, is_bound: bool
) -> Iterator[n.Expr]:
    """Yield what a call gives to a parameter of a function, or for one entry of it."""
    wanted = next((p for p in function.node.params if p.name == passed.name), None)
    if wanted is not None and wanted.kind == "**" and passed.key is not None:
        for keyword in call.keywords:
            if keyword.name == passed.key:
                yield keyword.value
            elif keyword.name is None:
                spread = keyword.value
                yield n.Index(spread.span, spread, n.Const(spread.span, passed.key))
        return
    for item in _arguments(function, *_direct(function, call, is_bound), passed.name):
        yield _part(item, passed.key)


def gathered(function: FunctionSymbol, call: n.Call, *, is_bound: bool) -> n.Sequence:
    """Return the list of what a call gives to the `*args` of a function."""
    direct, skipped = _direct(function, call, is_bound)
    named = sum(p.kind == "positional" for p in function.node.params) - skipped
    return n.Sequence(call.span, "list", direct.args[named:])


def _part(item: n.Expr, key: str | int | None) -> n.Expr:
    """Return one entry of what a call gives, or what is read of it."""
    if key is None:
        return item
    if key == READ:
        return n.Call(item.span, n.Attr(item.span, item, "read"), (), ())
    return n.Index(item.span, item, n.Const(0, key))


def _direct(function: FunctionSymbol, call: n.Call, is_bound: bool) -> tuple[n.Call, int]:  # noqa: FBT001
    """Return a call as if it ran the function itself, and how many parameters it does not give."""
    if task_of(call.func) is None or tail(call.func) == function.node.name:
        return call, int(is_bound and _has_object(function))
    return given_later(call), int(is_given_itself(function))


def _has_object(function: FunctionSymbol) -> bool:
    """Whether the first parameter is the object that a method is called on."""
    is_static = any(tail(d) == "staticmethod" for d in function.node.decorators)
    return function.owner is not None and not is_static


def _arguments(function: FunctionSymbol, call: n.Call, skipped: int, name: str) -> Iterator[n.Expr]:
    params = function.node.params
    positional = [p for p in params if p.kind == "positional"][skipped:]
    names = {p.name for p in params}
    wanted = next((p for p in params if p.name == name), None)
    if wanted is None:
        return
    if wanted.kind == "*":
        yield from call.args[len(positional) :]
        return
    is_given = wanted.kind != "**" and _is_placed(positional, call, name)
    takes_rest = wanted.default is not None and any(p.kind == "**" for p in params)
    for keyword in call.keywords:
        if keyword.name is None and (is_given or (takes_rest and _is_sent(keyword.value))):
            continue  # it cannot be given twice; what was sent is meant for `**rest`
        if keyword.name is None and wanted.kind != "**":
            yield n.Index(keyword.value.span, keyword.value, n.Const(0, name))
        elif (
            keyword.name is None
            or keyword.name == name
            or (wanted.kind == "**" and keyword.name not in names)
        ):
            yield keyword.value
    position = next((i for i, p in enumerate(positional) if p.name == name), None)
    if position is None:
        return
    for index, item in enumerate(call.args):
        if isinstance(item, n.Wrapped) and item.kind == "*" and index <= position:
            if item.value is not None:
                yield item.value
            return
    if position < len(call.args):
        yield call.args[position]


def _is_sent(spread: n.Expr) -> bool:
    """Whether it is all that a request sends: `**request.GET`, `**request.POST.dict()`."""
    if isinstance(spread, n.Call) and isinstance(spread.func, n.Attr):
        return spread.func.name == "dict" and _is_sent(spread.func.value)
    return isinstance(spread, n.Attr) and spread.name in _SENT


_SENT = frozenset({"GET", "POST", "query_params"})


def _is_placed(positional: list[n.Param], call: n.Call, name: str) -> bool:
    """Whether a call gives a parameter by its position, or by its name."""
    if any(keyword.name == name for keyword in call.keywords):
        return True
    before = call.args[: next((i + 1 for i, p in enumerate(positional) if p.name == name), 0)]
    is_reached = bool(before) and positional[len(before) - 1].name == name
    return is_reached and not any(isinstance(a, n.Wrapped) and a.kind == "*" for a in before)
