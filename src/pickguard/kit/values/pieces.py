"""Texts that are put together, in pieces: what is written down, and what is put between it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import items_of, put_in, text

Piece: TypeAlias = "str | n.Expr"
Said: TypeAlias = Callable[[n.Expr], "str | None"]
_DEPTH_LIMIT = 60
_PERCENT = re.compile(r"%(?:\((\w+)\))?[-#0 +]*\d*(?:\.\d+)?([a-zA-Z%])")
_FIELD = re.compile(r"\{(\w*)[^{}]*\}")


def pieces(node: n.Expr, depth: int = 0, said_by: Said = text) -> list[Piece]:
    """Return the pieces of a text, in order: `["Dear ", name]` for `"Dear " + name`.

    Args:
        node: an f-string, a sum, `"…" % …`, `"…".format(…)`, `"…".join([…])`, a constant; anything
            else is its own only piece.
        depth: how many texts are around it.
        said_by: returns the constant text that an expression stands for, or None.
    """
    said = said_by(node)
    if said is not None:
        return [said]
    if depth > _DEPTH_LIMIT:
        return [node]
    match node:
        case n.Joined():
            return [
                piece
                for part in map(put_in, node.parts)
                for piece in pieces(part, depth + 1, said_by)
            ]
        case n.Binary(op="+"):
            return [*pieces(node.left, depth + 1, said_by), *pieces(node.right, depth + 1, said_by)]
        case n.Binary(op="%"):
            form = said_by(node.left)
            return [node] if form is None else by_percent(form, node.right)
        case n.Call(func=n.Attr(name="format", value=form_node)):
            form = said_by(form_node)
            named = {k.name: k.value for k in node.keywords if k.name}
            return [node] if form is None else filled(form, node.args, named)
        case n.Call(func=n.Attr(name="join", value=joiner), args=(n.Sequence() as listed,)):
            between = said_by(joiner)
            return [node] if between is None else _joined(between, listed.items, depth, said_by)
    return [node]


def by_percent(form: str, right: n.Expr) -> list[Piece]:
    """Return the pieces of `form % right`; none where it is not told what goes where."""
    names = {text(k): v for k, v in _pairs(right)} if isinstance(right, n.Mapping) else None
    items = iter([] if names is not None else items_of(right))
    found: list[Piece] = []
    last = 0
    for place in _PERCENT.finditer(form):
        found.append(form[last : place.start()])
        last = place.end()
        if place[2] == "%":
            found.append("%")
            continue
        value = names.get(place[1]) if names is not None else next(items, None)
        if value is None:
            return []
        found.append(value)
    return [*found, form[last:]]


def filled(form: str, args: tuple[n.Expr, ...], named: Mapping[str, n.Expr]) -> list[Piece]:
    """Return the pieces of `form.format(*args, **named)`; doubled braces stand for themselves."""
    plain = form.replace("{{", "\x00").replace("}}", "\x01")
    found: list[Piece] = []
    last = position = 0
    for field in _FIELD.finditer(plain):
        found.append(_plain(plain[last : field.start()]))
        name = field[1]
        index = int(name) if name.isdigit() else position
        position += not name
        value = named.get(name) or (args[index] if index < len(args) else None)
        found.append(value if value is not None else n.Const(0, None))
        last = field.end()
    return [*found, _plain(plain[last:])]


def _plain(part: str) -> str:
    return part.replace("\x00", "{").replace("\x01", "}")


def _joined(between: str, items: Iterable[n.Expr], depth: int, said_by: Said) -> list[Piece]:
    found: list[Piece] = []
    for item in items:
        found += [*([between] if found else []), *pieces(item, depth + 1, said_by)]
    return found


def _pairs(mapping: n.Mapping) -> Iterable[tuple[n.Expr, n.Expr]]:
    pairs = zip(mapping.keys, mapping.values, strict=True)
    return [(key, value) for key, value in pairs if key is not None]
