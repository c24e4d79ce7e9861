"""What a regular expression finds in a text: `re.match(…)`, and the groups of what it found.

found = re.search(r"/notes/(?P<name>[^/]+)", request.path)
found.group("name"), found["name"], found.groups()

A match holds what was searched, unless the expression says that there is no harm in it: a group of
letters and digits has none, nor has a text that matches as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from pickguard.flow.guards.guards import is_narrow, pattern_of
from pickguard.flow.values.character_sets import is_of_anything, is_of_harmless
from pickguard.flow.values.definitions import Env, Value
from pickguard.flow.values.origin import TYPED, UNKNOWN, Origin
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument, tail

if TYPE_CHECKING:
    from pickguard.flow.bodies.body import Body

_SEARCHES = frozenset({"match", "fullmatch", "search", "finditer"})
_ALL_GROUPS = frozenset({"groups", "groupdict"})
_MODULES = frozenset({"re", "regex"})
_NO_SLASH = re.compile(r"\[\^[^\]]*/[^\]]*\][*+]")


class Group(NamedTuple):
    """A part of a regular expression that stands in brackets and is kept.

    Attributes:
        number: the first is 1.
        name: of `(?P<name>…)`; else nothing.
        pattern: what stands between the brackets.
    """

    number: int
    name: str
    pattern: str


def match_origin(body: Body, call: n.Call, env: Env, clears: frozenset[str]) -> Origin | None:
    """Return the origin of what a search finds in a text; None where the call is no search."""
    searched = _searched(body, call)
    if searched is None:
        return None
    pattern = pattern_of(call, body.conditions, env)
    if clears and pattern is not None:
        how = tail(call.func).replace("finditer", "search")
        is_checked = is_narrow(call, how, body.conditions, env)
        if is_checked or is_of_harmless(pattern):
            return TYPED
    return body.local_origin(searched, clears, env)


def group_origin(
    body: Body,
    node: n.Call | n.Index,
    env: Env,
    clears: frozenset[str],
    position: int | str | None = None,
) -> Origin | None:
    """Return the origin of `found.group("name")`, `found["name"]` or `found.groups()`.

    Args:
        body: the body that it stands in.
        node: what takes something of a match.
        env: the environment there.
        clears: what makes a value harmless.
        position: which one of several groups is asked for, from 0: `key, value = found.groups()`.

    Returns:
        None where it is not seen what was searched, or for what, and of all that was found.
    """
    taken = node.value if isinstance(node, n.Index) else None
    if isinstance(node, n.Index) and isinstance(taken, n.Call) and tail(taken.func) == "groups":
        index = node.index.value if isinstance(node.index, n.Const) else None
        return group_origin(body, taken, env, clears, index if isinstance(index, int) else None)
    search = _search(_holder(node), env)
    searched = _searched(body, search) if search is not None else None
    pattern = pattern_of(search, body.conditions, env) if search is not None else None
    if searched is None or pattern is None:
        return None
    parts = list(_taken(node, pattern))[_only(position)]
    if parts == [pattern]:
        return None
    if clears and all(is_of_harmless(part) for part in parts):
        return TYPED
    if "basename" in clears and all(_holds_no_slash(part) for part in parts):
        return TYPED
    is_open = not clears or any(is_of_anything(part) for part in parts)
    return body.local_origin(searched, clears, env) if is_open else UNKNOWN


def _only(position: int | str | None) -> slice:
    return (
        slice(position, position + 1)
        if isinstance(position, int) and position >= 0
        else slice(None)
    )


def _holder(node: n.Call | n.Index) -> n.Expr | None:
    if isinstance(node, n.Index):
        return node.value
    return node.func.value if isinstance(node.func, n.Attr) else None


def _holds_no_slash(pattern: str) -> bool:
    return _NO_SLASH.fullmatch(pattern) is not None


def _searched(body: Body, call: n.Call) -> n.Expr | None:
    """Return the text that a call looks through: `re.search(pattern, text)`; None of any other call."""
    if tail(call.func) not in _SEARCHES or not isinstance(call.func, n.Attr):
        return None
    if tail(call.func.value) in _MODULES:
        return argument(call, 1, "string")
    return argument(call, 0, "string") if body.is_compiled(call.func.value) else None


def _search(holder: n.Expr | None, env: Env) -> n.Call | None:
    """Return the call whose match an expression stands for."""
    if isinstance(holder, n.Name):
        definition = env.get(holder.id)
        holder = definition.expr if isinstance(definition, Value) else None
    if isinstance(holder, n.Walrus):
        holder = holder.value
    return holder if isinstance(holder, n.Call) and tail(holder.func) in _SEARCHES else None


def _taken(node: n.Call | n.Index, pattern: str) -> Iterator[str]:
    """Yield the parts of a regular expression that stand for what is taken of a match."""
    found = sorted(groups(pattern))
    if isinstance(node, n.Call) and tail(node.func) in _ALL_GROUPS:
        yield from (group.pattern for group in found)
        return
    asked = [node.index] if isinstance(node, n.Index) else list(node.args)
    if not asked:
        yield pattern
    for key in asked:
        value = key.value if isinstance(key, n.Const) else None
        by_key = (one.pattern for one in found if value in (one.number, one.name))
        yield next(by_key, pattern)


def groups(pattern: str) -> Iterator[Group]:
    """Yield the groups of a regular expression, an inner one before those around it."""
    number = 0
    opened: list[tuple[int, str, int]] = []
    at = 0
    while at < len(pattern):
        letter = pattern[at]
        if letter == "\\":
            at += 1
        elif letter == "[":
            at = _end_of_set(pattern, at)
        elif letter == "(":
            name, start = _opening(pattern, at)
            number += name is not None
            opened.append((number if name is not None else 0, name or "", start))
        elif letter == ")" and opened:
            known, name, start = opened.pop()
            if known:
                yield Group(known, name, pattern[start:at])
        at += 1


def _opening(pattern: str, at: int) -> tuple[str | None, int]:
    """Return the name of a group and where its pattern begins; no name where nothing is kept of it."""
    if not pattern.startswith("(?", at):
        return "", at + 1
    end = pattern.find(">", at)
    if pattern.startswith("(?P<", at) and end > 0:
        return pattern[at + 4 : end], end + 1
    return None, at + 3


def _end_of_set(pattern: str, at: int) -> int:
    """Return where `[…]` ends; a bracket right at its beginning is one of its letters."""
    at += 2 if pattern.startswith("[^", at) else 1
    start = at
    while at < len(pattern) and (pattern[at] != "]" or at == start):
        at += 2 if pattern[at] == "\\" else 1
    return at
