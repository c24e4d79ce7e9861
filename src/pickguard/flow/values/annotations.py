"""What an annotation says of a value: `page: int | None` holds no text of anybody's."""

from __future__ import annotations

from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail

_TYPED = frozenset(
    {"int", "float", "bool", "complex", "date", "datetime", "time", "timedelta", "Decimal", "UUID"}
    | {"UUID1", "UUID3", "UUID4", "UUID5", "PositiveInt", "NonNegativeInt", "NegativeInt"}
    | {"PositiveFloat", "NonNegativeFloat", "conint", "confloat", "Literal", "None", "StrictInt"}
    | {"StrictBool", "AwareDatetime", "PastDate", "FutureDate", "IPv4Address", "IPv6Address"}
)
_AROUND = frozenset(
    {"Optional", "Union", "List", "list", "Set", "set", "Tuple", "tuple", "Sequence", "FrozenSet"}
    | {"frozenset", "Query", "Path", "PathEx", "Form", "Body", "Header", "Cookie"}
)


def holds_no_text(node: n.Expr | None) -> bool:
    """Whether an annotation allows numbers, dates and their like alone."""
    match node:
        case n.Const():
            return node.value is None
        case n.Binary(op="|"):
            return holds_no_text(node.left) and holds_no_text(node.right)
        case n.Sequence():
            return all(holds_no_text(item) for item in node.items)
        case n.Index() if tail(node.value) == "Annotated":
            first = node.index.items[0] if isinstance(node.index, n.Sequence) else node.index
            return holds_no_text(first)
        case n.Index() if tail(node.value) in _AROUND:
            return holds_no_text(node.index)
        case n.Index() | n.Name() | n.Attr():
            return tail(node.value if isinstance(node, n.Index) else node) in _TYPED
        case n.Call():
            return tail(node.func) in _TYPED
    return False
