"""The items of a list that code hands to a template: dictionaries, pairs, the rows in either.

`[{"note": note, "n": 1} for note in notes]`, `zip(notes, counts)`, `{note.pk: note for note in notes}`
"""

from __future__ import annotations

from collections.abc import Iterator

from pickguard.flow.values.instance import Sort, Type
from pickguard.kit.code import Code, tail
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of

_DEPTH_LIMIT = 4
_SAME = frozenset({"list", "tuple", "sorted", "reversed", "iter"})


def type_at(code: Code, value: n.Expr, position: int, *, of_pairs: bool = False) -> Type | None:
    """Return the type of one place of each item of a list: of `note` in `{% for note, count in pairs %}`.

    Args:
        code: where the value stands.
        value: the list.
        position: the place, from 0.
        of_pairs: whether the value is a dictionary whose keys and values are the items.
    """
    found = (_at(code, one, position, of_pairs=of_pairs) for one in lists(code, value))
    return next((one for one in found if one is not None), None)


def type_of_item(code: Code, value: n.Expr) -> Type | None:
    """Return the type of a value, or of what a comprehension holds of it."""
    found = code.type_of(value)
    is_list = isinstance(value, n.Comprehension)
    return found.item() if is_list and found is not None and found.sort is Sort.ROWS else found


def lists(code: Code, value: n.Expr, depth: int = 0) -> Iterator[n.Expr]:
    """Yield what a list is made by: itself, what its name is given, and what is appended to it, each as a list."""
    if depth > _DEPTH_LIMIT:
        return
    if isinstance(value, n.Call) and tail(value.func) in _SAME and value.args:
        yield from lists(code, value.args[0], depth + 1)
    elif isinstance(value, n.Name):
        for made in code.assigned(value.id):
            yield from lists(code, made, depth + 1)
        for call in code.calls("append"):
            if tail(receiver_of(call)) == value.id and call.args:
                yield n.Sequence(call.span, "list", call.args[:1])
    else:
        yield value


def _at(code: Code, made: n.Expr, position: int, *, of_pairs: bool) -> Type | None:
    match made:
        case n.Comprehension(kind="dict", key=key, value=value) if of_pairs:
            place = value if position else key
            return code.type_of(place) if place is not None else None
        case n.Comprehension(value=n.Sequence(items=items)) if position < len(items):
            return code.type_of(items[position])
        case n.Sequence(items=(n.Sequence(items=items), *_)) if position < len(items):
            return code.type_of(items[position])
        case n.Call(args=args) if tail(made.func) == "enumerate" and args and position == 1:
            return _item(code, args[0])
        case n.Call(args=args) if tail(made.func).startswith("zip") and position < len(args):
            return _item(code, args[position])
    return None


def _item(code: Code, rows: n.Expr) -> Type | None:
    found = code.type_of(rows)
    return found.item() if found is not None else None
