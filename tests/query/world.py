"""A random ticket desk, the same in memory and in a database; and random queries about it."""

import random
import uuid
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.contenttypes.models import ContentType
from hypothesis import strategies as st
from tests.query.app import models
from tests.query.reference import Row

from pickguard.query.syntax import nodes

ZONE = ZoneInfo("Europe/Berlin")
TEXTS = ["", "a", "A", "ab", "aB", "b", "a%b", "a_b", "a\\b", "it's", "é", "x é y", 'q"q']
NUMBERS = [-5, -1, 0, 1, 2, 3, 7]
DAYS = [date(2011, 4, 1), date(2011, 4, 2), date(2011, 10, 30), date(2012, 2, 29)]
INSTANTS = [
    datetime(2011, 3, 31, 23, 59, 59, tzinfo=ZONE),
    datetime(2011, 4, 1, 0, 0, tzinfo=ZONE),
    datetime(2011, 4, 1, 23, 30, tzinfo=ZONE),
    datetime(2011, 4, 2, 0, 0, tzinfo=ZONE),
    datetime(2011, 10, 30, 23, 30, tzinfo=ZONE),
    datetime(2012, 2, 29, 12, 0, tzinfo=ZONE),
]
CLOCKS = [time(0, 0), time(9, 30), time(23, 59, 59)]
LENGTHS = [timedelta(0), timedelta(hours=1), timedelta(hours=48)]
PRICES = [Decimal("0.00"), Decimal("1.50"), Decimal("19.99"), Decimal("-2.25")]
RATIOS = [0.0, 0.5, -1.25, 3.0]
KEYS = [uuid.UUID(int=1), uuid.UUID(int=2)]
ADDRESSES = ["192.0.2.1", "2001:db8::1"]

COLUMNS: dict[str, dict[str, tuple[str, list[Any], bool]]] = {
    "team": {"name": ("text", TEXTS, False)},
    "person": {
        "name": ("text", TEXTS, False),
        "active": ("boolean", [True, False], False),
        "age": ("integer", NUMBERS, True),
    },
    "state": {"name": ("text", TEXTS, False)},
    "group": {"name": ("text", TEXTS, False), "active": ("boolean", [True, False], True)},
    "comment": {"stars": ("integer", NUMBERS, True), "text": ("text", TEXTS, False)},
    "detail": {"size": ("integer", NUMBERS, True)},
    "mark": {"word": ("text", TEXTS, False)},
    "ticket": {
        "name": ("text", TEXTS, False),
        "note": ("text", TEXTS, True),
        "code": ("text", ["", "a", "A", "ab", "B"], False),
        "priority": ("integer", NUMBERS, False),
        "weight": ("integer", NUMBERS, True),
        "price": ("decimal", PRICES, True),
        "ratio": ("decimal", RATIOS, True),
        "done": ("boolean", [True, False], False),
        "due": ("date", DAYS, True),
        "created": ("datetime", INSTANTS, False),
        "modified": ("datetime", INSTANTS, True),
        "at": ("time", CLOCKS, True),
        "spent": ("duration", LENGTHS, True),
        "key": ("uuid", KEYS, True),
        "address": ("text", ADDRESSES, True),
    },
}
# model → relation → (model, to many)
RELATIONS: dict[str, dict[str, tuple[str, bool]]] = {
    "team": {"members": ("person", True)},
    "person": {
        "team": ("team", False),
        "tickets": ("ticket", True),
        "boss": ("person", False),
        "staff": ("person", True),
    },
    "group": {"owner": ("person", False)},
    "comment": {"author": ("person", False)},
    "ticket": {
        "state": ("state", False),
        "owner": ("person", False),
        "groups": ("group", True),
        "watchers": ("person", True),
        "comments": ("comment", True),
        "detail": ("detail", False),
        "marks": ("mark", True),
    },
}
REVISIT = {"members", "boss", "staff"}
CLASSES = {
    "team": models.Team, "person": models.Person, "state": models.State, "group": models.Group,
    "ticket": models.Ticket, "comment": models.Comment, "detail": models.Detail,
    "mark": models.Mark,
}  # fmt: skip


@dataclass
class World:
    """Rows by model, and the pairs of the two through tables."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    memberships: list[tuple[int, int]] = field(default_factory=list)
    watches: list[tuple[int, int | None]] = field(default_factory=list)


def build(seed: int, size: int = 14) -> World:
    """Return a random world; equal seeds make equal worlds."""
    chance = random.Random(seed)
    world = World()
    for model, number in (
        ("team", 3), ("person", 6), ("state", 3), ("group", 5), ("ticket", size),
        ("comment", size), ("detail", size // 2), ("mark", size),
    ):  # fmt: skip
        world.rows[model] = [Row(i + 1, _columns(chance, model)) for i in range(number)]
    for row in world.rows["person"]:
        row.one = {"team": _some(chance, world, "team"), "boss": _some(chance, world, "person")}
    for row in world.rows["group"]:
        row.one = {"owner": _some(chance, world, "person")}
    for row in world.rows["comment"]:
        row.one = {
            "author": _some(chance, world, "person"),
            "ticket": _some(chance, world, "ticket"),
        }
    for row in world.rows["mark"]:  # of people too, who have the same keys as tickets
        row.one = {"of": _some(chance, world, chance.choice(["ticket", "ticket", "person"]))}
    details = chance.sample(world.rows["ticket"], len(world.rows["detail"]))
    for row, ticket in zip(world.rows["detail"], details, strict=True):
        row.one = {"ticket": ticket}
    _tickets(chance, world)
    _backwards(world)
    return world


def _columns(chance: random.Random, model: str) -> dict[str, Any]:
    return {
        name: None if nullable and chance.random() < 0.25 else chance.choice(values)
        for name, (_, values, nullable) in COLUMNS[model].items()
    }


def _some(chance: random.Random, world: World, model: str) -> Row | None:
    return None if chance.random() < 0.25 else chance.choice(world.rows[model])


def _tickets(chance: random.Random, world: World) -> None:
    details = {row.one["ticket"]: row for row in world.rows["detail"]}
    for row in world.rows["ticket"]:
        row.one = {
            "state": _some(chance, world, "state"),
            "owner": _some(chance, world, "person"),
            "detail": details.get(row),
        }
        groups = chance.sample(world.rows["group"], chance.choice([0, 0, 1, 2, 3]))
        world.memberships += [(row.id, group.id) for group in groups]
        watchers = [_some(chance, world, "person") for _ in range(chance.choice([0, 1, 2, 4]))]
        world.watches += [(row.id, each.id if each else None) for each in watchers]
        row.many = {"groups": groups, "watchers": [each for each in watchers if each]}


def _backwards(world: World) -> None:
    for ticket in world.rows["ticket"]:
        ticket.many["comments"] = _pointing(world, "comment", "ticket", ticket)
        ticket.many["marks"] = _pointing(world, "mark", "of", ticket)
    for team in world.rows["team"]:
        team.many["members"] = _pointing(world, "person", "team", team)
    for person in world.rows["person"]:
        person.many["staff"] = _pointing(world, "person", "boss", person)
        person.many["tickets"] = _pointing(world, "ticket", "owner", person)


def _pointing(world: World, model: str, relation: str, row: Row) -> list[Row]:
    return [each for each in world.rows[model] if each.one[relation] is row]


def store(world: World, using: str) -> None:
    """Write a world into an empty database."""
    for model in ("team", "person", "state", "group", "ticket", "comment", "detail"):
        objects = []
        for row in world.rows[model]:
            keys = {
                f"{name}_id": each and each.id for name, each in row.one.items() if name != "detail"
            }
            keys.pop("boss_id", None)
            objects.append(CLASSES[model](id=row.id, **row.columns, **keys))
        CLASSES[model]._default_manager.using(using).bulk_create(objects)
    for person in world.rows["person"]:
        if person.one["boss"]:
            models.Person.objects.using(using).filter(id=person.id).update(
                boss=person.one["boss"].id
            )
    _store_marks(world, using)
    through = models.Ticket.groups.through
    through.objects.using(using).bulk_create(
        [through(ticket_id=ticket, group_id=group) for ticket, group in world.memberships]
    )
    models.Watch.objects.using(using).bulk_create(
        [models.Watch(ticket_id=ticket, person_id=person) for ticket, person in world.watches]
    )


def _store_marks(world: World, using: str) -> None:
    types = ContentType.objects.db_manager(using)
    kinds = {name: types.get_for_model(CLASSES[name]) for name in ("ticket", "person")}
    owners = {row: name for name in kinds for row in world.rows[name]}
    marks = []
    for row in world.rows["mark"]:
        owner = row.one["of"]
        kind = kinds["ticket" if owner is None else owners[owner]]
        key = None if owner is None else owner.id
        marks.append(models.Mark(id=row.id, kind_id=kind.pk, key=key, **row.columns))
    models.Mark.objects.using(using).bulk_create(marks)


# --- random queries -----------------------------------------------------------------------------


@st.composite
def paths(
    draw: Any, model: str, hops: int, visited: tuple[str, ...]
) -> tuple[list[str], str, bool]:
    """Return relations to follow, the model they lead to, and whether one leads to many."""
    names: list[str] = []
    many = False
    while hops and draw(st.booleans()):
        possible = [
            name
            for name, (other, _) in sorted(RELATIONS.get(model, {}).items())
            if other not in visited or name in REVISIT
        ]
        if not possible:
            break
        name = draw(st.sampled_from(possible))
        model, to_many = RELATIONS[model][name]
        many = many or to_many
        visited = (*visited, model)
        names.append(name)
        hops -= 1
    return names, model, many


def literal(kind: str, value: Any) -> nodes.Literal:
    """Return a value as a query writes it."""
    match kind:
        case "text":
            return nodes.Literal("string", value)
        case "boolean":
            return nodes.Literal("boolean", "true" if value else "false")
        case "integer":
            return nodes.Literal("integer", str(value))
        case "decimal":
            return nodes.Literal("decimal", f"{float(value):.2f}")
        case "date":
            return nodes.Literal("date", value.isoformat())
        case "datetime":
            return nodes.Literal("datetime", value.replace(tzinfo=None).isoformat())
        case "time":
            return nodes.Literal("time", value.isoformat())
        case "duration":
            return nodes.Literal("duration", f"{int(value.total_seconds() // 3600)}h")
        case _:
            return nodes.Literal("string", str(value))


OPERATORS = {
    "text": ["=", "!=", "~", "!~", "^=", "!^=", "$=", "!$="],
    "boolean": ["=", "!="],
    "uuid": ["=", "!="],
}
ORDERED = ["=", "!=", "<", "<=", ">", ">="]


@st.composite
def values(draw: Any, model: str, column: str) -> Any:
    """Return a value to compare a column with."""
    kind, choices, _ = COLUMNS[model][column]
    if kind == "datetime" and draw(st.booleans()):
        return literal("date", draw(st.sampled_from(DAYS)))
    return literal(kind, draw(st.sampled_from(choices)))


@st.composite
def terms(draw: Any, model: str, hops: int, visited: tuple[str, ...]) -> Any:
    """Return one term about a model."""
    names, end, many = draw(paths(model, hops, visited))
    column = draw(st.sampled_from(sorted(COLUMNS[end])))
    kind, _, _ = COLUMNS[end][column]
    quantifier = draw(st.sampled_from([None, None, None, "any", "all", "none"])) if many else None
    path = nodes.Path(".".join([*names, column]), None, quantifier)
    operators = ["=", "!="] if column == "address" else OPERATORS.get(kind, ORDERED)
    match draw(st.sampled_from(["compare", "compare", "compare", "in", "range", "null", "field"])):
        case "in" if kind != "boolean":
            items = draw(st.lists(values(end, column), min_size=1, max_size=3))
            return nodes.Membership(path, draw(st.booleans()), nodes.Choice(tuple(items)))
        case "range" if operators is ORDERED and kind not in (
            "datetime",
            "duration",
            "time",
            "date",
        ):
            low, high = sorted([draw(st.sampled_from(COLUMNS[end][column][1])) for _ in "ab"])
            limits = nodes.Range(literal(kind, low), literal(kind, high))
            return nodes.Membership(path, draw(st.booleans()), limits)
        case "null":
            test = draw(st.sampled_from(["null", "not null", "empty", "not empty"]))
            return nodes.Absence(path, test)
        case "field" if not many and (other := draw(references(model, end, column))) is not None:
            operator = draw(st.sampled_from([o for o in operators if o in ORDERED]))
            return nodes.Comparison(path, operator, nodes.Reference(other))
    return nodes.Comparison(path, draw(st.sampled_from(operators)), draw(values(end, column)))


@st.composite
def references(draw: Any, model: str, end: str, column: str) -> str | None:
    """Return another column of the same kind, of the row that is asked or of one it points at."""
    kind = COLUMNS[end][column][0]
    if column in ("code", "address", "price", "ratio"):
        return None
    possible = [
        prefix + other
        for prefix, owner in [
            ("", model),
            *(
                (f"{n}.", m)
                for n, (m, many) in sorted(RELATIONS.get(model, {}).items())
                if not many
            ),
        ]
        for other, (other_kind, _, _) in sorted(COLUMNS[owner].items())
        if other_kind == kind and other not in ("code", "address", "price", "ratio")
    ]
    return draw(st.sampled_from(possible)) if possible else None


@st.composite
def scopes(draw: Any, model: str, hops: int, visited: tuple[str, ...], depth: int) -> Any:
    """Return a condition in brackets, or a count of the rows it holds for."""
    possible = [
        name
        for name, (other, _) in sorted(RELATIONS.get(model, {}).items())
        if (other not in visited or name in REVISIT)
    ]
    if not possible or not hops:
        return draw(terms(model, hops, visited))
    name = draw(st.sampled_from(possible))
    end, many = RELATIONS[model][name]
    body = draw(st.none() | expressions(end, hops - 1, (*visited, end), depth - 1))
    if many and draw(st.booleans()):
        scope = nodes.Scope(nodes.Path(name, None, None), body)
        number = nodes.Literal("integer", str(draw(st.integers(0, 3))))
        operator = draw(st.sampled_from([*ORDERED, "in", "not in", "range"]))
        if operator in ("in", "not in"):
            return nodes.Counting(
                scope, operator, nodes.Choice((number, nodes.Literal("integer", "1")))
            )
        if operator == "range":
            return nodes.Counting(scope, "in", nodes.Range(nodes.Literal("integer", "0"), number))
        return nodes.Counting(scope, operator, number)
    quantifier = draw(st.sampled_from([None, None, "any", "all", "none"]))
    return nodes.Scope(nodes.Path(name, None, quantifier), body)


@st.composite
def expressions(
    draw: Any, model: str = "ticket", hops: int = 4, visited: tuple[str, ...] = ("ticket",),
    depth: int = 3,
) -> Any:  # fmt: skip
    """Return a whole condition about a model."""
    kind = draw(st.sampled_from(["term", "term", "and", "or", "not", "scope", "text", "relation"]))
    if depth <= 0:
        kind = "term"
    if kind in ("and", "or"):
        items = draw(st.lists(expressions(model, hops, visited, depth - 1), min_size=2, max_size=3))
        return (nodes.conjunction if kind == "and" else nodes.disjunction)(*items)
    if kind == "not":
        return nodes.Not(draw(expressions(model, hops, visited, depth - 1)))
    if kind == "scope":
        return draw(scopes(model, hops, visited, depth))
    if kind == "text" and model == "ticket" and len(visited) == 1:
        return nodes.FreeText(draw(st.sampled_from(TEXTS)))
    if kind == "relation" and hops:
        names, _, _ = draw(paths(model, min(hops, 2), visited))
        if names:
            test = draw(st.sampled_from(["null", "not null", "empty", "not empty"]))
            return nodes.Absence(nodes.Path(".".join(names), None, None), test)
    return draw(terms(model, hops, visited))
