"""`a = 1 or a = 2` becomes one list, `a != 1 and a != 2` too: shorter SQL, and one subquery."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from pickguard.query.syntax.nodes import Comparison, Expression, Path


class Gathered(NamedTuple):
    """Comparisons of one path with several values, made one list."""

    path: Path
    negated: bool
    members: list[Comparison]
    start: int
    end: int

    def __str__(self) -> str:
        values = ", ".join(str(member.value) for member in self.members)
        return f"{self.path} {'not in' if self.negated else 'in'} ({values})"


def gathered(items: tuple[Expression, ...], operator: str) -> "Sequence[Expression | Gathered]":
    """Return the terms with `a = 1 or a = 2` (`a != 1 and a != 2`) made one list."""
    names = [item[0][0] for item in items if type(item) is Comparison and item[1] == operator]
    if len(names) < 2 or len(set(names)) == len(names):  # nothing to put together
        return items
    groups: dict[tuple[str, str | None], list[Comparison]] = {}
    result: list[Any] = []
    for item in items:
        if type(item) is Comparison and item[1] == operator and not item[0][2]:
            key = item[0][:2]
            group = groups.get(key)
            if group is None:
                groups[key] = group = []
                result.append(group)
            group.append(item)
        else:
            result.append(item)
    return [_merged(item, operator) if type(item) is list else item for item in result]


def _merged(group: list[Comparison], operator: str) -> "Comparison | Gathered":
    first = group[0]
    if len(group) == 1:
        return first
    return Gathered(first.path, operator == "!=", group, first.start, group[-1].end)
