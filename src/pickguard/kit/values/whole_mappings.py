"""Dictionaries that are known whole, wherever their entries are written: `{**DEFAULTS, "path": "/"}`, `options()`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pickguard.kit.code import Code, tail
from pickguard.site.symbols.names import ValueSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of, spread_into


class Entry(NamedTuple):
    """A value of a dictionary, and the code in which it is written."""

    code: Code
    value: n.Expr


_Entries = dict[str, Entry]
_DEPTH_LIMIT = 5
_FILLS = ("update", "setdefault", "pop", "popitem", "clear")


def whole(code: Code, node: n.Expr, depth: int = 0) -> dict[str, Entry] | None:
    """Return the entries of a dictionary by their keys; None where one of them is not known.

    Args:
        code: in which it stands.
        node: a display, a name of one, `dict(…)`, one joined to another, or a call of the site's own.
        depth: how many steps it was followed already.
    """
    if depth > _DEPTH_LIMIT:
        return None
    match node:
        case n.Mapping():
            return _joined(_of_display(code, node, depth))
        case n.Binary(op="|"):
            return _joined(whole(code, side, depth + 1) for side in (node.left, node.right))
        case n.Call():
            return _of_call(code, node, depth)
        case n.Name() if node.id in code.body.assigned:
            return _of_name(code, node.id, depth)
        case n.Name() | n.Attr():
            return _of_constant(code, node, depth)
    return None


def spread(code: Code, call: n.Call) -> dict[str, Entry] | None:
    """Return what a call is given by `**options`, by its name; None where that is not known whole."""
    return _joined(whole(code, one) for one in spread_into(call))


def _joined(parts: Iterator[_Entries | None]) -> _Entries | None:
    found: _Entries = {}
    for part in parts:
        if part is None:
            return None
        found.update(part)
    return found


def _of_display(code: Code, node: n.Mapping, depth: int) -> Iterator[_Entries | None]:
    for key, value in zip(node.keys, node.values, strict=True):
        name = code.body.said(key) if key is not None else None
        if key is None:
            yield whole(code, value, depth + 1)
        else:
            yield {name: Entry(code, value)} if name is not None else None


def _of_call(code: Code, call: n.Call, depth: int) -> _Entries | None:
    if isinstance(call.func, n.Name) and call.func.id == "dict":
        inner = _joined(whole(code, item, depth + 1) for item in call.args)
        named = (
            {k.name: Entry(code, k.value)} if k.name else whole(code, k.value, depth + 1)
            for k in call.keywords
        )
        return _joined(iter((inner, _joined(named))))
    if tail(call.func) == "copy" and isinstance(call.func, n.Attr) and not call.args:
        return whole(code, call.func.value, depth + 1)
    function = code.called(call)
    there = code.project.code_of(function) if function is not None else None
    if there is None or len(there.returned) != 1:
        return None
    return whole(there, there.returned[0], depth + 1)


def _of_name(code: Code, name: str, depth: int) -> _Entries | None:
    """Return what a name of the code itself holds: what it is given, and what is set under its keys later."""
    made = code.assigned(name)
    if len(made) != 1 or any(_is_of(call, name) for call in code.calls(*_FILLS)):
        return None
    return _joined(iter((whole(code, made[0], depth + 1), _set_later(code, name))))


def _set_later(code: Code, name: str) -> _Entries | None:
    assignments = [one for one in code.statements if isinstance(one, n.Assign)]
    later = [
        (code.body.said(target.index), assignment.value)
        for assignment in assignments
        for target in assignment.targets
        if isinstance(target, n.Index) and tail(target.value) == name
    ]
    keys = {key for key, _value in later}
    if None in keys or len(keys) != len(later):
        return None
    return {key: Entry(code, value) for key, value in later if key is not None}


def _of_constant(code: Code, node: n.Name | n.Attr, depth: int) -> _Entries | None:
    """Return what the module, or the class, writes out under a name, where nothing fills it later."""
    found = code.body.named(node)
    if not isinstance(found, ValueSymbol):
        return None
    there = Code(code.project, found.module, found.module.record.body, owner=code.owner)
    return whole(there, found.value, depth + 1)


def _is_of(call: n.Call, name: str) -> bool:
    return tail(receiver_of(call)) == name
