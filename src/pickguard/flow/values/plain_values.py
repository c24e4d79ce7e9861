"""What is no object of any class of the site: texts, numbers, answers of yes or no."""

from pickguard.flow.values.definitions import Checked, Definition, Merged, Value
from pickguard.source.python import nodes as n

_MAKERS = frozenset({"str", "int", "float", "bool", "len", "round", "Decimal"})
_OF_TEXTS = frozenset(
    {"strip", "lstrip", "rstrip", "lower", "upper", "title", "format", "replace", "join", "encode"}
)
_DEEPEST = 4


def is_plain(node: n.Expr) -> bool:
    """Whether an expression makes a text or a number for certain; one that is empty may stand for nothing."""
    match node:
        case n.Const():
            return bool(node.value)
        case n.Joined() | n.Compare():
            return True
        case n.Call(func=n.Name(id=called)):
            return called in _MAKERS
        case n.Call(func=n.Attr(name=called)):
            return called in _OF_TEXTS
    return False


def may_be_plain(definition: Definition, depth: int = 0) -> bool:
    """Whether a name has a text or a number on one of the ways that lead to where it is read."""
    match definition:
        case Value(how="assigned", part=None):
            return is_plain(definition.expr)
        case Checked() if definition.base is not None and depth < _DEEPEST:
            return may_be_plain(definition.base, depth + 1)
        case Merged() if depth < _DEEPEST:
            return any(may_be_plain(one, depth + 1) for one in definition.options[:4])
    return False
