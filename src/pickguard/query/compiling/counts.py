"""`count(groups[…]) >= 2`: which numbers are accepted, and the subquery that counts."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Q

from pickguard.query.compiling.leaves import Child
from pickguard.query.compiling.paths import (
    Frame,
    at_row,
    both,
    exists,
    guards,
    label,
    member,
    opposite,
)
from pickguard.query.compiling.rows import COUNT, Counted, Related
from pickguard.query.compiling.values import Refusal
from pickguard.query.schemas.lookups import POSITIVE
from pickguard.query.syntax.nodes import Choice, Counting, Literal, Range

if TYPE_CHECKING:
    from pickguard.query.schemas.names import Link

_LARGEST = 10**9
_LOOKUPS = {"=": "", "<": "__lt", "<=": "__lte", ">": "__gt", ">=": "__gte"}
_HOLDS: dict[str, Callable[[int, int], bool]] = {
    "=": int.__eq__,
    "<": int.__lt__,
    "<=": int.__le__,
    ">": int.__gt__,
    ">=": int.__ge__,
}


class Numbers(NamedTuple):
    """A set of numbers of rows: as a condition on the count, and whether 0 is among them."""

    having: Q
    zero: bool
    all_others: bool = False  # every number but 0 is on the other side

    def opposite(self) -> "Numbers":
        """Return all other numbers."""
        return Numbers(Q(self.having, _negated=True), not self.zero, self.all_others)


def numbers(node: Counting) -> Numbers:
    """Return the numbers that a count may have. Raises Refusal."""
    operator = POSITIVE.get(node.operator, node.operator)
    value = node.value
    if isinstance(value, Choice):
        items = [_number(item) for item in value.items]
        found = Numbers(Q((COUNT + "__in", items)), zero=0 in items)
    elif isinstance(value, Range):
        low, high = _number(value.low), _number(value.high)
        if low > high:
            raise Refusal("empty-range")
        having = Q((COUNT + "__gte", low), (COUNT + "__lte", high))
        found = Numbers(having, zero=low == 0)
    else:
        number = _number(value)
        if operator not in _LOOKUPS:
            allowed = [*_LOOKUPS, "!=", "in", "not in"]
            raise Refusal("operator", found=operator, field="count", allowed=allowed)
        simple = (operator, number) in {("=", 0), (">", 0), (">=", 1), ("<", 1), ("<=", 0)}
        having = Q((COUNT + _LOOKUPS[operator], number))
        found = Numbers(having, _HOLDS[operator](0, number), simple)
    return found if operator == node.operator else found.opposite()


def _number(node: object) -> int:
    if type(node) is not Literal or node.form != "integer":
        raise Refusal("wrong-type", field="count", found=str(node)[:40], expected=["integer"])
    text = node.text.lstrip("+")
    if text.startswith("-") or len(text) > len(str(_LARGEST)) or int(text) > _LARGEST:
        raise Refusal("out-of-range", field="count", found=text[:40], low=0, high=_LARGEST)
    return int(text)


def counted(
    frame: Frame,
    links: "tuple[Link, ...]",
    end: Callable[[str], Child] | None,
    accepted: Numbers,
    node: object,
) -> Child:
    """Return the condition that an accepted number of rows is there.

    Who points nowhere is in no subquery over the other table: where 0 is accepted, the rows whose
    number is not accepted are found, and taken away.
    """
    *single, link = links
    schema = frame.schema
    conditions = guards(schema, tuple(single), frame.prefix)
    before = frame.prefix + "".join(each.lookup + "__" for each in single)
    for each in links:
        schema = schema.related(each.schema)
    where = at_row(schema, link)
    if end is not None:
        where.append(exists(schema, (), link.inner, end, node))
    condition = Q(*where) if where else None
    wanted = accepted.opposite() if accepted.zero else accepted
    rows = (
        Related(label(link), link.back, condition, node)
        if accepted.all_others
        else Counted(
            label(link), link.back, condition, node, wanted.having,
            "" if link.unique else link.inner.removesuffix("__"),
        )
    )  # fmt: skip
    conditions.append(member(before, link, rows))
    found = both(conditions)
    return opposite(found) if accepted.zero else found
