"""What a function raises, and all who call it catch without a look at what it says."""

from pickguard.flow.bodies.body import Body
from pickguard.kit import Code
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import expressions, statements


def is_kept_quiet(code: Code) -> bool:
    """Whether nobody hears of what a function raises: each caller catches it, and goes on as without it."""
    function = code.function
    if function is None or function.owner is not None:
        return False
    if not any(isinstance(statement, n.Raise) for statement in code.statements):
        return False
    callers = list(code.project.flow.callers.of(function))
    return bool(callers) and all(_catches(caller, call) for caller, call, _is_bound in callers)


def _catches(caller: Body, call: n.Call) -> bool:
    return any(
        any(part is call for part in expressions(statement.body))
        and bool(statement.handlers)
        and all(map(_goes_on, statement.handlers))
        for statement in caller.statements
        if isinstance(statement, n.Try)
    )


def _goes_on(handler: n.Handler) -> bool:
    is_left = any(isinstance(one, n.Raise | n.Return) for one in statements(handler.body))
    return handler.name is None and not is_left
