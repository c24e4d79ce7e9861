"""What operators, methods and casts make of plain values.

A project may be hostile: what would grow without end, by widths, by doubling or by nesting, is `UNKNOWN`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from pickguard.site.symbols.tree_paths import TreePath
from pickguard.site.symbols.unknown import UNKNOWN, FromEnvironment

_SIZE_LIMIT = 20_000
_SET_LIMIT = 1_000
_TEXT_LIMIT = 1_000_000
_ARGUMENT_LIMIT = 1000
_NUMBER_LIMIT = 1 << 64
_CHARACTERS = 64  # of a text weigh as much as one item
_LONG = re.compile(r"\d{4}")
_WIDE = re.compile(r"%[^a-zA-Z%]*\d{4}|\*")
# a field of `format` that is more than a name: a width, an attribute
_SPECIAL = re.compile(r"\{[^}]*[^\w}]")
CASTS: dict[str, Callable[[Any], Any]] = {
    "bool": bool,
    "int": int,
    "float": float,
    "str": str,
    "list": list,
    "tuple": tuple,
    "set": list,
    "sorted": sorted,
    "len": len,
}
TRUE_WORDS = {"true", "1", "yes", "on", "y", "t", "ok"}


def bounded(value: Any) -> Any:
    """Return a list, a tuple or a dictionary as it is, `UNKNOWN` where too much hangs on it."""
    left = _SIZE_LIMIT
    waiting = [value]
    while waiting:
        item = waiting.pop()
        left -= 1 + len(item) // _CHARACTERS if isinstance(item, str | bytes) else 1
        if left < 0:
            return UNKNOWN
        if isinstance(item, list | tuple):
            waiting += item
        elif isinstance(item, dict):
            waiting += item.values()
    return value


def is_short(parts: Iterable[str]) -> bool:
    """Whether texts can be put together."""
    return sum(map(len, parts)) < _TEXT_LIMIT


def plus(left: Any, right: Any) -> Any:
    """Return the sum of two texts, paths, lists or numbers."""
    if isinstance(left, str) and isinstance(right, str):
        return left + right if len(left) + len(right) < _TEXT_LIMIT else UNKNOWN
    if isinstance(left, TreePath) and isinstance(right, str) and right.startswith("/"):
        return left.joined(right.lstrip("/")) or UNKNOWN
    if isinstance(left, list | tuple) or isinstance(right, list | tuple):
        first = list(left) if isinstance(left, list | tuple) else [UNKNOWN]
        second = list(right) if isinstance(right, list | tuple) else [UNKNOWN]
        return bounded(first + second)
    if isinstance(left, int | float) and isinstance(right, int | float):
        return arithmetic("+", left, right)
    return UNKNOWN


def of_sets(op: str, left: list[Any], right: Iterable[Any]) -> Any:
    """Return what an operator makes of two sets, which are held as lists: their order is the first one's."""
    others = list(right)
    if UNKNOWN in left or UNKNOWN in others or len(left) + len(others) > _SET_LIMIT:
        return UNKNOWN
    if op == "-":
        return [item for item in left if item not in others]
    if op == "&":
        return [item for item in left if item in others]
    if op == "|":
        return [*left, *(item for item in others if item not in left)]
    return UNKNOWN


def percent(left: str, right: Any) -> Any:
    """Return a text with values filled in: `"%s/%s" % (a, b)`."""
    arguments = right if isinstance(right, tuple | dict) else (right,)
    parts = arguments.values() if isinstance(arguments, dict) else arguments
    if _WIDE.search(left) or not all(isinstance(part, str | int) for part in parts):
        return UNKNOWN
    longest = max((len(part) for part in parts if isinstance(part, str)), default=0)
    if len(left) + left.count("%") * longest > _TEXT_LIMIT:
        return UNKNOWN
    try:
        return left % arguments
    except (TypeError, ValueError, KeyError):
        return UNKNOWN


def formatted(value: Any, conversion: str, spec: Any) -> Any:
    """Return the text that an f-string makes of a value: of `f"{number:03d}"`."""
    if not isinstance(value, str | int) or not isinstance(spec, str) or _LONG.search(spec):
        return UNKNOWN
    try:
        return format(repr(value) if conversion == "r" else value, spec)
    except (TypeError, ValueError):
        return UNKNOWN


def arithmetic(op: str, left: float, right: float) -> Any:
    """Return what an operator makes of two numbers."""
    if not -_NUMBER_LIMIT < left < _NUMBER_LIMIT or not -_NUMBER_LIMIT < right < _NUMBER_LIMIT:
        return UNKNOWN
    try:
        if op == "+":
            return left + right
        if op == "-":
            return left - right
        if op == "*":
            return left * right
        if op == "/":
            return left / right
        if op == "//":
            return left // right
    except (ArithmeticError, ValueError):
        return UNKNOWN
    return UNKNOWN


def compared(op: str, left: Any, right: Any) -> Any:
    """Return what a comparison says."""
    if left is UNKNOWN or right is UNKNOWN:
        return UNKNOWN
    try:
        if op in ("==", "is"):
            return left == right
        if op in ("!=", "is not"):
            return left != right
        if op in ("in", "not in"):
            if UNKNOWN in right:
                return UNKNOWN
            return (left in right) is (op == "in")
        if op == ">":
            return left > right
        if op == "<":
            return left < right
        if op == ">=":
            return left >= right
        if op == "<=":
            return left <= right
    except TypeError:
        return UNKNOWN
    return UNKNOWN


def cast(name: str, value: Any) -> Any:
    """Return what `int`, `bool` and the like make of a value; `truth` reads `yes` and `on`."""
    if isinstance(value, FromEnvironment):
        default = cast(name, value.default) if value.has_default else value.default
        return FromEnvironment(value.variable, default)
    if value is UNKNOWN:
        return UNKNOWN
    if name == "truth":
        return str(value).strip().lower() in TRUE_WORDS
    try:
        return bounded(CASTS[name](value))
    except (TypeError, ValueError):
        return UNKNOWN


def called(receiver: Any, name: str, arguments: list[Any]) -> Any:
    """Return what a method of a text, list or dictionary returns."""
    if not isinstance(receiver, str | dict | list):
        return UNKNOWN
    if isinstance(receiver, str) and not _stays_short(receiver, name, arguments):
        return UNKNOWN
    try:
        return bounded(getattr(receiver, name)(*arguments))
    except (AttributeError, TypeError, ValueError, KeyError, IndexError):
        return UNKNOWN


def _stays_short(receiver: str, name: str, arguments: list[Any]) -> bool:
    """Whether what a method of a text makes of its arguments is bounded by them."""
    if len(receiver) > _SIZE_LIMIT:
        return False
    if name not in ("format", "replace", "join"):
        return True
    if name == "format" and _SPECIAL.search(receiver):
        return False
    flat = [x for a in arguments for x in (a if isinstance(a, list | tuple) else [a])]
    if not all(isinstance(x, str) and len(x) < _ARGUMENT_LIMIT for x in flat):
        return False
    return len(receiver) * max(map(len, flat), default=0) + len(receiver) * len(flat) < _TEXT_LIMIT
