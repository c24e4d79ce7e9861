"""What is harmless behind a call that has raised nothing, and behind a condition that ends the way of others."""

from __future__ import annotations

import re
from collections.abc import Callable

from pickguard.flow.values.spoken_of import arguments, paths
from pickguard.flow.values.vocabulary import TAKES_ROW
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path, given_to, is_none, tail, text
from pickguard.source.python.queries import MANAGERS
from pickguard.source.python.walk import heads, inside

# `validate_upload_url(url)`: raises where it is not content
RAISING_CHECK = re.compile(r"^_?(validate|check|ensure|assert|verify|enforce|require)(_|$)")
_RETURNING_CHECK = re.compile(r"^_?(validate|ensure|require)(_|$)")
_TEST = re.compile(
    r"(^|_)(is|has|check|valid\w*|allow\w*|safe|local|private|internal|block\w*|forbid\w*|den(y|ied)|verify)(_|$)"
)
_CASTS = frozenset({"int", "float", "UUID", "Decimal", "ip_address"})
_TABLE = re.compile(r"(?!(GET|POST|FILES|META|COOKIES|REQUEST|DATA)$)_*[A-Z][A-Z0-9_]+$")
_NOTHING: frozenset[str] = frozenset()


def never(_node: n.Expr) -> bool:
    """Return False: no name is known to be that of a table."""
    return False


def listed(node: n.Expr, is_table: Callable[[n.Expr], bool] = never) -> frozenset[str]:
    """Return the access path of what is a key of a table that the code spells out: `KINDS.get(name)`."""
    if isinstance(node, n.Index):
        return paths(node.index) if _TABLE.match(tail(node.value)) else _NOTHING
    if isinstance(node, n.Call) and isinstance(node.func, n.Attr) and node.func.name == "get":
        is_sure = not node.keywords and bool(node.args) and all(map(is_none, node.args[1:]))
        table = node.func.value
        is_spelled = _TABLE.match(tail(table)) or is_table(table)
        return paths(node.args[0]) if is_sure and is_spelled else _NOTHING
    return _NOTHING


def checked_by(call: n.Expr, *, is_used: bool) -> frozenset[str]:
    """Return the access paths that are harmless after a call that raises where they are not.

    Args:
        call: an expression; only calls, and tables asked for a key, check anything.
        is_used: whether the result is kept: then a `check_x` may well return a boolean.
    """
    handed = given_to(call) if isinstance(call, n.Call) else ()
    keys = (listed(one) for one in handed if isinstance(one, n.Index))
    return _checked(call, is_used=is_used).union(*keys)


def _checked(call: n.Expr, *, is_used: bool) -> frozenset[str]:
    name = tail(call.func) if isinstance(call, n.Call) else ""
    if isinstance(call, n.Call) and isinstance(call.func, n.Name) and name == "resolve":
        return arguments(call)  # of `django.urls`: no address of another site leads to a view
    if isinstance(call, n.Call) and name == "get_model":
        return arguments(call)  # of `django.apps`: the site has a model of that name
    if isinstance(call, n.Call) and name == "safe_join" and not is_used:
        return arguments(call)  # of `django.utils._os`, asked for nothing but whether it raises
    if isinstance(call, n.Index):
        return listed(call)
    if isinstance(call, n.Call) and name in TAKES_ROW:
        return _keys_of_row(call)
    pattern = _RETURNING_CHECK if is_used else RAISING_CHECK
    if isinstance(call, n.Call) and (name in _CASTS or pattern.match(name)):
        found = arguments(call) | (_NOTHING if is_used else _resolved(call))
        return found or _attribute_named(call.func, name)
    return _NOTHING


_KEYS = frozenset({"pk", "id", "uuid"})


def _keys_of_row(call: n.Call) -> frozenset[str]:
    """Return the access paths of what is the key of a row, since one was found by it: `get(pk=number)`."""
    is_shortcut = tail(call.func).endswith("_or_404")
    holder = call.func.value if isinstance(call.func, n.Attr) else call.func
    if not is_shortcut and not any(tail(part) in MANAGERS for part in inside(holder)):
        return _NOTHING
    keys = (keyword.value for keyword in call.keywords if keyword.name in _KEYS)
    return frozenset().union(*map(paths, keys))


def not_found(
    s: n.Try, handler: n.Handler, keyed_by_text: Callable[[n.Expr], bool]
) -> frozenset[str]:
    """Return the access paths of what was looked for by its number, where there was no such row.

    `except Note.DoesNotExist:` behind `Note.objects.get(pk=number)`: what is no number raises another error.

    Args:
        s: the statement that tries it.
        handler: one of its handlers.
        keyed_by_text: whether rows are known to have a text for their primary key.
    """
    caught = handler.type.items if isinstance(handler.type, n.Sequence) else (handler.type,)
    if not all(tail(one).endswith("DoesNotExist") for one in caught):
        return _NOTHING
    found = _NOTHING
    for statement in s.body:
        for call in (part for head in heads(statement) for part in inside(head)):
            if (
                isinstance(call, n.Call)
                and tail(call.func) in TAKES_ROW
                and not keyed_by_text(_rows(call))
            ):
                found |= _keys_of_row(call)
    return found


def looked_up(node: n.Expr, keyed_by_text: Callable[[n.Expr], bool]) -> frozenset[str]:
    """Return the access paths of what the database was asked for by its number, whatever the answer was.

    `if not Note.objects.filter(pk=number).exists():`: what is no number raises an error before it is asked.
    """
    found = _NOTHING
    for call in inside(node):
        if (
            not isinstance(call, n.Call)
            or not isinstance(call.func, n.Attr)
            or call.func.name not in _ASKS
        ):
            continue
        rows = call.func.value
        if (
            isinstance(rows, n.Call)
            and tail(rows.func) == "filter"
            and not keyed_by_text(_rows(rows))
        ):
            found |= _keys_of_row(rows)
    return found


_ASKS = frozenset({"exists", "aexists", "count", "acount", "first", "afirst", "last", "alast"})


def _rows(call: n.Call) -> n.Expr:
    """Return what a row is looked for in: `Note.objects` of `Note.objects.get(pk=number)`."""
    if isinstance(call.func, n.Attr):
        return call.func.value
    return call.args[0] if call.args else call.func


def _resolved(call: n.Call) -> frozenset[str]:
    """Return the access paths of what is looked up first: `check_searchable(fields_of(model, path))`."""
    inner = (value for value in call.args if isinstance(value, n.Call) and len(value.args) > 1)
    return frozenset().union(*map(arguments, inner))


def _attribute_named(func: n.Expr, name: str) -> frozenset[str]:
    """Return the access path of `token.issuer`, which `token.validate_issuer()` looks at."""
    holder = access_path(func.value) if isinstance(func, n.Attr) else ""
    attribute = RAISING_CHECK.sub("", name)
    return frozenset({f"{holder}.{attribute}"}) if holder and attribute else _NOTHING


def refused(test: n.Expr, overlooks: Callable[[n.Call], bool] = never) -> frozenset[str]:
    """Return the access paths that a condition refuses by a test of the project's own.

    `if PROTECTED and is_local(url): raise …`: where the way ends, what goes on was looked at.

    Args:
        test: the condition.
        overlooks: whether the function that a call runs is known not to look at what matters.
    """
    found: frozenset[str] = _NOTHING
    for part in inside(test):
        if isinstance(part, n.Call) and _TEST.search(tail(part.func)) and not overlooks(part):
            found |= arguments(part)
    return found


PARENTS = "<parents>"
"""Clears what was looked at for `..`: it leads to no folder above, and may begin with a slash yet."""


def climbing(test: n.Expr) -> frozenset[str]:
    """Return the access paths that a condition looks for `..` in: `if ".." in path: raise …`."""
    found: frozenset[str] = _NOTHING
    for part in inside(test):
        if isinstance(part, n.Compare | n.Comprehension) and _names_parent(part):
            found |= {node.id for node in inside(part) if isinstance(node, n.Name)}
    return found


def _names_parent(node: n.Expr) -> bool:
    """Whether a condition looks for `..` in a path: `any(part == ".." for part in path.parts)`."""
    return any(text(part) in _PARENTS for part in inside(node))


_PARENTS = ("..", "../", "/..", "/../")
