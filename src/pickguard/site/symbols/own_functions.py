"""What a plain function of the site's own is worth: `BASE_PATH = trailing_slash(configured("BASE_PATH"))`.

Assignments, decided conditions, `return`, and what stands in for a variable of the environment that is not
set are followed; whatever else stands in its way makes the result `UNKNOWN`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from pickguard.site.symbols.names import FunctionSymbol
from pickguard.site.symbols.unknown import MISSING, UNKNOWN, FromEnvironment, default_of
from pickguard.site.symbols.values import Lookup, evaluate
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail
from pickguard.source.python.bodies import body

_WENT_ON: Final = object()
_STATEMENT_LIMIT = 40


def returned(function: FunctionSymbol, given: Mapping[str, Any], around: Lookup) -> Any:
    """Return what a function returns for its arguments, or `UNKNOWN`.

    Args:
        function: of the site.
        given: the values of its parameters, by name.
        around: gives the value of any other name in it.
    """
    if function.node.decorators or function.node.is_async:
        return UNKNOWN
    values = dict(given)

    def lookup(node: n.Expr) -> Any:
        known = isinstance(node, n.Name) and node.id in values
        return values[node.id] if known and isinstance(node, n.Name) else around(node)

    found = _followed(body(function.node), values, lookup, iter(range(_STATEMENT_LIMIT)))
    return UNKNOWN if found is _WENT_ON or found is MISSING else found


def arguments(
    function: FunctionSymbol, call: n.Call, value: Lookup, default: Lookup
) -> dict[str, Any] | None:
    """Return the values of a function's parameters at a call; None where they cannot be told apart.

    Args:
        function: what is called.
        call: where.
        value: gives the value of an argument.
        default: gives the value of a parameter's default.
    """
    params = function.node.params
    plain = all(param.kind in ("positional", "keyword") for param in params)
    words = {word.name for word in call.keywords}
    if not plain or None in words or any(isinstance(one, n.Wrapped) for one in call.args):
        return None
    found = {param.name: default(param.default) for param in params if param.default is not None}
    found |= {param.name: value(one) for param, one in zip(params, call.args, strict=False)}
    found |= {word.name: value(word.value) for word in call.keywords if word.name}
    return found if found.keys() == {param.name for param in params} else None


def _followed(
    block: Iterable[n.Stmt], values: dict[str, Any], lookup: Lookup, steps: Iterable[int]
) -> Any:
    """Return what a block returns; `_WENT_ON` where it goes on behind its end."""
    waiting = iter(block)
    for statement, _step in zip(waiting, steps, strict=False):
        found: Any = _WENT_ON
        match statement:
            case n.Return(value=value):
                return evaluate(value, lookup)
            case n.If(test=test, body=(n.Return(value=value),), other=other) if _asks(test):
                rest = _followed((*other, *waiting), values, lookup, steps)
                return _or_else(evaluate(value, lookup), rest)
            case n.Try(body=(n.Return(value=value),), handlers=(handler,), other=(), final=()):
                rest = _followed(handler.body, values, lookup, steps)
                return _or_else(evaluate(value, lookup), rest)
            case n.Raise():
                return MISSING
            case n.If(test=test, body=then, other=other):
                decided = default_of(evaluate(test, lookup))
                if decided is UNKNOWN:
                    return UNKNOWN
                found = _followed(then if decided else other, values, lookup, steps)
            case n.Assign(targets=(n.Name(id=name),), value=value):
                values[name] = evaluate(value, lookup)
            case n.Do(value=n.Const()) | n.Import():
                pass
            case _:
                return UNKNOWN
        if found is not _WENT_ON:
            return found
    return _WENT_ON


def _asks(test: n.Expr) -> bool:
    """Whether a condition asks if a variable is set: `"KEY" in os.environ`."""
    return isinstance(test, n.Compare) and test.ops == ("in",) and tail(test.rights[0]) == "environ"


def _or_else(there: Any, otherwise: Any) -> Any:
    """Return a variable of the environment with what holds where it is not set; nothing else is told."""
    if not isinstance(there, FromEnvironment) or there.has_default or otherwise is _WENT_ON:
        return UNKNOWN
    # None says no more than that it is not set
    return there if otherwise is None else FromEnvironment(there.variable, default_of(otherwise))
