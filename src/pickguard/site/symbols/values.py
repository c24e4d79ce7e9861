"""What an expression is worth, as far as it can be told without running anything.

Constants, displays, names that are assigned once, environment variables with their defaults, and
the few operations that settings are made with. The rest is `UNKNOWN`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pickguard.site.symbols import tree_paths
from pickguard.site.symbols.tree_paths import TreePath
from pickguard.site.symbols.unknown import MISSING, UNKNOWN, FromEnvironment, Scheme, default_of
from pickguard.site.symbols.value_operators import (
    CASTS,
    TRUE_WORDS,
    arithmetic,
    bounded,
    called,
    cast,
    compared,
    formatted,
    is_short,
    of_sets,
    percent,
    plus,
)
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path, put_in, tail

Lookup = Callable[[n.Expr], Any]

_DEPTH_LIMIT = 60
# loops in loops stay few: two deep, of so many items
_LOOP_LIMIT = 200
_LOOP_DEPTH = 31
_DEFAULT_NAMES = ("default", "default_value", "fallback")


def evaluate(expression: n.Expr | None, lookup: Lookup, depth: int = 0) -> Any:
    """Return the Python value of an expression, `FromEnvironment`, or `UNKNOWN`.

    Args:
        expression: any expression; None is `UNKNOWN`.
        lookup: gives the value of a name, of an attribute chain, or of a call of something unknown.
        depth: how deep the expression is nested so far.
    """
    if expression is None or depth > _DEPTH_LIMIT:
        return UNKNOWN
    rule = _RULES.get(type(expression))
    return UNKNOWN if rule is None else rule(expression, lookup, depth + 1)


def _constant(node: n.Const, _lookup: Lookup, _depth: int) -> Any:
    return node.value


def _bytes(node: n.Bytes, _lookup: Lookup, _depth: int) -> Any:
    return node.value


def _named(node: n.Name | n.Attr, lookup: Lookup, depth: int) -> Any:
    found = lookup(node)
    if found is UNKNOWN and isinstance(node, n.Attr) and node.name == "parent":
        return tree_paths.above(evaluate(node.value, lookup, depth), 1) or UNKNOWN
    return found


def _sequence(node: n.Sequence, lookup: Lookup, depth: int) -> Any:
    items: list[Any] = []
    for item in node.items:
        if isinstance(item, n.Wrapped):
            inner = default_of(evaluate(item.value, lookup, depth))
            items.extend(inner if isinstance(inner, list | tuple) else [UNKNOWN])
        else:
            items.append(evaluate(item, lookup, depth))
    return bounded(tuple(items) if node.kind == "tuple" else items)


def _mapping(node: n.Mapping, lookup: Lookup, depth: int) -> Any:
    found: dict[Any, Any] = {}
    for key, value in zip(node.keys, node.values, strict=True):
        if key is None:
            inner = default_of(evaluate(value, lookup, depth))
            found.update(inner if isinstance(inner, dict) else {UNKNOWN: UNKNOWN})
            continue
        name = evaluate(key, lookup, depth)
        if isinstance(name, str | int | float | bool | None):
            found[name] = evaluate(value, lookup, depth)
        else:
            found[UNKNOWN] = UNKNOWN
    return bounded(found)


def _comprehension(node: n.Comprehension, lookup: Lookup, depth: int) -> Any:
    """`[m for m in LISTED if m]`: the items that are left, `UNKNOWN` for those that may be."""
    loop = node.loops[0]
    if len(node.loops) != 1 or node.kind == "dict" or not isinstance(loop.target, n.Name):
        return UNKNOWN
    source = default_of(evaluate(loop.source, lookup, depth))
    if not isinstance(source, list | tuple) or len(source) > _LOOP_LIMIT:
        return UNKNOWN
    found: list[Any] = []
    for item in source:
        inner = _with(lookup, loop.target.id, item)
        kept = [default_of(evaluate(test, inner, depth + _LOOP_DEPTH)) for test in loop.tests]
        if all(one is UNKNOWN or one for one in kept):
            value = evaluate(node.value, inner, depth + _LOOP_DEPTH)
            found.append(UNKNOWN if UNKNOWN in kept else value)
    return found


def _with(lookup: Lookup, name: str, value: Any) -> Lookup:
    def inner(node: n.Expr) -> Any:
        return value if isinstance(node, n.Name) and node.id == name else lookup(node)

    return inner


def _joined(node: n.Joined, lookup: Lookup, depth: int) -> Any:
    parts: list[str] = []
    start: TreePath | None = None
    for part in node.parts:
        value = default_of(evaluate(put_in(part), lookup, depth))
        if isinstance(part, n.Formatted) and (part.spec or part.conversion):
            spec = evaluate(part.spec, lookup, depth) if part.spec else ""
            value = formatted(value, part.conversion, spec)
        if isinstance(value, TreePath) and start is None and not parts:
            start = value
        elif isinstance(value, str | int):
            parts.append(str(value))
        else:
            return UNKNOWN
        if not is_short(parts):
            return UNKNOWN
    return "".join(parts) if start is None else plus(start, "".join(parts))


def _binary(node: n.Binary, lookup: Lookup, depth: int) -> Any:
    left = default_of(evaluate(node.left, lookup, depth))
    right = default_of(evaluate(node.right, lookup, depth))
    if node.op == "+":
        return plus(left, right)
    if node.op == "%" and isinstance(left, str):
        return percent(left, right)
    if node.op == "/" and isinstance(left, TreePath):
        return left.joined(right) or UNKNOWN
    if isinstance(left, int | float) and isinstance(right, int | float):
        return arithmetic(node.op, left, right)
    if node.op == "|" and isinstance(left, dict) and isinstance(right, dict):
        return bounded({**left, **right})
    if isinstance(left, list) and isinstance(right, list | tuple):
        return of_sets(node.op, left, right)
    return UNKNOWN


def _unary(node: n.Unary, lookup: Lookup, depth: int) -> Any:
    value = evaluate(node.operand, lookup, depth)
    if node.op != "not" or value is UNKNOWN:
        return UNKNOWN
    if isinstance(value, FromEnvironment):
        default = not value.default if value.has_default else MISSING
        return FromEnvironment(value.variable, default)
    return not value


def _logic(node: n.Logic, lookup: Lookup, depth: int) -> Any:
    stops_at = node.op == "or"
    value: Any = UNKNOWN
    for part in node.values:
        value = evaluate(part, lookup, depth)
        if value is UNKNOWN:
            return UNKNOWN
        if bool(default_of(value)) is stops_at and default_of(value) is not UNKNOWN:
            return value
    return value


def _compare(node: n.Compare, lookup: Lookup, depth: int) -> Any:
    if len(node.ops) != 1:
        return UNKNOWN
    left = evaluate(node.left, lookup, depth)
    right = default_of(evaluate(node.rights[0], lookup, depth))
    if isinstance(left, FromEnvironment):
        result = compared(node.ops[0], left.default, right) if left.has_default else MISSING
        return FromEnvironment(left.variable, result)
    return compared(node.ops[0], left, right)


def _choice(node: n.Choice, lookup: Lookup, depth: int) -> Any:
    asked = evaluate(node.test, lookup, depth)
    test = default_of(asked)
    if test is UNKNOWN:
        return UNKNOWN
    chosen = evaluate(node.then if test else node.other, lookup, depth)
    if isinstance(asked, FromEnvironment) and isinstance(chosen, bool | int | str):
        return FromEnvironment(asked.variable, chosen)
    return chosen


def _index(node: n.Index, lookup: Lookup, depth: int) -> Any:
    if _is_environ(node.value):
        key = evaluate(node.index, lookup, depth)
        return FromEnvironment(key) if isinstance(key, str) else UNKNOWN
    index = default_of(evaluate(node.index, lookup, depth))
    if isinstance(node.value, n.Attr) and node.value.name == "parents" and type(index) is int:
        return tree_paths.above(evaluate(node.value.value, lookup, depth), index + 1) or UNKNOWN
    value = default_of(evaluate(node.value, lookup, depth))
    try:
        return value[index] if isinstance(value, dict | list | tuple | str) else UNKNOWN
    except (KeyError, IndexError, TypeError):
        return UNKNOWN


def _call(node: n.Call, lookup: Lookup, depth: int) -> Any:
    name = tail(node.func)
    if name in _SCHEMES and not node.args:
        return _scheme(node, lookup, depth)
    variable = evaluate(node.args[0], lookup, depth) if node.args else UNKNOWN
    if name in ("get", "getenv", "pop") and _is_environ_call(node.func):
        return _environment(variable, node, lookup, depth)
    path = _path(node, name, variable, lookup, depth)
    if path is not None:
        return path
    if isinstance(node.func, n.Name) and name == "getattr":
        return _attribute_of(node, lookup, depth)
    if isinstance(node.func, n.Name) and name in CASTS and len(node.args) == 1:
        return cast(name, variable)
    if isinstance(node.func, n.Attr) and any(k.name == "fallback" for k in node.keywords):
        known = lookup(node)
        return _of_parser(node, lookup, depth) if known is UNKNOWN else known
    if isinstance(node.func, n.Attr) and name in _METHODS:
        return _method(node, name, lookup, depth)
    if (
        isinstance(node.func, n.Attr)
        and name.endswith("Value")
        and tail(node.func.value) == "values"
    ):
        return _configured(node, variable, lookup, depth)
    if isinstance(variable, str) and _looks_like_variable(variable):
        known = lookup(node)
        return _environment(variable, node, lookup, depth) if known is UNKNOWN else known
    if isinstance(variable, FromEnvironment) and name in ("strtobool", "parse_bool", "str_to_bool"):
        return cast("truth", variable)
    return lookup(node)


# of django-environ
_SCHEMES = frozenset({"Env", "FileAwareEnv"})


def _scheme(node: n.Call, lookup: Lookup, depth: int) -> Scheme:
    """`environ.Env(DEBUG=(bool, False))`: each variable with its type and what holds where it is not set."""
    told = {
        keyword.name: evaluate(keyword.value.items[1], lookup, depth)
        for keyword in node.keywords
        if keyword.name is not None
        and isinstance(keyword.value, n.Sequence)
        and len(keyword.value.items) == _TYPE_AND_DEFAULT
    }
    return Scheme(told)


_TYPE_AND_DEFAULT = 2


def _of_parser(node: n.Call, lookup: Lookup, depth: int) -> Any:
    """`config.getboolean("site", "debug", fallback=False)` of configparser: a file says it, or nobody."""
    names = [evaluate(item, lookup, depth) for item in node.args]
    if len(names) != 2 or not all(isinstance(name, str) for name in names):
        return UNKNOWN
    return _environment(
        ".".join(names), n.Call(node.span, node.func, (), node.keywords), lookup, depth
    )


def _path(node: n.Call, name: str, first: Any, lookup: Lookup, depth: int) -> TreePath | None:
    """Return the path below the root that a call makes of another one, or None."""
    if isinstance(first, TreePath):
        rest = [default_of(evaluate(item, lookup, depth)) for item in node.args[1:]]
        return tree_paths.called(name, [first, *rest])
    if isinstance(node.func, n.Attr) and name in _OF_PATHS:
        receiver = evaluate(node.func.value, lookup, depth)
        given = [default_of(evaluate(item, lookup, depth)) for item in node.args]
        return tree_paths.method(receiver, name, given)
    return None


def _attribute_of(node: n.Call, lookup: Lookup, depth: int) -> Any:
    """`getattr(configuration, "DEBUG", False)`: whoever installs the site may write the module."""
    if not 2 <= len(node.args) <= 3:
        return UNKNOWN
    holder, name = access_path(node.args[0]), evaluate(node.args[1], lookup, depth)
    if not holder or not isinstance(name, str) or tail(node.args[0]) == "settings":
        return UNKNOWN
    default = default_of(evaluate(node.args[2], lookup, depth)) if node.args[2:] else MISSING
    return FromEnvironment(f"{holder}.{name}", default)


def _configured(node: n.Call, default: Any, lookup: Lookup, depth: int) -> Any:
    """`values.BooleanValue(False, environ_name="DEBUG")` of django-configurations."""
    words = {k.name: evaluate(k.value, lookup, depth) for k in node.keywords if k.name}
    if not node.args:
        default = words.get("default", MISSING)
    named = words.get("environ_name")
    return FromEnvironment(named if isinstance(named, str) else "", default)


def _environment(variable: Any, node: n.Call, lookup: Lookup, depth: int) -> Any:
    if not isinstance(variable, str):
        return UNKNOWN
    default: Any = MISSING
    if len(node.args) > 1:
        default = default_of(evaluate(node.args[1], lookup, depth))
    cast = ""
    for keyword in node.keywords:
        if keyword.name in _DEFAULT_NAMES:
            default = default_of(evaluate(keyword.value, lookup, depth))
        elif keyword.name == "cast":
            cast = tail(keyword.value)
    if default is MISSING and tail(node.func) in ("get", "getenv"):
        default = None
    if default is MISSING:
        default = _of_scheme(node, variable, lookup, depth)
    reader = tail(node.func)
    if (cast == "bool" or "bool" in reader) and isinstance(default, str):
        default = default.strip().lower() in TRUE_WORDS
    return FromEnvironment(variable, default)


def _of_scheme(node: n.Call, variable: str, lookup: Lookup, depth: int) -> Any:
    """Return what the reader that is asked, `env("DEBUG")` or `env.bool("DEBUG")`, holds of a variable."""
    reader = node.func.value if isinstance(node.func, n.Attr) else node.func
    scheme = evaluate(reader, lookup, depth) if isinstance(reader, n.Name) else None
    return scheme.defaults.get(variable, MISSING) if isinstance(scheme, Scheme) else MISSING


def _looks_like_variable(text: str) -> bool:
    return len(text) > 2 and text.replace("_", "").isalnum() and text.upper() == text


_OF_PATHS = frozenset({"resolve", "absolute", "expanduser", "as_posix", "joinpath", "replace"})
_METHODS = frozenset(
    {"split", "rsplit", "lower", "upper", "title", "strip", "lstrip", "rstrip", "removeprefix"}
    | {"removesuffix", "copy", "format", "join", "get", "replace"}
)


def _method(node: n.Call, name: str, lookup: Lookup, depth: int) -> Any:
    if not isinstance(node.func, n.Attr):
        return UNKNOWN
    receiver = evaluate(node.func.value, lookup, depth)
    arguments = [default_of(evaluate(arg, lookup, depth)) for arg in node.args]
    if node.keywords or UNKNOWN in arguments:
        return UNKNOWN
    if isinstance(receiver, FromEnvironment):
        default = called(receiver.default, name, arguments) if receiver.has_default else MISSING
        return FromEnvironment(receiver.variable, default)
    return called(receiver, name, arguments)


def _is_environ(expression: n.Expr) -> bool:
    return tail(expression) == "environ"


def _is_environ_call(function: n.Expr) -> bool:
    if tail(function) == "getenv":
        return True
    return isinstance(function, n.Attr) and _is_environ(function.value)


_RULES: Mapping[type, Callable[[Any, Lookup, int], Any]] = {
    n.Const: _constant,
    n.Bytes: _bytes,
    n.Name: _named,
    n.Attr: _named,
    n.Sequence: _sequence,
    n.Comprehension: _comprehension,
    n.Mapping: _mapping,
    n.Joined: _joined,
    n.Binary: _binary,
    n.Unary: _unary,
    n.Logic: _logic,
    n.Compare: _compare,
    n.Choice: _choice,
    n.Index: _index,
    n.Call: _call,
}
