"""What a query says, as frozen nodes: where each stands in the text, and back to text with `str`.

Two nodes are equal when they say the same; where they stand does not count, so
`parse(str(tree)) == tree` for every tree.

>>> from pickguard.query import parse
>>> str(parse('a=1 AND (b__c == "x" or not d<>2)'))
'a = 1 and (b.c = "x" or not d != 2)'
"""

import json
from typing import Any, NamedTuple, TypeAlias, TypeVar

_Node = TypeVar("_Node", bound=type)


def _spanless(node: _Node) -> _Node:
    """Make nodes of a class equal where they say the same, wherever they stand."""

    def same(self: Any, other: object) -> bool:
        return type(self) is type(other) and self[:-2] == other[:-2]  # type: ignore[index]  # same type

    def differ(self: Any, other: object) -> bool:
        return not same(self, other)

    def hash_of(self: Any) -> int:
        return hash((node, self[:-2]))

    node.__eq__ = same  # type: ignore[assignment, method-assign]  # what a tuple does here counts the span
    node.__ne__ = differ  # type: ignore[assignment, method-assign]  # as above
    node.__hash__ = hash_of  # type: ignore[assignment, method-assign]  # as above
    return node


# a word, sign or value as it stands in the text: its form, its text, and where; a plain tuple,
# because there are many of them
Token: TypeAlias = tuple[str, str, int, int]
FORM, TEXT, START, END = range(4)


@_spanless
class Path(NamedTuple):
    """A field's name through relations: `any groups.name`; `word` is a word before it."""

    text: str
    word: str | None
    quantifier: str | None
    start: int = 0
    end: int = 0

    def __str__(self) -> str:
        parts = (self.quantifier, self.word and name_text(self.word), name_text(self.text))
        return " ".join(part for part in parts if part)


@_spanless
class Literal(NamedTuple):
    """A value: `form` is `string`, `integer`, `decimal`, `boolean`, `date`, … or `null`."""

    form: str
    text: str
    start: int = 0
    end: int = 0

    def __str__(self) -> str:
        return quoted(self.text) if self.form == "string" else self.text


@_spanless
class Reference(NamedTuple):
    """Another field of the same row: `modified > created`."""

    text: str
    start: int = 0
    end: int = 0

    def __str__(self) -> str:
        return name_text(self.text, MOMENTS)


@_spanless
class Moment(NamedTuple):
    """A time by name, moved or not: `now`, `today - 7d`, `this month`."""

    text: str
    shift: str | None = None
    start: int = 0
    end: int = 0

    def __str__(self) -> str:
        return f"{self.text} {self.shift[0]} {self.shift[1:]}" if self.shift else self.text


Value: TypeAlias = Literal | Reference | Moment


@_spanless
class Choice(NamedTuple):
    """A list of values: `(1, 2, 3)`."""

    items: tuple[Value, ...]
    start: int = 0
    end: int = 0

    def __str__(self) -> str:
        return "(" + ", ".join(map(str, self.items)) + ")"


@_spanless
class Range(NamedTuple):
    """Two values and all between them: `1..5`."""

    low: Value
    high: Value
    start: int = 0
    end: int = 0

    def __str__(self) -> str:
        return f"{self.low}..{self.high}"


@_spanless
class Comparison(NamedTuple):
    """A field compared with a value: `priority >= 3`."""

    path: Path
    operator: str
    value: Value
    start: int = 0
    end: int = 0

    def __str__(self) -> str:
        return f"{self.path} {self.operator} {self.value}"


@_spanless
class Membership(NamedTuple):
    """A field among values: `priority in (1, 2)`, `priority not in 1..5`."""

    path: Path
    negated: bool
    values: Choice | Range
    start: int = 0
    end: int = 0

    def __str__(self) -> str:
        return f"{self.path} {'not in' if self.negated else 'in'} {self.values}"


@_spanless
class Absence(NamedTuple):
    """`is null`, `is not null`, `is empty`, `is not empty`."""

    path: Path
    test: str
    start: int = 0
    end: int = 0

    def __str__(self) -> str:
        return f"{self.path} is {self.test}"


@_spanless
class Scope(NamedTuple):
    """Conditions on one and the same related row: `groups[name = "X" and active = true]`."""

    path: Path
    body: "Expression | None"
    start: int = 0
    end: int = 0

    def __str__(self) -> str:
        return f"{self.path}[{'' if self.body is None else self.body}]"


@_spanless
class Counting(NamedTuple):
    """The number of related rows: `count(groups[active = true]) >= 2`."""

    scope: Scope
    operator: str
    value: Value | Choice | Range
    start: int = 0
    end: int = 0

    def __str__(self) -> str:
        inside = str(self.scope) if self.scope.body is not None else str(self.scope.path)
        return f"count({inside}) {self.operator} {self.value}"


@_spanless
class FreeText(NamedTuple):
    """A string alone, searched where the schema says."""

    text: str
    start: int = 0
    end: int = 0

    def __str__(self) -> str:
        return quoted(self.text)


@_spanless
class Not(NamedTuple):
    """The complement of what stands behind `not`."""

    item: "Expression"
    start: int = 0
    end: int = 0

    def __str__(self) -> str:
        return f"not ({self.item})" if type(self.item) in (And, Or) else f"not {self.item}"


@_spanless
class And(NamedTuple):
    """Two or more terms that must all hold; none of them is an `And`."""

    items: "tuple[Expression, ...]"
    start: int = 0
    end: int = 0

    def __str__(self) -> str:
        return " and ".join(f"({item})" if type(item) is Or else str(item) for item in self.items)


@_spanless
class Or(NamedTuple):
    """Two or more terms of which one must hold; none of them is an `Or`."""

    items: "tuple[Expression, ...]"
    start: int = 0
    end: int = 0

    def __str__(self) -> str:
        return " or ".join(map(str, self.items))


Expression: TypeAlias = (
    Comparison | Membership | Absence | Scope | Counting | FreeText | Not | And | Or
)


@_spanless
class Key(NamedTuple):
    """One key of `order by`."""

    text: str
    descending: bool
    start: int = 0
    end: int = 0

    def __str__(self) -> str:
        return ("-" if self.descending else "") + name_text(self.text)


@_spanless
class Tree(NamedTuple):
    """A whole query: what to find, in which order, how many."""

    where: "Expression | None"
    order: tuple[Key, ...] = ()
    limit: Literal | None = None
    start: int = 0
    end: int = 0

    def __str__(self) -> str:
        parts = [] if self.where is None else [str(self.where)]
        if self.order:
            parts.append("order by " + ", ".join(map(str, self.order)))
        if self.limit is not None:
            parts.append(f"limit {self.limit}")
        return " ".join(parts)


RESERVED = frozenset(
    ["and", "or", "not", "in", "is", "null", "true", "false", "any", "all", "none"]
)
MOMENTS = frozenset(["now", "today", "yesterday", "tomorrow"])
PERIODS = frozenset(
    f"{which} {unit}"
    for which in ("this", "last", "next")
    for unit in ("day", "week", "month", "quarter", "year")
)
# words that mean something only before certain others; a name like them is safest in backticks
_HALF_RESERVED = frozenset(["count", "order", "limit", "this", "last", "next"])


def name_text(path: str, also: frozenset[str] = frozenset()) -> str:
    """Return a path as it can be written; a name that is a word of the language in backticks."""
    first = path.partition(".")[0].lower()
    if first in RESERVED or first in _HALF_RESERVED or (first in also and first == path.lower()):
        return f"`{path}`"
    return path


def quoted(text: str) -> str:
    """Return a string as it can be written: double quotes, backslash before quote and backslash.

    Control characters and line ends become escapes, so a query stays one line.
    """
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def conjunction(*items: Expression) -> Expression:
    """Return `items` joined by `and`, flat."""
    flat: list[Expression] = []
    for item in items:
        flat.extend(item.items if type(item) is And else [item])
    return flat[0] if len(flat) == 1 else And(tuple(flat))


def disjunction(*items: Expression) -> Expression:
    """Return `items` joined by `or`, flat."""
    flat: list[Expression] = []
    for item in items:
        flat.extend(item.items if type(item) is Or else [item])
    return flat[0] if len(flat) == 1 else Or(tuple(flat))
