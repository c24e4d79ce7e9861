"""How fast text becomes a Q, beside other tools; and what the SQL costs on a million rows.

    python benchmarks/query.py                 # CPU per query: parse, bind, check, build Q
    python benchmarks/query.py sql [ROWS]      # the SQL, on every database that answers

Needs `uv sync --group benchmark` for the other tools; what is missing is left out and said.
Figures are medians of the CPU time of one query in microseconds. Django's own work (resolving
the Q, writing and running SQL) comes on top for every tool alike and is not counted.
"""

import gc
import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

django.setup()

from django.db import connections
from django.db.models import Q
from tests.query.app.models import Comment, Group, Person, State, Ticket
from tests.query.schemas import WideTicketSchema

SIZES = (1, 10, 200, 2000)
_FIELDS = ("name", "priority", "note")


def sentence(terms: int, equals: str = "=", quote: str = '"') -> str:
    """Return a query of that many terms over three fields, joined by and and or in turn."""
    words = []
    for i in range(terms):
        field = _FIELDS[i % 3]
        value = str(i) if field == "priority" else f"{quote}value {i}{quote}"
        operator = {"priority": ">", "name": equals, "note": equals}[field]
        if equals == "eq" and operator == ">":
            operator = "gt"
        words.append(f"{field} {operator} {value}")
    text = words[0]
    for i, word in enumerate(words[1:]):
        text += (" and " if i % 2 else " or ") + word
    return text


# --- the floor: recursive descent with nothing but what it takes to get a Q ----------------------

_TOKEN = re.compile(
    r"""\s*(?:(?P<word>\w+)|(?P<op>!=|>=|<=|=|>|<)|(?P<text>"[^"]*")|(?P<b>[()]))"""
)
_LOOKUP = {"=": "", "!=": "", ">": "__gt", "<": "__lt", ">=": "__gte", "<=": "__lte"}


class Descent:
    """The floor: no schema, no spans, no checks, no relations, two kinds of values."""

    def __init__(self, text: str) -> None:
        self.tokens = [(m.lastgroup, m[m.lastgroup or 0]) for m in _TOKEN.finditer(text)]
        self.tokens.append(("end", ""))
        self.at = 0

    def either(self) -> Q:
        parts = [self.both()]
        while self.tokens[self.at][1] == "or":
            self.at += 1
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else Q(*parts, _connector=Q.OR)

    def both(self) -> Q:
        parts = [self.one()]
        while self.tokens[self.at][1] == "and":
            self.at += 1
            parts.append(self.one())
        return parts[0] if len(parts) == 1 else Q(*parts)

    def one(self) -> Q:
        kind, word = self.tokens[self.at]
        self.at += 1
        if word == "not":
            return Q(self.one(), _negated=True)
        if kind == "b":
            inner = self.either()
            self.at += 1
            return inner
        operator = self.tokens[self.at][1]
        kind, value = self.tokens[self.at + 1]
        self.at += 2
        converted = value[1:-1] if kind == "text" else int(value)
        return Q((word + _LOOKUP[operator], converted), _negated=operator == "!=")


def descent(text: str) -> Q:
    return Descent(text).either()


# --- the others ---------------------------------------------------------------------------------


def pickguard() -> Callable[[str], Any]:
    schema = WideTicketSchema()
    return lambda text: schema.compile(text).q


def djangoql(*, reused: bool) -> Callable[[str], Any]:
    from djangoql.parser import DjangoQLParser
    from djangoql.queryset import build_filter
    from djangoql.schema import DjangoQLSchema

    schema = DjangoQLSchema(Ticket)
    kept = DjangoQLParser()

    def run(text: str) -> Any:
        tree = (kept if reused else DjangoQLParser()).parse(text)
        schema.validate(tree)
        return build_filter(tree, schema)

    return run


def odata() -> Callable[[str], Any]:
    from odata_query.django.django_q import AstToDjangoQVisitor
    from odata_query.grammar import ODataLexer, ODataParser

    lexer, parser = ODataLexer(), ODataParser()

    def run(text: str) -> Any:
        return AstToDjangoQVisitor(Ticket).visit(parser.parse(lexer.tokenize(text)))

    return run


LARK = r"""
    ?start: either
    ?either: both ("or" both)*
    ?both: one ("and" one)*
    ?one: "not" one -> complement | "(" either ")" | NAME OP value -> term
    value: STRING -> text | INT -> number
    NAME: /(?!(and|or|not)\b)[a-z_]\w*/
    OP: "!=" | ">=" | "<=" | "=" | ">" | "<"
    STRING: /"[^"]*"/
    %import common.SIGNED_INT -> INT
    %import common.WS
    %ignore WS
"""


def lark() -> Callable[[str], Any]:
    from lark import Lark, Transformer, v_args

    @v_args(inline=True)
    class ToQ(Transformer):  # type: ignore[type-arg]  # lark's own
        def text(self, token: str) -> str:
            return token[1:-1]

        def number(self, token: str) -> int:
            return int(token)

        def term(self, name: str, operator: str, value: Any) -> Q:
            return Q((name + _LOOKUP[operator], value), _negated=operator == "!=")

        def complement(self, item: Q) -> Q:
            return ~item

        def both(self, *items: Q) -> Q:
            return Q(*items)

        def either(self, *items: Q) -> Q:
            return Q(*items, _connector=Q.OR)

    parser = Lark(LARK, parser="lalr", transformer=ToQ())
    return parser.parse


def median_us(function: Callable[[str], Any], text: str, budget: float = 1.0) -> float:
    """Return the median CPU time of a call, from as many as fit the budget in seconds."""
    function(text)
    start = process_time()
    function(text)
    once = max(process_time() - start, 1e-6)
    number = max(1, int(0.01 / once))
    rounds = max(3, min(40, int(budget / (once * number))))
    gc.collect()
    gc.disable()
    try:
        times = []
        for _ in range(rounds):
            start = process_time()
            for _ in range(number):
                function(text)
            times.append((process_time() - start) / number)
    finally:
        gc.enable()
    return statistics.median(times) * 1e6


def compare() -> None:
    plain = {size: sentence(size) for size in SIZES}
    spoken = {size: sentence(size, equals="eq", quote="'") for size in SIZES}
    tools: list[tuple[str, Callable[[], Callable[[str], Any]], dict[int, str]]] = [
        ("recursive descent, the floor", lambda: descent, plain),
        ("pickguard", pickguard, plain),
        ("lark, LALR", lark, plain),
        ("odata-query", odata, spoken),
        ("djangoql, parser reused", lambda: djangoql(reused=True), plain),
        ("djangoql, as shipped", lambda: djangoql(reused=False), plain),
    ]
    print(f"{'µs a query':38}" + "".join(f"{f'{size} terms':>14}" for size in SIZES))
    for name, make, texts in tools:
        try:
            function = make()
        except ImportError as missing:
            print(f"{name:38} left out: {missing}")
            continue
        cells = []
        for size in SIZES:
            try:
                cells.append(f"{median_us(function, texts[size]):14,.1f}")
            except RecursionError:
                cells.append(f"{'RecursionError':>14}")
        print(f"{name:38}" + "".join(cells))
    lists()


def lists() -> None:
    function = pickguard()
    print("\nlist items" + " " * 28 + "".join(f"{size:>14}" for size in (10, 100, 1000, 10000)))
    cells = []
    for size in (10, 100, 1000, 10000):
        text = "priority in (" + ", ".join(map(str, range(size))) + ")"
        cells.append(f"{median_us(function, text):14,.1f}")
    print(f"{'pickguard':38}" + "".join(cells))
    imported()


IMPORT = """
import django
from time import process_time
django.setup()
start = process_time()
import pickguard.query
print((process_time() - start) * 1000)
"""


def imported() -> None:
    """Print the CPU time that importing the language takes once Django is set up."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment["DJANGO_SETTINGS_MODULE"] = "django.conf.global_settings"
    with tempfile.TemporaryDirectory() as kept:
        environment["PYTHONPYCACHEPREFIX"] = kept
        times = [
            float(subprocess.check_output([sys.executable, "-c", IMPORT], env=environment))
            for _ in range(12)
        ]
    print(f"\nimport, beyond Django's: {min(times):.1f} ms")


# --- the SQL ------------------------------------------------------------------------------------


def ticket(number: int, now: Any) -> Ticket:
    """Return a ticket whose values follow from its number."""
    owner = number % 1000 + 1 if number % 4 else None
    return Ticket(
        id=number,
        name=f"ticket {number}",
        priority=number % 100,
        created=now,
        state_id=number % 5 + 1,
        owner_id=owner,
    )


def fill(alias: str, rows: int) -> None:
    """Put tickets, groups, comments and people into empty tables."""
    State.objects.using(alias).bulk_create([State(id=i, name=f"state {i}") for i in range(1, 6)])
    Person.objects.using(alias).bulk_create(
        [Person(id=i, name=f"person {i}", active=i % 3 > 0) for i in range(1, 1001)]
    )
    Group.objects.using(alias).bulk_create(
        [Group(id=i, name=f"group {i}", active=i % 2 == 0) for i in range(1, 1001)]
    )
    now = django.utils.timezone.now()
    step = 10_000
    through = Ticket.groups.through
    for start in range(0, rows, step):
        numbers = range(start + 1, start + step + 1)
        Ticket.objects.using(alias).bulk_create([ticket(i, now) for i in numbers])
        through.objects.using(alias).bulk_create(
            [
                through(ticket_id=i, group_id=(i * k * 7919) % 1000 + 1)
                for i in numbers
                for k in (1, 3)
                if i % 10 < 8 and (i * 7919) % 1000 != (i * 3 * 7919) % 1000
            ]
        )
        Comment.objects.using(alias).bulk_create(
            [Comment(ticket_id=i, stars=i % 5, text=f"text {i % 50}") for i in numbers if i % 2]
        )


QUERIES: list[tuple[str, str, Callable[[Any], Any] | None]] = [
    (
        'groups.name="group 7" and not groups.name="group 20"',
        "naive, joins and distinct",
        lambda rows: rows.filter(
            Q(groups__name="group 7") & ~Q(groups__name="group 20")
        ).distinct(),
    ),
    (
        'groups.name ~ "group 1" and priority > 97',
        "naive, joins and distinct",
        lambda rows: rows.filter(groups__name__icontains="group 1", priority__gt=97).distinct(),
    ),
    (
        "groups.active = true and comments.stars = 3",
        "naive, joins and distinct",
        lambda rows: rows.filter(groups__active=True, comments__stars=3).distinct(),
    ),
    (
        "not groups.active = true",
        "naive, exclude",
        lambda rows: rows.exclude(groups__active=True).distinct(),
    ),
    (
        'groups.name="group 7" or comments.text = "text 7"',
        "naive, joins and distinct",
        lambda rows: rows.filter(Q(groups__name="group 7") | Q(comments__text="text 7")).distinct(),
    ),
    ("count(groups[active = true]) >= 2 and priority = 5", "", None),
    ("count(comments) = 0 and priority = 5", "", None),
    ('owner.active = true and state.name = "state 2" and priority = 7', "", None),
]


def measured(rows: Any, limit_s: float = 60.0) -> str:
    """Return the number of rows found and the seconds that it took."""
    from django.db.utils import OperationalError

    from pickguard.query import bounded

    try:
        with bounded(limit_s, rows.db):
            times = []
            for _ in range(3):
                start = perf_counter()
                number = rows.count()
                times.append(perf_counter() - start)
                if sum(times) > limit_s / 4:
                    break
        return f"{statistics.median(times) * 1000:10,.0f} ms {number:9,} rows"
    except OperationalError:
        return f"   over {limit_s:.0f} s"


def sql(rows: int) -> None:
    from django.test.utils import setup_databases, teardown_databases

    for alias in [
        name for name in connections if not os.environ.get("ONLY") or name == os.environ["ONLY"]
    ]:
        name = "pickguard_benchmark"
        if alias == "default":
            name = str(Path(tempfile.gettempdir()) / f"{name}.sqlite3")
        connections[alias].settings_dict["TEST"].update(NAME=name, DEPENDENCIES=[])
        old = setup_databases(0, interactive=False, aliases=dict.fromkeys([alias]))
        try:
            start = perf_counter()
            fill(alias, rows)
            with connections[alias].cursor() as cursor:
                if connections[alias].vendor != "mysql":
                    cursor.execute("ANALYZE")
                else:
                    cursor.execute(
                        "ANALYZE TABLE desk_ticket, desk_ticket_groups, desk_comment, desk_group"
                    )
            seconds = perf_counter() - start
            name = connections[alias].display_name
            print(f"\n{name}, {rows:,} tickets ({seconds:.0f} s to fill)")
            for text, name, naive in QUERIES:
                print(f"  {text}")
                found = WideTicketSchema().compile(text).filter(Ticket.objects.using(alias))
                print(f"      {'pickguard':28}{measured(found)}")
                if naive is not None:
                    print(f"      {name:28}{measured(naive(Ticket.objects.using(alias)))}")
        finally:
            teardown_databases(old, 0)


if __name__ == "__main__":
    if sys.argv[1:2] == ["sql"]:
        sql(int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000)
    else:
        compare()
