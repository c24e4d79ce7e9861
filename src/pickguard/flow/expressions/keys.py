"""The origin of a dictionary's keys: who writes them names columns, lookups and attributes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec.structs import replace

from pickguard.flow.callees.arguments import given
from pickguard.flow.expressions.calls import callee
from pickguard.flow.expressions.requested import parameter_origin
from pickguard.flow.stored.cleaned_data import is_cleaned
from pickguard.flow.values.definitions import (
    Checked,
    Definition,
    Env,
    Extended,
    Merged,
    Parameter,
    Poured,
    Value,
)
from pickguard.flow.values.origin import (
    CONSTANT,
    KEYS,
    NOTHING,
    TYPED,
    UNKNOWN,
    Kind,
    Origin,
    Passed,
    Step,
    joined,
    parameter,
)
from pickguard.flow.values.vocabulary import CLEANED
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path, tail

if TYPE_CHECKING:
    from pickguard.flow.bodies.body import Body

    Find = Callable[[Body, n.Expr, Env, frozenset[str]], Origin]
    FindHeld = Callable[[Body, Definition, n.Name, frozenset[str]], Origin]


# What a form has looked at: a serializer's `initial_data` is as it was sent
_LOOKED_AT = CLEANED - {"initial_data"}
_PAIRS = ("items", "lists")


def mapping_of_items(node: n.Expr) -> n.Expr | None:
    """Return the mapping of `mapping.items()`, or of the `lists()` of a `QueryDict`; None of others."""
    if isinstance(node, n.Call) and isinstance(node.func, n.Attr):
        return node.func.value if node.func.name in _PAIRS else None
    return None


def mapping_of_keys(node: n.Expr, env: Env) -> n.Expr | None:
    """Return the mapping whose keys a loop goes over: `mapping.keys()`, or a dictionary itself."""
    if isinstance(node, n.Call) and isinstance(node.func, n.Attr) and node.func.name == "keys":
        return node.func.value
    if is_display(node):
        return node
    return node if isinstance(node, n.Name) and _is_mapping(env.get(node.id)) else None


def is_display(node: n.Expr) -> bool:
    """Whether an expression writes a dictionary out."""
    if isinstance(node, n.Comprehension):
        return node.kind == "dict"
    return isinstance(node, n.Mapping)


def _is_mapping(definition: Definition | None) -> bool:
    while isinstance(definition, Extended):
        definition = definition.base
    if not isinstance(definition, Value) or definition.part is not None:
        return False
    return definition.how == "assigned" and is_display(definition.expr)


def keys_origin(body: Body, node: n.Expr, env: Env, clears: frozenset[str]) -> Origin:
    """Return the origin of the keys of a mapping."""
    match node:
        case n.Mapping():
            return joined(
                [
                    body.local_origin(key, clears, env)
                    if key is not None
                    else keys_origin(body, value, env, clears)
                    for key, value in zip(node.keys, node.values, strict=True)
                ]
            )
        case n.Binary(op="|"):
            sides = (node.left, node.right)
            return joined([keys_origin(body, side, env, clears) for side in sides])
        case n.Logic(op="or"):
            return joined([keys_origin(body, value, env, clears) for value in node.values])
        case n.Choice():
            sides = (node.then, node.other)
            return joined([keys_origin(body, side, env, clears) for side in sides])
        case n.Comprehension(kind="dict"):
            return body.local_origin(
                n.Comprehension(node.span, "list", None, node.key or node.value, node.loops),
                clears,
                env,
            )
        case n.Call():
            return _of_call(body, node, env, clears)
        case n.Attr() if node.name in _LOOKED_AT:
            return CONSTANT  # a form knows its own fields
        case n.Attr() if access_path(node) == "self.kwargs":
            return CONSTANT  # routes name what they capture
        case n.Name():
            found = env.get(node.id) or body.inner_binding(node)
            if found is not None:
                return _of_definition(body, found, node, clears, _keys)
    known = body.local_origin(node, clears, env)
    return known if known.is_browser or known.is_constant else UNKNOWN


def _of_call(body: Body, node: n.Call, env: Env, clears: frozenset[str]) -> Origin:
    if isinstance(node.func, n.Attr) and node.func.name in ("dict", "copy", *_PAIRS):
        return keys_origin(body, node.func.value, env, clears)
    if tail(node.func) == "dict":
        return joined([CONSTANT, *(_keys_of_argument(body, i, env, clears) for i in node.args)])
    returned = _returned(body, node, env, clears, keys_origin)
    if returned is not None:
        return returned
    known = body.local_origin(node, clears, env)
    return known if known.is_browser and not node.keywords else UNKNOWN


def _returned(
    body: Body,
    node: n.Call,
    env: Env,
    clears: frozenset[str],
    find: Find,
    part: tuple[int, int] | None = None,
) -> Origin | None:
    """Return what `find` says of what a function of the site returns; None for any other call.

    What it says of one part of it is kept by that part.
    """
    target, is_bound = callee(body, node, env)
    inner = body.flow.body(target) if target is not None else None
    if target is None or inner is None or inner.scope.gave_up:
        return None
    summary = body.flow.once(
        ("keys of part" if part else find, target, clears, part),
        lambda: joined([find(inner, value, at, clears) for value, at, _ in inner.scope.returns]),
    )
    here = Step(body.module.path, node.span, f"through `{target.node.name}`")
    found = [replace(summary, kinds=summary.kinds - {Kind.PARAMETER}, params=())]
    for passed in summary.params:
        wanted = Passed(passed.name) if passed.key == KEYS else passed
        for item in given(target, node, wanted, is_bound=is_bound):
            if passed.key == KEYS:
                origin = keys_origin(body, item, env, clears)
            else:
                origin = body.local_origin(item, clears, env)
            found.append(origin.then(here, *passed.steps))
    return joined(found)


def _keys_of_argument(body: Body, node: n.Expr, env: Env, clears: frozenset[str]) -> Origin:
    """Return the origin of the keys of what `dict` is given: a mapping, or pairs."""
    if isinstance(node, n.Call):
        returned = _returned(body, node, env, clears, _key_of_pair)
        if returned is not None:
            return returned
    if isinstance(node, n.Sequence):
        return joined([_key_of_pair(body, pair, env, clears) for pair in node.items])
    return keys_origin(body, _keys_of_pairs(node), env, clears)


def _key_of_pair(body: Body, node: n.Expr, env: Env, clears: frozenset[str]) -> Origin:
    """Return the origin of the key of a `yield key, value`; of the keys of anything else that is returned."""
    match node:
        case n.Sequence(kind="tuple", items=(key, _value)):
            return body.local_origin(key, clears, env)
    return keys_origin(body, _keys_of_pairs(node), env, clears)


def _keys_of_pairs(node: n.Expr) -> n.Expr:
    """Return `{k: v for …}` for the `(k, v) for …` that `dict` is given; anything else as it is."""
    match node:
        case n.Comprehension(value=n.Sequence(items=(key, value))):
            return n.Comprehension(node.span, "dict", key, value, node.loops)
    return node


def _of_definition(
    body: Body, definition: Definition, node: n.Name, clears: frozenset[str], find: FindHeld
) -> Origin:
    """Return what `find` says of what a name holds; it is asked once."""
    return body.flow.once(
        (find, id(definition), clears), lambda: find(body, definition, node, clears), definition
    )


def _sent_whole(origin: Origin) -> Origin:
    """Return the origin of a mapping's keys where the mapping itself is all that can be followed."""
    return origin if origin.is_browser else UNKNOWN


def _keys(body: Body, definition: Definition, node: n.Name, clears: frozenset[str]) -> Origin:
    match definition:
        case Value() if definition.how == "assigned" and not definition.part:
            return keys_origin(body, definition.expr, definition.env, clears)
        case Value(how="assigned", part=(_, _)) if (
            found := _keys_of_part(body, definition, clears)
        ) is not None:
            return found
        case Value():
            if definition.how == "iterated" and not definition.part:
                return _keys_of_items(body, definition.expr, definition.env, clears)
            env = definition.env.bind(node.id, definition)
            return _sent_whole(body.local_origin(node, clears, env))
        case Extended():
            held = definition.base
            base = _of_definition(body, held, node, clears, _keys) if held else NOTHING
            if definition.index is not None:
                added = body.local_origin(definition.index, clears, definition.env)
            else:
                added = keys_origin(body, definition.expr, definition.env, clears)
            return joined([base, added])
        case Merged():
            options = definition.options[:8]
            return joined([_of_definition(body, o, node, clears, _keys) for o in options])
        case Checked():
            if definition.holds(clears):
                return TYPED
            return (
                _of_definition(body, definition.base, node, clears, _keys)
                if definition.base
                else UNKNOWN
            )
        case Parameter():
            if is_cleaned(body, node):
                return CONSTANT
            if _is_received(body, definition.param):
                return parameter_origin(body, definition.param, node, clears)
            is_spread = definition.param.kind == "**"
            return UNKNOWN if is_spread else parameter(definition.param.name, KEYS)
    return UNKNOWN


def _keys_of_part(body: Body, definition: Value, clears: frozenset[str]) -> Origin | None:
    """Return the origin of the keys of one part of what is taken apart: `names, options = told(request)`."""
    node, part = definition.expr, definition.part

    def find(there: Body, value: n.Expr, at: Env, looked_for: frozenset[str]) -> Origin:
        one = _part_of(value, part)
        if one is not None:
            return keys_origin(there, one, at, looked_for)
        return _sent_whole(there.local_origin(value, looked_for, at))

    if isinstance(node, n.Call):
        return _returned(body, node, definition.env, clears, find, part)
    one = _part_of(node, part)
    return keys_origin(body, one, definition.env, clears) if one is not None else None


def _part_of(value: n.Expr, part: tuple[int, int] | None) -> n.Expr | None:
    if part is None or not isinstance(value, n.Sequence) or len(value.items) != part[1]:
        return None
    return value.items[part[0]]


def _is_received(body: Body, param: n.Param) -> bool:
    """Whether a client fills a parameter as it likes; GraphQL's inputs have the keys of a schema."""
    known = body.url.get(param.name)
    if known is None or not known.is_browser:
        return False
    return is_mapping(param) or any(
        one.function == body.function for one in body.flow.site.received
    )


def is_mapping(param: n.Param) -> bool:
    """Whether a parameter takes any keys: `payload: dict[str, Any]` of a Ninja operation has no schema."""
    annotation = param.annotation
    return tail(annotation.value if isinstance(annotation, n.Index) else annotation) in _MAPPINGS


_MAPPINGS = frozenset({"dict", "Dict", "Mapping", "MutableMapping"})


def _keys_of_items(body: Body, node: n.Expr, env: Env, clears: frozenset[str]) -> Origin:
    """Return the origin of the keys of the mappings in a list."""
    match node:
        case n.Sequence():
            return joined([NOTHING, *(keys_origin(body, one, env, clears) for one in node.items)])
        case n.Comprehension(kind="list" | "set" | "generator") if is_display(node.value):
            return keys_origin(body, node.value, env, clears)
        case n.Name() if (definition := env.get(node.id)) is not None:
            return _of_definition(body, definition, node, clears, _item_keys)
        case n.Call() if (found := _returned(body, node, env, clears, _keys_of_items)) is not None:
            return found
    return _sent_whole(body.local_origin(node, clears, env))


def _item_keys(body: Body, definition: Definition, node: n.Name, clears: frozenset[str]) -> Origin:
    """Return the origin of the keys of the mappings in what a name holds."""
    match definition:
        case Value(how="assigned", part=None):
            return _keys_of_items(body, definition.expr, definition.env, clears)
        case Poured():
            inner = definition.base
            return _of_definition(body, inner, node, clears, _item_keys) if inner else NOTHING
        case Extended(index=None):
            held = definition.base
            base = _of_definition(body, held, node, clears, _item_keys) if held else NOTHING
            find = keys_origin if definition.is_item else _keys_of_items
            return joined([base, find(body, definition.expr, definition.env, clears)])
        case Merged():
            options = definition.options[:8]
            return joined([_of_definition(body, o, node, clears, _item_keys) for o in options])
    return _sent_whole(body.local_origin(node, clears, Env({node.id: definition})))
