"""Names that mean something in the body of a class alone, where its lists and decorators stand.

class OrderViewSet(ModelViewSet):
    class MayCancel(BasePermission): …

    @action(detail=True, permission_classes=[MayCancel])
    def cancel(self, request, pk): …
"""

from __future__ import annotations

from msgspec.structs import replace

from pickguard.site.symbols.names import ClassSymbol, Names
from pickguard.source.python import nodes as n


def seen_outside(names: Names, owner: ClassSymbol, value: n.Expr) -> n.Expr:
    """Return a name, or a list of names, as the module around a class would write it."""
    if isinstance(value, n.Sequence):
        return replace(value, items=tuple(seen_outside(names, owner, item) for item in value.items))
    if isinstance(value, n.Name) and value.id in names.class_scope(owner):
        return n.Attr(value.span, _path(owner, value.span), value.id)
    return value


def _path(owner: ClassSymbol, span: int) -> n.Expr:
    first, *rest = owner.qualname.split(".")
    found: n.Expr = n.Name(span, first)
    for name in rest:
        found = n.Attr(span, found, name)
    return found
