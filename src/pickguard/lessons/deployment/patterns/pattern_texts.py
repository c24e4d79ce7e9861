"""The text of a pattern that is put together of parts with names, as patterns of addresses are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pickguard.kit.values.pieces import pieces
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail

if TYPE_CHECKING:
    from pickguard.kit import Code

_DEPTH_LIMIT = 12
_LENGTH_LIMIT = 4_000


def pattern_text(code: Code, node: n.Expr | None, depth: int = 0) -> str | None:
    """Return the text of `"(" + HOST + DOMAIN + ")"`, the names looked up; None where one is not known."""
    if node is None or depth > _DEPTH_LIMIT:
        return None
    if isinstance(node, n.Name | n.Attr):
        return pattern_text(code, _named(code, node), depth + 1)
    found: list[str] = []
    for piece in pieces(node):
        said = (
            piece
            if isinstance(piece, str)
            else (None if piece is node else pattern_text(code, piece, depth + 1))
        )
        if said is None:
            return None
        found.append(said)
    made = "".join(found)
    return made if len(made) <= _LENGTH_LIMIT else None


def _named(code: Code, node: n.Name | n.Attr) -> n.Expr | None:
    """Return what a name stands for, in the class, in the code or in the module; None where it has several."""
    if isinstance(node, n.Attr):
        is_own = tail(node.value) in ("self", "cls") and code.owner is not None
        if not is_own or code.owner is None:
            return None
        value = code.project.site.classes.value(code.owner, node.name)
        return value.value if value is not None else None
    here = code.assigned(node.id)
    if here:
        return here[0] if len(here) == 1 else None
    value = code.body.named(node)
    return value.value if value is not None else None
