"""What loops go over: the items of displays, of what functions return, of what registries hold."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeAlias

from pickguard.site.symbols.names import FunctionSymbol, ValueSymbol
from pickguard.site.symbols.unknown import UNKNOWN
from pickguard.site.urls.registries import entry_of
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of, tail

if TYPE_CHECKING:
    from pickguard.site.urls.pattern_lists import Lists

Held: TypeAlias = "tuple[n.Expr, Lists]"
Turn: TypeAlias = "list[tuple[str, n.Expr, Lists]]"
_DEPTH_LIMIT = 6
_ITEM_LIMIT = 200
_OF_MAPPINGS = {"items": None, "keys": 0, "values": 1}
_COPIES = frozenset({"list", "tuple", "sorted", "reversed", "set"})


def turns(scope: Lists, target: n.Expr, source: n.Expr) -> list[Turn] | None:
    """Return what the names of a loop stand for in each turn; None where it is not known.

    Args:
        scope: the names around the loop.
        target: the loop's name or names.
        source: what it goes over.
    """
    found = items(scope, source)
    if found is None:
        return None
    made = [_parts(target, item, owner) for item, owner in found]
    known = [turn for turn in made if turn is not None]
    return known if len(known) == len(made) else None


def items(scope: Lists, source: n.Expr, depth: int = 0) -> list[Held] | None:
    """Return the items that an expression holds, each with the scope that it is meant in.

    Args:
        scope: what the expression's names mean.
        source: a display, `enumerate(…)`, `mapping.items()`, a comprehension, a call of a function
            that returns one, a registry's entry, two of them added, or a name of one of these.
        depth: how many of them are around it.
    """
    if depth > _DEPTH_LIMIT:
        return None
    source, scope = scope.follow(source)
    if isinstance(source, n.Name | n.Attr):
        return _named(scope, source, depth)
    if isinstance(source, n.Sequence):
        return _listed(scope, source, depth)
    if isinstance(source, n.Comprehension):
        return _chosen(scope, source, depth)
    if isinstance(source, n.Index):
        return _registered(scope, source)
    if isinstance(source, n.Binary) and source.op == "+":
        return _joined(items(scope, side, depth + 1) for side in (source.left, source.right))
    if isinstance(source, n.Logic) and source.op == "or":
        return next(
            (found for one in source.values if (found := items(scope, one, depth + 1))), None
        )
    return _of_call(scope, source, depth) if isinstance(source, n.Call) else None


def _listed(scope: Lists, source: n.Sequence, depth: int) -> list[Held] | None:
    found: list[Held] = []
    for item in source.items[:_ITEM_LIMIT]:
        if isinstance(item, n.Wrapped) and item.value is not None:
            inner = items(scope, item.value, depth + 1)
            if inner is None:
                return None
            found.extend(inner)
        else:
            found.append((item, scope))
    return found


def _named(scope: Lists, source: n.Expr, depth: int) -> list[Held] | None:
    found = scope.resolve(source)
    if not isinstance(found, ValueSymbol):
        return None
    if isinstance(found.value, n.Sequence) and found.value.items:
        return items(scope.at(found.module), found.value, depth + 1)
    return _registered(scope, source) or items(scope.at(found.module), found.value, depth + 1)


def _of_call(scope: Lists, call: n.Call, depth: int) -> list[Held] | None:
    name = tail(call.func)
    if isinstance(call.func, n.Attr) and name in _OF_MAPPINGS:
        part = _OF_MAPPINGS[name]
        pairs = _pairs(scope, call.func.value)
        return pairs if pairs is None or part is None else [_part(pair, part) for pair in pairs]
    if isinstance(call.func, n.Attr) and name == "get":
        return _registered(scope, call)
    if name == "enumerate" and call.args:
        found = items(scope, call.args[0], depth + 1)
        return None if found is None else [_numbered(i, *one) for i, one in enumerate(found)]
    if name in _COPIES and call.args:
        return items(scope, call.args[0], depth + 1)
    if name == "get_models" and scope.owner is not None and tail(receiver_of(call)) == "self":
        models = scope.urlconf.models.of_app(scope.owner)
        return [(n.Name(call.span, m.symbol.qualname), scope.at(m.symbol.module)) for m in models]
    if name == "get_app_configs":
        return _app_configs(scope, call)
    function = scope.resolve(call.func)
    if not isinstance(function, FunctionSymbol):
        return None
    returned = scope.called(function, call).results
    made = [items(inner, value, depth + 1) for value, inner in returned]
    return _joined(made)


def _app_configs(scope: Lists, call: n.Call) -> list[Held]:
    """Return what asks for the configuration of each app that is installed."""
    configs = scope.urlconf.models.configs
    asked = n.Attr(call.span, n.Name(call.span, "apps"), "get_app_config")
    labels = [configs.label(config) for config in configs.of_apps(scope.urlconf.installed)]
    return [(n.Call(call.span, asked, (n.Const(call.span, label),), ()), scope) for label in labels]


def _joined(made: Iterable[list[Held] | None]) -> list[Held] | None:
    known = [one for one in made if one is not None]
    return [item for one in known for item in one] if known else None


def _chosen(scope: Lists, node: n.Comprehension, depth: int) -> list[Held] | None:
    """`[view for view in views if view["detail"]]`: all but those that are surely left out."""
    loop = node.loops[0]
    if len(node.loops) != 1 or node.kind == "dict":
        return None
    found = items(scope, loop.source, depth + 1)
    chosen: list[Held] = []
    for item, owner in found or ():
        inner = inside(scope, loop, _parts(loop.target, item, owner) or [])
        if inner is not None:
            chosen.append(inner.follow(node.value))
    return None if found is None else chosen


def inside(scope: Lists, loop: n.Loop, turn: Turn) -> Lists | None:
    """Return a scope with a turn's names bound; None where a test surely leaves the turn out."""
    inner = scope.copy()
    for name, value, meant in turn:
        inner.bind(name, value, meant)
    tests = [inner.constant(test) for test in loop.tests]
    return inner if all(test is UNKNOWN or test for test in tests) else None


def _registered(scope: Lists, source: n.Expr) -> list[Held] | None:
    """Return what functions have appended to an entry of a registry."""
    found = entry_of(scope, source)
    return None if found is None else scope.urlconf.registries.listed(*found)


def _pairs(scope: Lists, source: n.Expr) -> list[Held] | None:
    """Return the keys and values of a mapping, or of a registry's entry, as displays of two."""
    found, owner = scope.follow(source)
    symbol = owner.resolve(found) if isinstance(found, n.Name | n.Attr) else None
    if isinstance(symbol, ValueSymbol) and isinstance(symbol.value, n.Mapping):
        if symbol.value.keys:
            found, owner = symbol.value, owner.at(symbol.module)
    if isinstance(found, n.Mapping):
        pairs = zip(found.keys, found.values, strict=True)
        return None if None in found.keys else [_pair(k, v, owner) for k, v in pairs if k]
    entry = entry_of(owner, found)
    if entry is None:
        return None
    mapped = owner.urlconf.registries.mapped(*entry)
    return [_pair(n.Const(v.span, k), v, where) for k, (v, where) in mapped.items()] or None


def _pair(key: n.Expr, value: n.Expr, scope: Lists) -> Held:
    return n.Sequence(value.span, "tuple", (key, value)), scope


def _part(pair: Held, position: int) -> Held:
    made, scope = pair
    return (made.items[position] if isinstance(made, n.Sequence) else made), scope


def _numbered(number: int, item: n.Expr, scope: Lists) -> Held:
    return _pair(n.Const(item.span, number), item, scope)


def _parts(target: n.Expr, item: n.Expr, owner: Lists) -> Turn | None:
    """Return what a loop's name, or each of its names, stands for."""
    if isinstance(target, n.Name):
        return [(target.id, item, owner)]
    item, owner = owner.follow(item)
    if not isinstance(target, n.Sequence) or not isinstance(item, n.Sequence):
        return None
    if len(target.items) != len(item.items):
        return None
    pairs = zip(target.items, item.items, strict=True)
    parts = [_parts(name, value, owner) for name, value in pairs]
    return [one for part in parts for one in part or ()] if None not in parts else None
