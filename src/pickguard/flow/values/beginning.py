"""Where a text begins: who writes the beginning of an address decides where it leads."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from pickguard.flow.values.definitions import Definition, Env, Merged, Value
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument, items_of, put_in, tail, text

BEGINNING = "<beginning>"
"""Among the names that clear a value: only what decides on the host of an address matters."""
SCHEME = "<scheme>"
"""Among the names that clear a value: only what decides on the scheme of an address matters."""
# What does not decide yet: the host, a second slash, or the rest of the host (`.evil.com`) may still follow
_HOST_FOLLOWS = re.compile(r"^(https?:)?(/{0,2}|//[^/?#\s]+)$")
_SCHEME_FOLLOWS = re.compile(r"^$")
# what they leave as it is, where they are not told
_QUOTING = {"quote": "/", "urlquote": "/", "quote_plus": "", "urlquote_plus": ""}
_UNSPLITTING = frozenset({"urlunsplit", "urlunparse"})
_SPLIT = frozenset({"ParseResult", "SplitResult"})
# the places of formats, and their names
_PERCENT = re.compile(r"%(?:\((\w+)\))?[sdr]")
_BRACES = re.compile(r"\{(\w*)[^{}]*\}")


def leaves_host_open(before: str) -> bool:
    """Whether the host of an address may go on behind a text: `https://api.example.com`."""
    return bool(_HOST_FOLLOWS.match(before))


def first_part(
    node: n.Expr, clears: frozenset[str], said: Callable[[n.Expr], str | None] = text
) -> n.Expr | None:
    """Return the part of an expression that its text begins with; None where it has no parts.

    Args:
        node: any expression.
        clears: tells whether beginnings matter, and which.
        said: returns the constant text that an expression stands for, or None.
    """
    if BEGINNING not in clears and SCHEME not in clears:
        return None
    undecided = _HOST_FOLLOWS if BEGINNING in clears else _SCHEME_FOLLOWS
    match node:
        case n.Joined():
            return _first(node.parts, node, undecided, said)
        case n.Binary(op="+"):
            return _first([node.left, node.right], node, undecided, said)
        case n.Binary(op="/"):
            return node.left
        case n.Call() if tail(node.func) == "join" and len(node.args) > 1:
            return node.args[0]  # `os.path.join`
        case n.Call() if tail(node.func) == "join" and node.args and items_of(node.args[0]):
            return _first(items_of(node.args[0]), node, undecided, said)
        case n.Call() if tail(node.func) in _UNSPLITTING | _SPLIT and node.args:
            return _put_together(node, clears)
        case n.Call(func=n.Attr(name="_replace", value=split)):  # of what `urlsplit` returns
            named = "netloc" if BEGINNING in clears else "scheme"
            return argument(node, -1, named) or split
        case n.Call() if tail(node.func) in _QUOTING and node.args:
            return node.args[0] if _keeps_beginning(node, clears, said) else None
        case n.Call() if tail(node.func) == "replace" and len(node.args) > 1:
            return _replaced(node, said, undecided)
        case n.Binary(op="%"):
            form = _written(node.left, said)
            if form is None:
                return node.left  # nobody can tell what stands before the first place
            return _first(
                _filled(form, _PERCENT, _filling(node.right), node), node, undecided, said
            )
        case n.Call() if tail(node.func) == "format" and isinstance(node.func, n.Attr):
            items: dict[str | int | None, n.Expr] = dict(enumerate(node.args))
            items.update({keyword.name: keyword.value for keyword in node.keywords})
            form = _written(node.func.value, said)
            if form is None:
                return node.func.value
            return _first(_filled(form, _BRACES, items, node), node, undecided, said)
    return None


def _put_together(node: n.Call, clears: frozenset[str]) -> n.Expr | None:
    """Return what an address begins with that is put together of parts: `ParseResult("https", host, …)`."""
    is_split = tail(node.func) in _SPLIT
    if is_split and [text(part) for part in node.args[:2]] == ["", ""]:
        return n.Const(node.span, "/")
    if is_split:
        return argument(node, 1, "netloc") if BEGINNING in clears else argument(node, 0, "scheme")
    return n.Const(node.span, "/") if _names_no_host(node.args[0]) else None


def _replaced(
    node: n.Call, said: Callable[[n.Expr], str | None], undecided: re.Pattern[str]
) -> n.Expr | None:
    """Return what `form.replace("{host}", host)` begins with: the form, or what is put at its beginning."""
    if not isinstance(node.func, n.Attr):
        return None
    old, new = node.args[:2]
    form, placed = said(node.func.value), said(old)
    if form is None or not placed or placed not in form:
        return node.func.value
    return new if undecided.match(form.partition(placed)[0]) else node.func.value


def _keeps_beginning(
    node: n.Call, clears: frozenset[str], said: Callable[[n.Expr], str | None]
) -> bool:
    """Whether `quote(path)` leaves what decides on the host, or the scheme: it keeps slashes."""
    safe = argument(node, 1, "safe")
    kept = said(safe) or "" if safe is not None else _QUOTING[tail(node.func)]
    if BEGINNING in clears and not _loses_slashes(node.args[0], said):
        return "/" in kept
    return ":" in kept


def _written(form: n.Expr, said: Callable[[n.Expr], str | None]) -> str | None:
    """Return a format's text, also that of `_("%s …")` and of `iri_to_uri("%s")`."""
    if isinstance(form, n.Call) and len(form.args) == 1:
        return said(form.args[0])
    return said(form)


def _names_no_host(node: n.Expr) -> bool:
    """Whether an address is put together without a scheme and a host: `("", "", parsed.path, …)`."""
    parts = node.left if isinstance(node, n.Binary) and node.op == "+" else node
    return [text(part) for part in items_of(parts)[:2]] == ["", ""]


def _filling(node: n.Expr) -> dict[str | int | None, n.Expr]:
    """Return what `form % node` fills in, by name or position."""
    if isinstance(node, n.Mapping):
        pairs = zip(node.keys, node.values, strict=True)
        return {text(key): value for key, value in pairs if key is not None}
    return dict(enumerate(items_of(node)))


def _first(
    parts: Sequence[n.Expr | None],
    node: n.Expr,
    undecided: re.Pattern[str],
    said: Callable[[n.Expr], str | None],
) -> n.Expr | None:
    before = ""
    for part in parts:
        if part is None:
            return None
        inner = put_in(part)
        constant = said(inner)
        if constant is None and before.endswith("/") and _loses_slashes(inner, said):
            return n.Const(node.span, before)
        if constant is None or not undecided.match(before + constant):
            return inner
        before += constant
    return n.Const(node.span, "")


def _loses_slashes(node: n.Expr, said: Callable[[n.Expr], str | None]) -> bool:
    """Whether a text begins with no slash, so that one before it is the only one: `path.lstrip("/")`."""
    if not isinstance(node, n.Call) or tail(node.func) not in ("lstrip", "strip") or not node.args:
        return False
    return "/" in (said(node.args[0]) or "")


def _filled(
    form: str,
    place: re.Pattern[str],
    items: Mapping[str | int | None, n.Expr],
    node: n.Expr,
) -> list[n.Expr | None]:
    """Return the parts of a filled format, in order: its own texts, and what its places hold, if that is known."""
    parts: list[n.Expr | None] = []
    end, position = 0, 0
    for found in place.finditer(form) if items else ():
        name: str | int = found[1] or position
        item = items.get(int(name) if isinstance(name, str) and name.isdigit() else name)
        parts += [n.Const(node.span, form[end : found.start()]), item]
        position += not found[1]
        end = found.end()
    return [*parts, n.Const(node.span, form[end:])]


def followers(node: n.Expr) -> Sequence[n.Expr]:
    """Return what a text goes on with where its first part is empty: `base + path`, `os.path.join(base, path)`."""
    if isinstance(node, n.Binary):
        return (node.right,)
    if isinstance(node, n.Call) and tail(node.func) == "join":
        return node.args[1:2]
    return ()


def may_be_empty(node: n.Expr, env: Env, depth: int = 0) -> bool:
    """Whether a text may be empty, so that what follows it is the beginning."""
    if depth > 8:
        return False
    match node:
        case n.Const():
            return node.value == ""
        case n.Choice():
            return may_be_empty(node.then, env, depth + 1) or may_be_empty(
                node.other, env, depth + 1
            )
        case n.Logic(op="or"):
            return may_be_empty(node.values[-1], env, depth + 1)
        case n.Name():
            return _is_empty(env.get(node.id), depth + 1)
    return False


def _is_empty(definition: Definition | None, depth: int) -> bool:
    if depth > 8:
        return False
    if isinstance(definition, Merged):
        return any(_is_empty(option, depth + 1) for option in definition.options)
    if isinstance(definition, Value) and definition.how == "assigned" and not definition.part:
        return may_be_empty(definition.expr, definition.env, depth + 1)
    return False
