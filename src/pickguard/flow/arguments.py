"""What a call gives to the parameters of a function of the site."""

from __future__ import annotations

from collections.abc import Iterator

from pickguard.flow.origin import Passed
from pickguard.site.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail


def given(
    function: FunctionSymbol, call: n.Call, passed: Passed, *, is_bound: bool
) -> Iterator[n.Expr]:
    """Yield what a call gives to a parameter of a function, or for one entry of it."""
    wanted = next((p for p in function.node.params if p.name == passed.name), None)
    if wanted is not None and wanted.kind == "**" and passed.key is not None:
        yield from (k.value for k in call.keywords if k.name == passed.key)
        return
    for item in _arguments(function, call, passed.name, is_bound=is_bound):
        yield item if passed.key is None else n.Index(item.span, item, n.Const(0, passed.key))


def _arguments(
    function: FunctionSymbol, call: n.Call, name: str, *, is_bound: bool
) -> Iterator[n.Expr]:
    params = function.node.params
    is_static = any(tail(d) == "staticmethod" for d in function.node.decorators)
    skipped = 1 if is_bound and not is_static and function.owner is not None else 0
    positional = [p for p in params if p.kind == "positional"][skipped:]
    names = {p.name for p in params}
    wanted = next((p for p in params if p.name == name), None)
    if wanted is None:
        return
    for keyword in call.keywords:
        if keyword.name is None and wanted.kind != "**":
            yield n.Index(keyword.value.span, keyword.value, n.Const(0, name))
        elif (
            keyword.name is None
            or keyword.name == name
            or (wanted.kind == "**" and keyword.name not in names)
        ):
            yield keyword.value
    if wanted.kind == "*":
        yield from call.args[len(positional) :]
        return
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
