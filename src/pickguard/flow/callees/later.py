"""Calls that run a function later, as tasks: `fetch.delay(url)`, `fetch.using(priority=1).enqueue(url)`."""

from __future__ import annotations

from pickguard.flow.callees.handed_over import unpacked
from pickguard.flow.values.vocabulary import LATER, PACKED
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument, is_true, tail

_WITH_OPTIONS = "using"  # of Django's tasks
# what a decorator says to have the task, or what is known of this run, given first: Celery, Django
_ITSELF_FIRST = ("bind", "takes_context")


def task_of(func: n.Expr) -> n.Expr | None:
    """Return the task that what is called runs later: `fetch` of `fetch.delay`; None where it runs nothing later."""
    if not isinstance(func, n.Attr) or func.name not in LATER:
        return None
    chosen = func.value.func if isinstance(func.value, n.Call) else None
    if isinstance(chosen, n.Attr) and chosen.name == _WITH_OPTIONS:
        return chosen.value
    return func.value


def is_given_itself(function: FunctionSymbol) -> bool:
    """Whether a task has a first parameter that calls do not give: its own task, its context, or an object."""
    return function.owner is not None or any(
        isinstance(d, n.Call) and any(is_true(argument(d, -1, word)) for word in _ITSELF_FIRST)
        for d in function.node.decorators
    )


def given_later(call: n.Call) -> n.Call:
    """Return `f.apply_async(args=[a], kwargs={"b": b})` as `f.apply_async(a, b=b)`; others as they are."""
    if tail(call.func) not in PACKED:
        return call
    return unpacked(call, call.func, argument(call, 0, "args"), argument(call, 1, "kwargs"))
