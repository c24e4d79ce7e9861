"""What a function does only if it is told to, and is not told to by the calls that lead there.

`take_over(sheet, preview=True)`, and in `take_over`: `if not preview: sheet.save()`.
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise

from pickguard.flow.bodies.effects import Effect
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, statements, target_names


def is_left_out(effect: Effect) -> bool:
    """Whether a condition on the way asks for what the call there says, and answers that it is not done."""
    steps = (*effect.path, (effect.function, effect.span))
    return any(
        _skips(called, _told(called, call), span)
        for (caller, at), (called, span) in pairwise(steps)
        for call in expressions(body(caller.node))
        if isinstance(call, n.Call) and call.span == at
    )


def _told(called: FunctionSymbol, call: n.Call) -> dict[str, bool]:
    """Return which parameters of a function are true or false whenever a call runs it."""
    params = [param for param in called.node.params if param.name not in ("self", "cls")]
    if any(isinstance(value, n.Wrapped) for value in call.args) or any(
        keyword.name is None for keyword in call.keywords
    ):
        return {}
    given = {param.name: param.default for param in params}
    given |= dict(zip(given, call.args, strict=False))
    given |= {keyword.name: keyword.value for keyword in call.keywords if keyword.name}
    return {
        name: bool(value.value)
        for name, value in given.items()
        if isinstance(value, n.Const) and not _is_set(called, name)
    }


def _is_set(called: FunctionSymbol, name: str) -> bool:
    """Whether a function gives a parameter another value on its way."""
    return any(
        name in target_names(target)
        for statement in statements(body(called.node))
        for target in _targets(statement)
    )


def _targets(statement: n.Stmt) -> tuple[n.Expr, ...]:
    if isinstance(statement, n.Assign):
        return statement.targets
    return (statement.target,) if isinstance(statement, n.Augment | n.Annotate | n.For) else ()


def _skips(called: FunctionSymbol, told: Mapping[str, bool], span: int) -> bool:
    return bool(told) and any(node.span == span for node in _dead(body(called.node), told))


def _dead(block: tuple[n.Stmt, ...], told: Mapping[str, bool]) -> Iterator[n.Expr]:
    """Yield the expressions in branches that are not taken."""
    for statement in statements(block):
        if isinstance(statement, n.If):
            truth = _truth(statement.test, told)
            if truth is not None:
                yield from expressions(statement.other if truth else statement.body)


def _truth(test: n.Expr, told: Mapping[str, bool]) -> bool | None:
    """Return what a condition comes to; None where that is not told."""
    if isinstance(test, n.Name):
        return told.get(test.id)
    if isinstance(test, n.Unary) and test.op == "not":
        truth = _truth(test.operand, told)
        return None if truth is None else not truth
    if isinstance(test, n.Logic) and test.op == "and":
        return False if False in (_truth(value, told) for value in test.values) else None
    return None
