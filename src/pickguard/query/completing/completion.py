"""What could stand at the cursor: names, operators, values and words, the likeliest first.

Only what this person may use is offered; values of rows come from rows that this person may see,
and only for fields that allow it. Works inside an unfinished query, and never raises on a text.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db import OperationalError
from django.db.models import Model

from pickguard.query.compiling.cost import bounded
from pickguard.query.compiling.moments import local
from pickguard.query.completing.position import Position, Typed, attribute_of, position, typed_at
from pickguard.query.schemas.kinds import OPERATORS, TIMES, Kind
from pickguard.query.schemas.names import Attribute, Link, Named
from pickguard.query.schemas.schema import Schema
from pickguard.query.schemas.suggest import ALL_OPERATORS, own_names
from pickguard.query.syntax import messages
from pickguard.query.syntax.errors import QueryError
from pickguard.query.syntax.limits import check_text
from pickguard.query.syntax.nodes import name_text, quoted

MOST = 30
_MOST_VALUES = 10
_LONGEST = 100  # a longer text is nothing to choose from a list
_SECONDS = 1.0  # longer than somebody who types would wait
_WORDS = (
    ("AND", "and"),
    ("OR", "or"),
    ("RBRACKET", "]"),
    ("RPAREN", ")"),
    ("COMMA", ","),
    ("RANGE", ".."),
    ("LBRACKET", "["),
    ("ORDER_BY", "order by"),
    ("LIMIT", "limit 50"),
)
_STARTS = (("NOT", "not"), ("QUANTIFIER", "any"), ("QUANTIFIER", "all"), ("QUANTIFIER", "none"))
_MOMENTS = ("today", "now", "now - 7d", "yesterday", "this week", "this month", "this year")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Something that could be put at the cursor.

    Attributes:
        text: what to put there.
        start, end: what it replaces.
        kind: `field`, `relation`, `operator`, `value` or `word`.
        label: a word about it for the reader; may be empty.
    """

    text: str
    start: int
    end: int
    kind: str
    label: str = ""

    def apply(self, query: str) -> str:
        """Return the query with the suggestion taken."""
        return query[: self.start] + self.text + query[self.end :]


def complete(schema: Schema, text: str, cursor: int) -> list[Suggestion]:
    """Return what could stand at the cursor of a text."""
    cursor = max(0, min(cursor, len(text)))
    try:
        check_text(text, schema.limits)
    except QueryError:
        return []
    for typed in typed_at(text, cursor):
        place = position(schema, typed.head)
        if place is not None and (found := _ranked(_possible(place, typed), typed)):
            return found
    return []


def _ranked(possible: Iterable[Suggestion], typed: Typed) -> list[Suggestion]:
    """Return those that go on with what was typed, before those that hold it somewhere."""
    part = " ".join(typed.part.casefold().split()).lstrip("`")
    starting: dict[str, Suggestion] = {}
    holding: dict[str, Suggestion] = {}
    for suggestion in possible:
        text = suggestion.text.casefold().strip("\"'`")
        if text == part and suggestion.kind != "relation":
            continue
        if text.startswith(part):
            starting.setdefault(suggestion.text, suggestion)
        elif part and part in text.rpartition(".")[2]:
            holding.setdefault(suggestion.text, suggestion)
    return [*starting.values(), *holding.values()][:MOST]


def _possible(place: Position, typed: Typed) -> Iterator[Suggestion]:
    if place.wants_value:
        yield from _values(place, typed)
        return
    if typed.quote:
        return
    last = place.before[-1] if place.before else ""
    if place.in_order:
        if "NAME" in place.viable and last in ("ORDER_BY", "COMMA", "MINUS"):
            yield from _names(place, typed, order=True)
        elif "NAME" in place.viable:
            yield from (_word(typed, text) for text in ("desc", "asc"))
    elif "OP" in place.viable or "IS" in place.viable or "LBRACKET" in place.viable:
        yield from _operators(place, typed)
    if "NAME" in place.viable and "NOT" in place.viable:
        yield from _names(place, typed, order=False)
        yield from (_word(typed, text) for kind, text in _STARTS if kind in place.viable)
        if "COUNT" in place.viable:
            yield _word(typed, "count(")
    elif "NAME" in place.viable and last in ("QUANTIFIER", "LPAREN"):
        yield from _names(place, typed, order=False)
    yield from (_word(typed, text) for kind, text in _WORDS if _fits(kind, place))


def _fits(kind: str, place: Position) -> bool:
    """Return whether a sign can come next; brackets only behind what has rows."""
    if kind == "LBRACKET" and (place.subject is None or not isinstance(place.subject.end, Link)):
        return False
    return kind in place.viable


def _word(typed: Typed, text: str) -> Suggestion:
    return Suggestion(text, typed.start, typed.end, "word")


def _names(place: Position, typed: Typed, *, order: bool) -> Iterator[Suggestion]:
    *before, _ = typed.part.replace("__", ".").split(".")
    schema, links = place.schema, place.links
    for name in before:
        link = schema.names.get(name)
        if not isinstance(link, Link) or (order and link.many):
            return
        links = (*links, link)
        schema = schema.related(link.schema)
    if len(links) > schema.limits.hops:
        return
    visited = {place.root, *(link.schema.model for link in links)}
    for name in own_names(schema):
        named = schema.names[name]
        if _reachable(named, visited, order=order, hops=len(links), most=schema.limits.hops):
            yield _name(".".join([*before, name]), named, typed)


def _reachable(
    named: Named, visited: set[type[Model]], *, order: bool, hops: int, most: int
) -> bool:
    if isinstance(named, Attribute):
        return named.order or not order
    if order and named.many:
        return False
    return hops < most and (named.revisit or named.schema.model not in visited)


def _name(path: str, named: Named, typed: Typed) -> Suggestion:
    if isinstance(named, Link):
        label = messages.phrase("rows")
        return Suggestion(name_text(path) + ".", typed.start, typed.end, "relation", label)
    label = messages.phrase(str(named.kind)) if named.kind != Kind.OPAQUE else ""
    return Suggestion(name_text(path), typed.start, typed.end, "field", label)


def _operators(place: Position, typed: Typed) -> Iterator[Suggestion]:
    if place.subject is None:
        return
    end = place.subject.end
    if "IS" not in place.viable:  # behind a count
        signs = [sign for sign in ALL_OPERATORS if sign in OPERATORS[Kind.INTEGER]]
    elif isinstance(end, Link):
        signs = ["is empty", "is not empty"]
    else:
        signs = [sign for sign in ALL_OPERATORS if sign in end.operators]
        if "null" in end.operators:
            signs += ["is null", "is not null"]
            signs += ["is empty", "is not empty"] if end.kind is Kind.TEXT else []
    for sign in signs:
        yield Suggestion(sign, typed.start, typed.end, "operator")


def _values(place: Position, typed: Typed) -> Iterator[Suggestion]:
    attribute = attribute_of(place)
    if attribute is None:
        return
    for text, label in _value_texts(place, attribute, typed):
        yield Suggestion(text, typed.start, typed.end, "value", label)
    if place.before[-1] in ("IN", "NOT_IN") and not typed.quote:
        yield _word(typed, "(")


def _value_texts(place: Position, attribute: Attribute, typed: Typed) -> Iterator[tuple[str, str]]:
    if attribute.kind is Kind.BOOLEAN:
        yield from (("true", ""), ("false", ""))
    elif attribute.kind in TIMES:
        yield from ((text, "") for text in _MOMENTS)
        yield local(place.schema.now()).date().isoformat(), ""
    elif attribute.field.choices:
        for value, label in attribute.field.flatchoices:
            text = quoted(str(value)) if attribute.kind is Kind.TEXT else str(value)
            yield text, str(label)
    elif attribute.declared.complete and attribute.expression is None:
        yield from ((text, "") for text in _row_values(place, attribute, typed.part))


def _row_values(place: Position, attribute: Attribute, part: str) -> Iterator[str]:
    """Return values of rows that may be seen and go on with the part; none that take long."""
    assert place.subject is not None  # the attribute is its end
    schema = place.schema
    for link in place.subject.links:
        schema = schema.related(link.schema)
    lookup = attribute.lookup
    rows = schema.visible(schema.user).exclude((lookup + "__isnull", True)).order_by(lookup)
    if attribute.kind is Kind.TEXT and part:
        rows = rows.filter((lookup + "__istartswith", part))
    values = rows.values_list(lookup, flat=True).distinct()[:_MOST_VALUES]
    try:
        with bounded(_SECONDS, rows.db):
            found = list(values)
    except OperationalError:
        return
    texts = (quoted(value) if attribute.kind is Kind.TEXT else str(value) for value in found)
    yield from (text for text in texts if len(text) <= _LONGEST)
