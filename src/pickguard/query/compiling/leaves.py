"""One attribute, one operator, one value: the condition, as a child of a `Q`.

What a person wrote is only ever a value.
"""

from datetime import date
from typing import Any, TypeAlias

from django.db.models import F, Lookup, Q

from pickguard.query.compiling.moments import Stretch
from pickguard.query.schemas.kinds import NUMBERS
from pickguard.query.schemas.lookups import LOOKUPS
from pickguard.query.schemas.names import Attribute

Child: TypeAlias = "tuple[str, Any] | Q | Lookup[Any]"


def compared(attribute: Attribute, lookup: str, operator: str, value: Any) -> Child:
    """Return the condition for a positive operator."""
    if type(value) is Stretch:
        return _compared_stretch(lookup, operator, value)
    if operator == "=" and attribute.declared.ignore_case and type(value) is str:
        return (lookup + "__iexact", value)
    return (lookup + LOOKUPS[operator][0], value)


def _compared_stretch(lookup: str, operator: str, stretch: Stretch) -> Child:
    match operator:
        case "=":
            return Q((lookup + "__gte", stretch.start), (lookup + "__lt", stretch.end))
        case "<":
            return (lookup + "__lt", stretch.start)
        case "<=":
            return (lookup + "__lt", stretch.end)
        case ">":
            return (lookup + "__gte", stretch.end)
        case _:
            return (lookup + "__gte", stretch.start)


def among(attribute: Attribute, lookup: str, values: list[Any]) -> Child:
    """Return the condition that an attribute has one of the values."""
    plain = [value for value in values if not _special(attribute, value)]
    children: list[Child] = [
        compared(attribute, lookup, "=", value) for value in values if _special(attribute, value)
    ]
    if len(plain) == 1:
        children.append((lookup + "__exact", plain[0]))
    elif plain:
        children.append((lookup + "__in", list(dict.fromkeys(plain))))
    return children[0] if len(children) == 1 else Q(*children, _connector=Q.OR)


def _special(attribute: Attribute, value: Any) -> bool:
    return isinstance(value, (Stretch, F)) or (
        attribute.declared.ignore_case and isinstance(value, str)
    )


def between(lookup: str, low: Any, high: Any) -> Child:
    """Return the condition that an attribute lies in a range, both ends included."""
    first = low.start if type(low) is Stretch else low
    if type(high) is Stretch:
        last: Child = (lookup + "__lt", high.end)
    else:
        last = (lookup + "__lte", high)
    return Q((lookup + "__gte", first), last)


def backwards(low: Any, high: Any) -> bool:
    """Return whether a range of two known values is empty."""
    first = low.start if type(low) is Stretch else low
    last = high.end if type(high) is Stretch else high
    if isinstance(first, F) or isinstance(last, F):
        return False
    if isinstance(first, date) is not isinstance(last, date):
        return False
    return bool(first > last)


def comparable(one: Attribute, other: Attribute) -> bool:
    """Return whether two attributes hold values of the same kind."""
    if one.kind in NUMBERS:
        return other.kind in NUMBERS
    return one.kind == other.kind
