"""What a condition tells of the slashes in a text: without any it is one name, `if "/" in name: raise …`."""

from __future__ import annotations

import re

from pickguard.flow.guards.guards import Conditions, bound, by_parts, pattern_of
from pickguard.flow.values.definitions import Env
from pickguard.flow.values.spoken_of import paths
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path, items_of, tail, text

ONE_NAME = "basename"
"""Clears what holds no slash, as the function of this name does: it names something in one folder."""
_SEPARATORS = frozenset({"sep", "separator", "SEPARATOR"})
# a class of characters with a slash in it, or a slash as one of several words
_LOOKS_FOR_SLASH = re.compile(r"^\[(?!\^)[^\]]*/[^\]]*\]$|(^|\|)\\?/($|\|)")
_SEARCHING = frozenset({"search"})
_NOTHING: frozenset[str] = frozenset()


def without_slash(
    test: n.Expr,
    truth: bool,  # noqa: FBT001
    conditions: Conditions,
    env: Env,
) -> frozenset[str]:
    """Return the access paths of the texts that are known to hold no slash.

    Args:
        test: a condition.
        truth: whether it holds.
        conditions: what it is judged by.
        env: what names stand for.
    """
    parts = by_parts(test, truth, lambda one, held: without_slash(one, held, conditions, env))
    if parts is not None:
        return parts
    match test:
        case n.Compare(left=left, ops=("in",), rights=(right,)) if not truth:
            return paths(right) if _is_slash(left) else _NOTHING
        case n.Compare(left=left, ops=("not in",), rights=(right,)) if truth:
            return paths(right) if _is_slash(left) else _NOTHING
        case n.Call(args=(n.Comprehension() as asked,)) if tail(test.func) == "any" and not truth:
            return _of_none(asked, conditions, env)
        case n.Call(args=(_, *_)) if tail(test.func) in _SEARCHING and not truth:
            pattern = pattern_of(test, conditions, env) or ""
            return paths(test.args[-1]) if _LOOKS_FOR_SLASH.search(pattern) else _NOTHING
    return _NOTHING


def _is_slash(node: n.Expr) -> bool:
    return text(node) == "/" or (isinstance(node, n.Attr) and node.name in _SEPARATORS)


def _of_none(asked: n.Comprehension, conditions: Conditions, env: Env) -> frozenset[str]:
    """Return what holds none of some texts, a slash among them: `any(c in name for c in "/:")`."""
    loop = asked.loops[0]
    match asked.value:
        case n.Compare(left=n.Name(id=sought), ops=("in",), rights=(right,)):
            one = conditions.stated(bound(loop.source, env))
            texts = text(one) or [text(item) for item in items_of(one)]
            is_asked = sought == access_path(loop.target) and len(asked.loops) == 1
            return paths(right) if is_asked and not loop.tests and "/" in texts else _NOTHING
    return _NOTHING
