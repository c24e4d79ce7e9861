"""The origin of one entry of a container that the code writes out: `{"q": q}["q"]`, `rows[0]`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pickguard.flow.callees.poured import filled
from pickguard.flow.expressions.calls import call_origin, callee, is_typed_dict
from pickguard.flow.expressions.dumps import dumped_by
from pickguard.flow.stored.stored import serialized_origin
from pickguard.flow.values.definitions import Definition, Env, Extended, Merged, Parameter, Value
from pickguard.flow.values.origin import NOTHING, Origin, Step, joined, parameter
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of, tail

if TYPE_CHECKING:
    from pickguard.flow.bodies.body import Body


_DEPTH_LIMIT = 50


def entry_origin(
    body: Body, node: n.Index, key: n.Const, env: Env, clears: frozenset[str]
) -> Origin | None:
    """Return the origin of one entry of a container that is written out; None elsewhere."""
    holder = node.value
    if not isinstance(holder, n.Name):
        return _entry(body, holder, key, env, clears)
    held = env.get(holder.id) or body.inner_binding(holder)
    found = _entry_of(body, held, key, clears, 0)
    put = filled(body, holder, f"[{key.value!r}]", env, clears)
    if found is None and put.is_constant:
        return None
    return joined([found or NOTHING, put])


def _entry_of(
    body: Body, definition: Definition | None, key: n.Const, clears: frozenset[str], depth: int
) -> Origin | None:
    """Return the origin of one entry of what a name stands for; None where nobody can tell."""
    if depth > _DEPTH_LIMIT:
        return None
    match definition:
        case Parameter() if (filled := _filled(body, definition, key)) is not None:
            return filled
        case Parameter() if definition.param.name not in ("self", "cls", *body.url):
            name = key.value if isinstance(key.value, str | int) else None
            return parameter(definition.param.name, name) if name is not None else None
        case Value() if definition.how == "iterated" and not definition.part:
            return _entry_of_items(body, definition, key, clears)
        case Value() if definition.how == "assigned" and not definition.part:
            return _entry(body, definition.expr, key, definition.env, clears)
        case Extended() if definition.key == key.value and definition.index is not None:
            return body.local_origin(definition.expr, clears, definition.env)
        case Extended() if definition.key is not None:
            before = _entry_of(body, definition.base, key, clears, depth + 1)
            return before or _of_rest(body, definition.base, clears)
        case Merged():
            found = [_entry_of(body, o, key, clears, depth + 5) for o in definition.options]
            known = [origin for origin in found if origin is not None]
            return joined(known) if known and len(known) == len(found) else None
    return None


def _of_rest(body: Body, base: Definition | None, clears: frozenset[str]) -> Origin | None:
    """Return the origin of what a container was before other entries were added; None of any other."""
    if isinstance(base, Value) and base.how == "assigned" and not base.part:
        return body.local_origin(base.expr, clears, base.env)
    return None


# methods that are given what the route captures, whole
_GIVEN_CAPTURES = frozenset(
    {"get_context_data", "dispatch", "setup", "initial", "get", "post", "put", "patch", "delete"}
    | {"list", "retrieve", "create", "update", "partial_update", "destroy", "head", "options"}
)


def _filled(body: Body, definition: Parameter, key: n.Const) -> Origin | None:
    """Return the origin of `kwargs["name"]` where a route of the view captures `name`; None elsewhere."""
    name = key.value
    if definition.param.kind != "**" or not isinstance(name, str) or body.function is None:
        return None
    known = body.url.get(name)
    if known is None and body.owner is not None and body.function.node.name in _GIVEN_CAPTURES:
        known = body.flow.captured(body.owner).get(name)
    if known is None or not known.is_browser:
        return known
    step = Step(body.module.path, key.span, f"`{name}`, part of the address")
    return Origin(known.kinds, key, (step,))


def _entry(
    body: Body, source: n.Expr, key: n.Const, env: Env, clears: frozenset[str]
) -> Origin | None:
    """Return the origin of an entry of what is written out, here or in a function that returns it."""
    if isinstance(source, n.Wrapped) and source.kind == "await" and source.value is not None:
        source = source.value
    if isinstance(source, n.Sequence) and isinstance(key.value, int):
        if 0 <= key.value < len(source.items):
            return body.local_origin(source.items[key.value], clears, env)
    if isinstance(source, n.Attr) and isinstance(key.value, str):
        return serialized_origin(body, source, env, key.value) if source.name == "data" else None
    pairs = _pairs(body, source)
    for place, (name, value) in enumerate(pairs):
        if name is not None and name == key.value:
            later = pairs[place + 1 :] if isinstance(source, n.Mapping) else ()
            over = [n.Index(v.span, v, key) for over, v in later if over is None]
            return joined([body.local_origin(one, clears, env) for one in (value, *over)])
    spread = [value for name, value in pairs if name is None] or _same_entries(source)
    if spread:
        indexes = (n.Index(value.span, value, key) for value in spread)
        return joined([body.local_origin(index, clears, env) for index in indexes])
    if isinstance(source, n.Mapping) and all(isinstance(name, str | int) for name, _ in pairs):
        return NOTHING  # it has no such entry
    if isinstance(source, n.Call) and isinstance(key.value, str):
        dumped = dumped_by(body, source, env)
        if dumped is not None:
            return body.local_origin(n.Attr(key.span, dumped.value, key.value), clears, env)
        if callee(body, source, env)[0] is not None:
            return call_origin(body, source, env, clears, key.value)
    return None


def _pairs(body: Body, source: n.Expr) -> list[tuple[object, n.Expr]]:
    """Return the keys of a mapping that is written out, with what they hold; None for what is spread."""
    if isinstance(source, n.Call):
        if tail(source.func) == "dict" or (not source.args and is_typed_dict(body, source.func)):
            copied = [(None, _zipped(item)) for item in source.args]
            return [*((keyword.name, keyword.value) for keyword in source.keywords), *copied]
    if not isinstance(source, n.Mapping):
        return []
    return [
        (known.value if isinstance(known, n.Const) else known, value)
        for known, value in zip(source.keys, source.values, strict=True)
    ]


def _zipped(source: n.Expr) -> n.Expr:
    """Return the values of `zip(names, row)`, whichever of the names stands for which; anything else as it is."""
    is_zip = isinstance(source, n.Call) and tail(source.func) == "zip" and len(source.args) == 2
    return source.args[1] if isinstance(source, n.Call) and is_zip else source


def _copied(source: n.Comprehension) -> list[n.Expr]:
    """Return `d` of `{key: value for key, value in d.items() if value}`."""
    taken_of = source.loops[0].source
    target = source.loops[0].target
    if len(source.loops) != 1 or not isinstance(target, n.Sequence) or len(target.items) != 2:
        return []
    names = [tail(item) for item in target.items]
    if not isinstance(taken_of, n.Call) or tail(taken_of.func) != "items":
        return []
    is_same = [tail(source.key), tail(source.value)] == names
    held = receiver_of(taken_of)
    return [held] if is_same and held is not None else []


def _same_entries(source: n.Expr) -> list[n.Expr]:
    """Return the mappings whose entries an expression has: `given or {}`, `given.copy()`."""
    match source:
        case n.Comprehension(kind="dict"):
            return _copied(source)
        case n.Logic(op="or"):
            return list(source.values)
        case n.Choice():
            return [source.then, source.other]
        case n.Call(func=n.Attr(name="copy", value=copied), args=(), keywords=()):
            return [copied]
    return []


def _entry_of_items(
    body: Body, definition: Value, key: n.Const, clears: frozenset[str]
) -> Origin | None:
    """Return the origin of `item["key"]` where the items are dictionaries that are written out."""
    if isinstance(definition.expr, n.Name):
        source = definition.env.get(definition.expr.id)
        items = _items(source, set()) if source is not None else None
    else:
        items = _displayed(definition.expr, definition.env)
    found = [_entry(body, item, key, env, clears) for item, env in items or ()]
    known = [origin for origin in found if origin is not None]
    return joined(known) if known and len(known) == len(found) else None


def _items(source: Definition, seen: set[int]) -> list[tuple[n.Expr, Env]] | None:
    """Return the items of a list, what was appended included; None where some are not seen."""
    if id(source) in seen:
        return []
    seen.add(id(source))
    if isinstance(source, Extended) and source.index is None and source.base is not None:
        rest = _items(source.base, seen)
        return None if rest is None else [(source.expr, source.env), *rest]
    if isinstance(source, Merged):
        parts = [_items(option, seen) for option in source.options]
        return None if None in parts else [item for part in parts for item in part or ()]
    if isinstance(source, Value) and source.how == "assigned":
        return _displayed(source.expr, source.env)
    return None


def _displayed(node: n.Expr, env: Env) -> list[tuple[n.Expr, Env]] | None:
    return [(item, env) for item in node.items] if isinstance(node, n.Sequence) else None
