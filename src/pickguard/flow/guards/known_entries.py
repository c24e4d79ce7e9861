"""Entries that a form, or a serializer, refuses as a whole unless they are among those that it lists.

def validate(self, data):
    if data["order"] not in ORDERS:
        raise ValidationError("No such order.")
    return data
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pickguard.flow.values.definitions import Checked, Definition, Env, Value
from pickguard.flow.values.origin import NOTHING, TYPED
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import entry_of, tail, text

if TYPE_CHECKING:
    from pickguard.flow.bodies.body import Body
    from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol

_LET_THROUGH = ("cleaned_data", "validated_data")
_WHOLE = ("clean", "validate")
_DEPTH_LIMIT = 6


def is_known_entry(body: Body, node: n.Expr, env: Env, clears: frozenset[str]) -> bool:
    """Whether `form.cleaned_data["order"]` is one of those that the form's own `clean` lets through."""
    sent = _sent(node, env)
    if sent is None:
        return False
    form, at, path = sent
    found = body.flow.types.of(body, form, at)
    return found is not None and any(
        _refuses_others(body, method, path, clears) for method in _methods(body, found.symbol)
    )


def _sent(node: n.Expr, env: Env) -> tuple[n.Expr, Env, str] | None:
    """Return the form, with its environment, and the keys of an entry, also where names stand for parts of it."""
    keys = ""
    for _ in range(_DEPTH_LIMIT):
        entry = entry_of(node)
        held = env.get(node.id) if isinstance(node, n.Name) else None
        if isinstance(node, n.Attr) and node.name in _LET_THROUGH and keys:
            return node.value, env, keys
        if entry is not None and entry[0] is not None and (key := text(entry[1])) is not None:
            node, keys = entry[0], f"[{key!r}]{keys}"
        elif isinstance(held, Value) and held.how == "assigned" and not held.part:
            node, env = held.expr, held.env
        else:
            return None
    return None


def _methods(body: Body, form: ClassSymbol) -> list[FunctionSymbol]:
    found = (body.flow.site.classes.method(form, name) for name in _WHOLE)
    return [method for method in found if method is not None and method != body.function]


def _refuses_others(body: Body, method: FunctionSymbol, keys: str, clears: frozenset[str]) -> bool:
    """Whether a method comes to its end, on all ways, only where an entry is one that it knows."""
    there = body.flow.body(method)
    known = body.flow.once(
        ("known entry", method, keys, clears),
        lambda: TYPED if _is_always_known(there, keys, clears) else NOTHING,
        method,
    )
    return known == TYPED


def _is_always_known(there: Body, keys: str, clears: frozenset[str]) -> bool:
    ends = there.scope.ends
    paths = [f"{holder}{keys}" for holder in _holders(there)]
    return bool(ends) and all(
        any(_is_checked(env.get(path), clears) for path in paths) for env in ends
    )


def _is_checked(found: Definition | None, clears: frozenset[str]) -> bool:
    return isinstance(found, Checked) and found.holds(clears)


def _holders(there: Body) -> set[str]:
    """Return what holds all that was sent: the parameter of `validate`, `self.cleaned_data`, names of either."""
    params = [param.name for param in there.function.node.params] if there.function else []
    named = {
        name
        for name, values in there.assigned.items()
        if any(tail(value) in _LET_THROUGH or _is_of_base(value) for value, _span in values)
    }
    return {"self.cleaned_data", *params[1:2], *named}


def _is_of_base(value: n.Expr) -> bool:
    """Whether it is `super().clean()`."""
    return isinstance(value, n.Call) and tail(value.func) in _WHOLE
