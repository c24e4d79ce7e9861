"""Functions that are handed over to be called: `pool.submit(work, name)` runs `work(name)`."""

from __future__ import annotations

from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument, item_of, tail

# by what takes them, and where the function stands; its arguments follow
_POSITIONS = {
    "submit": 0,
    "to_thread": 0,
    "partial": 0,
    "enqueue": 0,
    "async_task": 0,
    "start_new_thread": 0,
    "run_in_executor": 1,
    "call_soon": 0,
    "call_soon_threadsafe": 0,
    "call_later": 1,
}
# by what takes them with lists of what to give to each call
_EACH = frozenset({"map", "imap", "imap_unordered", "filter"})
# by what takes them with a list and a dictionary: where the function stands, and its name
_PACKED = {
    "Thread": (-1, "target"),
    "Process": (-1, "target"),
    "Timer": (1, "function"),
    "add_job": (0, "func"),
}
# they return the function itself, to be awaited or not
_WRAPPERS = frozenset({"sync_to_async", "async_to_sync", "database_sync_to_async"})
HANDING = _POSITIONS.keys() | _PACKED.keys() | _WRAPPERS | _EACH
"""Names that code mentions where it hands a function over."""


def handed_over(call: n.Call) -> n.Call | None:
    """Return the call that follows where a function and its arguments are handed over, or None."""
    func = call.func
    if isinstance(func, n.Call):
        is_wrapper = tail(func.func) in _WRAPPERS and bool(func.args)
        return _called(call, func.args[0], call.args) if is_wrapper else None
    name = tail(func)
    if name in _PACKED:
        return _packed(call, *_PACKED[name])
    if name in _EACH and len(call.args) > 1:
        return _called(call, call.args[0], tuple(map(item_of, call.args[1:])))
    position = _POSITIONS.get(name)
    if position is None or position >= len(call.args):
        return None
    return _called(call, call.args[position], call.args[position + 1 :])


def _called(call: n.Call, function: n.Expr, args: tuple[n.Expr, ...]) -> n.Call | None:
    if not isinstance(function, n.Name | n.Attr):
        return None
    return n.Call(call.span, function, args, call.keywords)


def _packed(call: n.Call, position: int, name: str) -> n.Call | None:
    """Return what `Thread(target=work, args=(name,), kwargs={"deep": deep})` runs."""
    target = argument(call, position, name)
    if not isinstance(target, n.Name | n.Attr):
        return None
    behind = position + 1 if position > 0 else -1
    args = argument(call, behind, "args")
    kwargs = argument(call, behind + 1 if behind > 0 else -1, "kwargs")
    return unpacked(call, target, args, kwargs)


def unpacked(call: n.Call, function: n.Expr, args: n.Expr | None, kwargs: n.Expr | None) -> n.Call:
    """Return the call of a function whose arguments are a list and a dictionary, as `f(a, b=b)`."""
    pairs = zip(kwargs.keys, kwargs.values, strict=True) if isinstance(kwargs, n.Mapping) else ()
    named = tuple(
        n.Keyword(key.value, value)
        for key, value in pairs
        if isinstance(key, n.Const) and isinstance(key.value, str)
    )
    items = args.items if isinstance(args, n.Sequence) else ()
    return n.Call(call.span, function, items, named)
