"""What code puts into a session, by its keys."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from pickguard.kit import Code
from pickguard.kit.code import argument, tail, text
from pickguard.source.python import nodes as n

_DEPTH_LIMIT = 4

USER_KEY = "_auth_user_id"
"""Where `login()` notes the user: `django.contrib.auth.SESSION_KEY`."""


class Kept(Struct, frozen=True):
    """One entry that is put into a session: where, under which key, and what."""

    node: n.Assign | n.Call
    key: str
    value: n.Expr


def kept(code: Code) -> Iterator[Kept]:
    """Yield what is put into sessions: by index, by `update`, by `setdefault`."""
    for statement in code.statements:
        if isinstance(statement, n.Assign):
            for target in statement.targets:
                if isinstance(target, n.Index) and is_session(target.value):
                    key = _key(code, target.index)
                    if key:
                        yield Kept(statement, key, statement.value)
    for call in code.calls("update", "setdefault"):
        if isinstance(call.func, n.Attr) and is_session(call.func.value):
            yield from _given(code, call)


def kept_inside(entry: Kept) -> Iterator[Kept]:
    """Yield an entry, and those of the mappings that it holds: `session["step"] = {"name": …}`."""
    waiting = [(entry, 0)]
    while waiting:
        current, depth = waiting.pop()
        yield current
        if isinstance(current.value, n.Mapping) and depth < _DEPTH_LIMIT:
            waiting += [(Kept(entry.node, *pair), depth + 1) for pair in _pairs(current.value)]


def is_session(node: n.Expr) -> bool:
    """Whether an expression is the session of a request."""
    return tail(node) in ("session", "_session")


def _given(code: Code, call: n.Call) -> Iterator[Kept]:
    if tail(call.func) == "setdefault":
        key, value = argument(call, 0, "key"), argument(call, 1, "default")
        named = _key(code, key) if key is not None else None
        if named and value is not None:
            yield Kept(call, named, value)
        return
    for item in call.args:
        if isinstance(item, n.Mapping):
            yield from (Kept(call, key, value) for key, value in _pairs(item))
    for keyword in call.keywords:
        if keyword.name:
            yield Kept(call, keyword.name, keyword.value)


def _key(code: Code, node: n.Expr) -> str | None:
    return (
        USER_KEY if code.name(node) == "django.contrib.auth.SESSION_KEY" else code.body.said(node)
    )


def _pairs(mapping: n.Mapping) -> Iterator[tuple[str, n.Expr]]:
    for key, value in zip(mapping.keys, mapping.values, strict=True):
        named = text(key) if key is not None else None
        if named:
            yield named, value
