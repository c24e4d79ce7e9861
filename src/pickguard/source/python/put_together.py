"""Texts that are put together, in the form of an f-string; displays and keywords, in one form as well.

`"%s" % name`, `"{}".format(name)`, `"a" + name` and `"-".join([a, b])` say the same as one. What the
expression alone does not tell stays as it is: `"%s and %s" % names`, `form.format(x)`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from string import Formatter

from pickguard.source.python import nodes as n
from pickguard.source.python import queries
from pickguard.source.python.accessors import root, tail, text

_PLACE = re.compile(r"%(?:\((\w+)\))?([-#0 +]*)(\d*(?:\.\d+)?)([a-zA-Z%])")
_NUMBERS = {"i": "d", "u": "d"}
_CONVERSIONS = frozenset("ra")
_TEXTS = frozenset("sra")


def sum_of(span: int, operands: Sequence[n.Expr]) -> n.Expr | None:
    """Return the text that a sum is, or None where no text stands among what is added."""
    if not any(_is_text(operand) for operand in operands):
        return None
    return _joined(span, operands)


def filled(span: int, form: n.Expr, value: n.Expr) -> n.Expr | None:
    """Return the text that `form % value` is, or None where it cannot be told."""
    said = text(form)
    if said is None or "%" not in said:
        return None
    places = list(_PLACE.finditer(said))
    if said.count("%") != sum(2 if place[4] == "%" else 1 for place in places):
        return None
    values = _values(value, [place for place in places if place[4] != "%"])
    if values is None:
        return None
    parts: list[n.Expr] = []
    end = 0
    for place in places:
        parts.append(n.Const(form.span, said[end : place.start()]))
        parts.append(n.Const(form.span, "%") if place[4] == "%" else _placed(place, next(values)))
        end = place.end()
    return _joined(span, [*parts, n.Const(form.span, said[end:])])


def _values(value: n.Expr, places: Sequence[re.Match[str]]) -> Iterator[n.Expr] | None:
    """Return what stands in each place, or None where it cannot be told."""
    if isinstance(value, n.Mapping) and all(place[1] for place in places):
        known = _by_name(value)
        names = [place[1] for place in places]
        return _of_names(known, names) if known is not None else None
    if any(place[1] for place in places):
        return None
    items = value.items if isinstance(value, n.Sequence) and value.kind == "tuple" else (value,)
    if len(items) != len(places) or any(isinstance(item, n.Wrapped) for item in items):
        return None
    return iter(items)


def _by_name(value: n.Mapping) -> dict[str, n.Expr] | None:
    known = {}
    for key, item in zip(value.keys, value.values, strict=True):
        name = text(key)
        if name is None:
            return None
        known[name] = item
    return known


def _of_names(known: Mapping[str, n.Expr], names: Sequence[str]) -> Iterator[n.Expr] | None:
    """Return the values of names; None where one is missing, or a value would be lost."""
    return iter([known[name] for name in names]) if set(names) == known.keys() else None


def _placed(place: re.Match[str], value: n.Expr) -> n.Formatted:
    kind = place[4]
    conversion = kind if kind in _CONVERSIONS else ""
    return n.Formatted(value.span, value, conversion, _spec(value.span, _spec_of(place)))


def _spec_of(place: re.Match[str]) -> str:
    """Return what `format` calls what `%` calls so: `<9` for `%-9s`, `03d` for `%03i`."""
    _name, flags, width, kind = place.groups()
    if kind in _TEXTS:
        return f"{'<' if '-' in flags else '>'}{width}" if width else ""
    signs = "".join(sign for sign in "+#" if sign in flags)
    filled_up = "<" if "-" in flags else "0" if "0" in flags else ""
    start = signs + filled_up if filled_up == "0" else filled_up + signs
    return start + width + _NUMBERS.get(kind, kind)


def _spec(span: int, said: str) -> n.Expr | None:
    return n.Joined(span, (n.Const(span, said),)) if said else None


def called(
    span: int, func: n.Expr, args: tuple[n.Expr, ...], keywords: tuple[n.Keyword, ...]
) -> n.Expr:
    """Return a call, or what it says in another way: `dict(key=value)`, `f(**{"key": value})`, a text."""
    for keyword in keywords:
        if keyword.name is None:
            keywords = tuple(_unpacked(keywords))
            break
    call = n.Call(span, func, args, keywords)
    known = _PLAIN.get(tail(func))
    plain = known(call) if known is not None else None
    return plain if plain is not None else call


def _unpacked(keywords: Iterable[n.Keyword]) -> Iterator[n.Keyword]:
    """Yield the keywords that `**{"key": value}` is."""
    for keyword in keywords:
        known = _by_name(keyword.value) if isinstance(keyword.value, n.Mapping) else None
        if keyword.name is None and known is not None:
            yield from (n.Keyword(name, value) for name, value in known.items())
        else:
            yield keyword


def _gone_over(call: n.Call) -> n.Expr | None:
    """Return the `found.items()` that Python 2's `found.iteritems()`, or `iteritems(found)` of `six`, is."""
    name = tail(call.func).removeprefix("iter")
    is_method = isinstance(call.func, n.Attr) and not call.args
    holder = call.func.value if is_method and isinstance(call.func, n.Attr) else None
    if len(call.args) == 1 and (isinstance(call.func, n.Name) or root(call.func) == "six"):
        holder = call.args[0]
    if holder is None or call.keywords:
        return None
    return n.Call(call.span, n.Attr(call.func.span, holder, name))


def _mapping_of(call: n.Call) -> n.Expr | None:
    """Return the display that `dict(key=value)` is, or None."""
    if call.args or not call.keywords or not isinstance(call.func, n.Name):
        return None
    keys = [n.Const(k.value.span, k.name) if k.name else None for k in call.keywords]
    return n.Mapping(call.span, tuple(keys), tuple([k.value for k in call.keywords]))


def _formatted(call: n.Call) -> n.Expr | None:
    """Return the text that `"…".format(…)` is, or None where it cannot be told."""
    function = call.func
    if not isinstance(function, n.Attr) or function.name != "format":
        return None
    form = function.value
    said = text(form)
    if said is None or any(isinstance(value, n.Wrapped) for value in call.args):
        return None
    given = {str(index): value for index, value in enumerate(call.args)}
    for keyword in call.keywords:
        if keyword.name is None:
            return None
        given[keyword.name] = keyword.value
    parts = _places(form.span, said, given)
    return _joined(call.span, parts) if parts is not None else None


def _places(span: int, said: str, given: Mapping[str, n.Expr]) -> list[n.Expr] | None:
    """Return the parts of a form of `format`; None where one cannot be told, or a value would be lost."""
    parts: list[n.Expr] = []
    used: set[str] = set()
    try:
        for literal, name, spec, conversion in Formatter().parse(said):
            parts.append(n.Const(span, literal))
            if name is None:
                continue
            key = name or str(len(used))
            value = given.get(key)
            if value is None or "{" in (spec or ""):
                return None
            used.add(key)
            parts.append(n.Formatted(value.span, value, conversion or "", _spec(span, spec or "")))
    except ValueError:  # no form at all: `"}".format(x)`
        return None
    return parts if used == given.keys() else None


def _of_join(call: n.Call) -> n.Expr | None:
    """Return the text that `"-".join([a, b])` is, or None where it cannot be told."""
    function = call.func
    if not isinstance(function, n.Attr) or function.name != "join" or len(call.args) != 1:
        return None
    between, items = function.value, call.args[0]
    if text(between) is None or not isinstance(items, n.Sequence) or items.kind == "set":
        return None
    if not items.items or any(isinstance(item, n.Wrapped) for item in items.items):
        return None
    parts: list[n.Expr] = []
    for item in items.items:
        parts += (between, item)
    return _joined(call.span, parts[1:])


# what is said in another way as well, by the name of what is called
_PLAIN: dict[str, Callable[[n.Call], n.Expr | None]] = {
    "dict": _mapping_of,
    "format": _formatted,
    "iteritems": _gone_over,
    "iterkeys": _gone_over,
    "itervalues": _gone_over,
    **dict.fromkeys(queries.METHODS, queries.queried),
    "join": _of_join,
}


def _is_text(node: n.Expr) -> bool:
    return isinstance(node, n.Joined) or text(node) is not None


def _joined(span: int, operands: Sequence[n.Expr]) -> n.Expr:
    """Return the text of operands in a row; constants beside each other become one."""
    parts: list[n.Expr] = []
    every = [part for operand in operands for part in _parts(operand)]
    for is_said, row in groupby(every, key=lambda part: text(part) is not None):
        group = [*row]
        said = "".join(filter(None, map(text, group)))
        if not is_said:
            parts += group
        elif said:
            parts.append(n.Const(group[0].span, said))
    if all(text(part) is not None for part in parts):
        return n.Const(span, "".join(filter(None, map(text, parts))))
    return n.Joined(span, tuple(parts))


def _parts(operand: n.Expr) -> Sequence[n.Expr]:
    if isinstance(operand, n.Joined):
        return operand.parts
    if isinstance(operand, n.Formatted) or text(operand) is not None:
        return (operand,)
    if isinstance(operand, n.Binary) and operand.op == "+":
        return [part for side in (operand.left, operand.right) for part in _parts(side)]
    if isinstance(operand, n.Call) and tail(operand.func) == "str" and len(operand.args) == 1:
        if isinstance(operand.func, n.Name) and not operand.keywords:
            operand = operand.args[0]
    return (n.Formatted(operand.span, operand, "", None),)
