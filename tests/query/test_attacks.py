"""What broke other tools: each ends in a clear refusal, or in a right and bounded answer."""

import gc
import json
import sys
import threading

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from tests.query.app.models import Comment, Person, Ticket
from tests.query.schemas import CommentSchema, GroupSchema, PersonSchema, TicketSchema

from pickguard.query import (
    Field,
    Limits,
    Query,
    QueryError,
    Relation,
    Schema,
    SchemaError,
    schema,
)

ALIASES = sorted(settings.DATABASES)
pytestmark = pytest.mark.django_db(databases=ALIASES)


def refused(text, schema=TicketSchema):
    """Return the codes of what is wrong."""
    with pytest.raises(QueryError) as error:
        schema().compile(text)
    assert str(error.value)
    return [problem.code for problem in error.value.errors]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        # feeling for secrets by prefix
        ('owner.password ^= "pbkdf2"', ["unknown-name"]),
        ('owner.password startswith "p"', ["foreign"]),
        ('owner__password__startswith = "p"', ["unknown-name"]),
        # names that Django would take for something else
        ('name__regex = "^a"', ["not-a-relation"]),
        ("modified__year = 2011", ["not-a-relation"]),
        ("state_id = 1", ["unknown-name"]),
        ("pk = 1", ["unknown-name"]),
        ('_connector = "OR"', ["unknown-name"]),
        ("_negated = true", ["unknown-name"]),
        ("__class__ = 1", ["unknown-name"]),
        ("pickguard_count = 1", ["unknown-name"]),
        # filters that do not exist, alone and among others
        ("nothing = 1", ["unknown-name"]),
        ('name = "x" and nothing = 1', ["unknown-name"]),
        # template tags and SQL
        ("{% debug %}", ["character", "character", "character", "character"]),
        ('name = "x"; drop table app_ticket', ["character"]),
        ("name = name or 1=1 --", ["syntax"]),
        # values of no or another type
        ("data = 1", ["operator"]),
        ('data ~ "x"', ["operator"]),
        ('priority = "1 or 1=1"', ["wrong-type"]),
        ("done = 2", ["wrong-type"]),
        ("name = 5", ["wrong-type"]),
        ("name = null", ["null"]),
        ('modified > "1/4/2011"', ["ambiguous-date"]),
        ('modified > ""', ["wrong-type"]),
        ('created = "yesterday"', ["wrong-type"]),
        ("due = 2011-02-30", ["bad-date"]),
        ("due = 31/31/2011", ["bad-date"]),
        ("due = 0000-00-00", ["bad-date"]),
        ("created > 9999-12-31", ["bad-date"]),
        ("created > 0001-01-01", ["bad-date"]),
        ("created > 2011-04-01T25:00", ["bad-date"]),
        ("created > now - 99999999999999d", ["bad-date"]),
        ("created > today + 3652058d", ["bad-date"]),
        ("at = 25:00", ["bad-time"]),
        ("spent > 99999999999999999999d", ["bad-duration"]),
        # numbers
        ("priority = 9999999999999999999999", ["out-of-range"]),
        ("weight = 40000", ["out-of-range"]),
        ("price = 1234567.00", ["out-of-range"]),
        ("price = 0.123", ["too-precise"]),
        ("priority = " + "9" * 5000, ["too-many-digits"]),
        ("ratio = 0." + "9" * 5000, ["too-many-digits"]),
        ("limit " + "9" * 5000, ["limit"]),
        ("count(groups) > " + "9" * 5000, ["out-of-range"]),
        ("count(groups) > -1", ["out-of-range"]),
        # text that databases and Python choke on
        ('name = "a\0b"', ["control-character"]),
        ('name = "\ud800"', ["control-character"]),
        (r'name = "\ud800"', ["escape"]),
        (r'name = "\u0000"', ["escape"]),
        # patterns
        ('name =~ "a"', ["operator"]),
        ('code =~ "(a+)+$"', ["bad-pattern"]),
        ('code =~ "a*a*a*a*b"', ["bad-pattern"]),
        (r'code =~ "(a)\\1"', ["bad-pattern"]),
        ('code =~ "(?=a)"', ["bad-pattern"]),
        ('code =~ "["', ["bad-pattern"]),
        ('code =~ "a{1000}"', ["bad-pattern"]),
        # what one database reads and another fails at
        ('code =~ "[[:foo:]]"', ["bad-pattern"]),
        ('code =~ "[:alpha:]"', ["bad-pattern"]),
        ('code =~ "[[.a.]]"', ["bad-pattern"]),
        ('code =~ "a{2"', ["bad-pattern"]),
        ('code =~ "[a--b]"', ["bad-pattern"]),
        (r'code =~ "\\Aa\\Z"', ["bad-pattern"]),
        (f'code =~ "{"a" * 200}"', ["bad-pattern"]),
        # going round in circles
        ('owner.tickets.owner.tickets.name = "x"', ["visited-twice"]),
        ('owner.boss.boss.boss.boss.name = "x"', ["too-many-hops"]),
        ('owner[boss[boss[boss[boss[name = "x"]]]]]', ["too-many-hops"]),
        ('groups[owner[tickets[name = "x"]]]', ["visited-twice"]),
        # ordering and counting
        ("order by owner.password", ["unknown-name"]),
        ("order by groups.name", ["many-values"]),
        ("order by groups", ["not-a-field"]),
        ("count(name) > 1", ["no-rows"]),
        ("count(owner) > 1", ["count"]),
        ("count(all groups) > 1", ["count"]),
        ('count(groups.owner.staff) > "1"', ["wrong-type"]),
    ],
)
def test_is_refused(text, codes):
    assert refused(text) == codes


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (" and ".join(["priority = 1"] * 1000), "too-long"),
        (" and ".join(["done=true"] * 300), "too-many-terms"),
        ("not " * 1000 + "done=true", "too-deep"),
        ("(" * 1000 + "done=true" + ")" * 1000, "too-deep"),
        ("not (" * 16 + "done=true" + ")" * 16, "too-deep"),
        ("priority in (" + ",".join("1" * 600) + ")", "too-many-items"),
        ("priority in (" + ",".join("1" * 100_000) + ")", "too-long"),
        ('name = "' + "x" * 5_000_000 + '"', "too-long"),
        ('name = "' + "é" * 5000 + '"', "too-long"),
        (" and ".join(["groups[active=true]"] * 9), "too-many-scopes"),
        (" and ".join(["count(groups) = 1"] * 9), "too-many-scopes"),
        (" and ".join(['groups.name ~ "x"'] * 51), "too-many-crossings"),
        ("order by " + ", ".join(["name", "priority"] * 6), "too-many-keys"),
        ("(" * 8000, "too-deep"),
        ("[" * 8000, "too-deep"),
    ],
)
def test_too_much_is_refused(text, code):
    assert code in refused(text)


def test_as_much_as_is_allowed_works(desk):
    """At the limits there is an answer, from every database."""
    for text in (
        " and ".join(["priority != 1234"] * 200),
        " or ".join(f'note ~ "{i}"' for i in range(200)),
        "not " * 29 + "done=true",
        "priority in (" + ",".join(map(str, range(500))) + ")",
        " and ".join(f'groups.name ~ "{i}"' for i in range(50)),
        " or ".join("groups[active=true]" for _ in range(8)),
        'owner.boss.staff.boss.name = "x"',
        'name = "' + "x" * 8000 + '"',
        'name = "\'; drop table app_ticket; --"',
    ):
        assert len(list(TicketSchema().compile(text).filter(desk))) <= 4


@pytest.mark.parametrize(
    "text",
    [
        "#" * 8192,
        '"' + r"\q" * 4000 + '"',
        "nam = 1 and " * 199 + "nam = 1",
        "due in (" + ", ".join(["1/2/2011"] * 500) + ")",
        "order by " + ", ".join(["nam"] * 1600),
    ],
)
def test_an_error_is_not_much_larger_than_its_query(text):
    """Twenty problems are told; a client is never sent megabytes for a few kilobytes."""
    with pytest.raises(QueryError) as error:
        TicketSchema().compile(text)
    assert len(error.value.errors) <= 20
    assert len(json.dumps(error.value.as_dict())) < 400_000


def test_the_limits_are_checked_before_any_work():
    """A text of five megabytes is refused by its length alone."""
    text = "(" * 5_000_000
    with pytest.raises(QueryError) as error:
        TicketSchema().compile(text)
    assert error.value.errors[0].code == "too-long"
    assert len(error.value.text) <= 1000
    assert TicketSchema().complete(text, len(text)) == []


def test_a_schema_can_set_its_own_limits():
    class Small(TicketSchema):
        limits = Limits(terms=2, hops=1)

    assert refused("done=true and done=true and done=true", Small) == ["too-many-terms"]
    assert refused('owner.boss.name="x"', Small) == ["too-many-hops"]
    with pytest.raises(ValueError, match="at most 100"):
        Limits(depth=101)


def test_a_user_and_group_model_can_be_exposed_without_the_password():
    class UserSchema(Schema):
        model = User
        fields = ["username"]

    for text in ('password ^= "p"', 'user.password ^= "p"', "is_superuser = true"):
        assert refused(text, UserSchema) in (["unknown-name"], ["unknown-word"])


# --- who may not know, can't tell -----------------------------------------------------------------


def staff_only(user):
    return user == "staff"


class GuardedPerson(PersonSchema):
    fields = ["name", Field("age", allow=staff_only), Field("password", allow=staff_only)]
    relations = {"boss": Relation("tests.query.test_attacks.GuardedPerson", revisit=True)}


class GuardedTicket(Schema):
    model = Ticket
    fields = ["name", Field("note", allow=staff_only), Field("priority", operators=["="])]
    relations = {
        "owner": GuardedPerson,
        "groups": Relation(GroupSchema, allow=staff_only),
    }
    text = ["name", "note"]


HIDDEN = [
    ("note", "nope"),
    ("owner.age", "owner.aga"),
    ("owner.boss.password", "owner.boss.passwort"),
    ("groups.name", "graups.name"),
]


@pytest.mark.parametrize(("hidden", "missing"), HIDDEN)
@pytest.mark.parametrize(
    "form",
    [
        "{} = 1",
        "{} ~ 'x'",
        "{} is null",
        "{}[name='x']",
        "count({}) > 1",
        "order by {}",
        "name = {}",
    ],
)
def test_a_hidden_name_is_told_like_one_that_does_not_exist(hidden, missing, form):
    """The same message, hint and fixes, at the same place, once the name itself is the same."""

    def told(name):
        with pytest.raises(QueryError) as error:
            GuardedTicket(user="guest").compile(form.format(name))
        return str(error.value).replace(name.rpartition(".")[2], "NAME").replace(name, "NAME")

    last, other = hidden.split("."), missing.split(".")
    part = next(i for i, (a, b) in enumerate(zip(last, other, strict=True)) if a != b)
    assert told(hidden).replace(last[part], other[part]) == told(missing)


def test_a_hidden_name_is_never_completed_or_suggested():
    guest, staff = GuardedTicket(user="guest"), GuardedTicket(user="staff")
    for text in ("", "n", "no", "owner.", "owner.a", "owner.boss.p", "gr", "order by n", "count("):
        shown = [s.text for s in guest.complete(text)]
        assert not [
            s for s in shown if "note" in s or "age" in s or "password" in s or "groups" in s
        ]
    assert "note" in [s.text for s in staff.complete("no")]
    with pytest.raises(QueryError) as error:
        guest.compile("notee = 1")
    assert "“note”" not in str(error.value)
    assert "Did you mean" not in str(error.value)


def test_what_one_user_may_name_is_not_kept_for_another():
    """The staff's paths are not found by the guest that comes after, in any order."""
    for _ in range(2):
        assert isinstance(GuardedTicket(user="staff").compile("owner.age = 1"), Query)
        with pytest.raises(QueryError):
            GuardedTicket(user="guest").compile("owner.age = 1")


def test_free_text_does_not_look_into_a_hidden_field(desk):
    desk.filter(name="x").update(note="secret")
    assert GuardedTicket(user="staff").compile('"secret"').filter(desk).count() == 1
    assert GuardedTicket(user="guest").compile('"secret"').filter(desk).count() == 0


def test_an_operator_withheld_is_not_given_back_by_a_reference_or_an_order():
    """`weight > code` would ask of the code what `code < …` may not; so would sorting by it."""

    class Sealed(Schema):
        model = Ticket
        fields = ["weight", Field("priority", operators=["="]), Field("name", operators=["~"])]

    assert isinstance(Sealed().compile("weight = priority"), Query)
    assert refused("weight > priority", Sealed) == ["other-kind"]
    assert refused("weight in 0..priority", Sealed) == ["other-kind"]
    assert refused("order by priority", Sealed) == ["no-order"]
    assert "priority" not in [s.text for s in Sealed().complete("order by ")]
    allowed = Field("priority", operators=["="], order=True)
    query = schema(Ticket, fields=[allowed])().compile("order by -priority")
    assert query.order_by == ("-priority",)


def test_operators_can_differ_from_user_to_user():
    """Who may only compare for equality is not offered more, nor told more."""

    def signs(user):
        return None if user == "staff" else ["="]

    class Careful(Schema):
        model = Ticket
        fields = [Field("name", operators=signs), "priority"]
        text = ["name"]

    assert isinstance(Careful(user="staff").compile('name ^= "a" and "b"'), Query)
    guest = Careful(user="guest")
    assert isinstance(guest.compile('name = "a"'), Query)
    for text in ('name ^= "a"', 'name in ("a")', "name is null", "order by name", '"b"'):
        with pytest.raises(QueryError):
            guest.compile(text)
    assert [s.text for s in guest.complete("name ")] == ["="]
    assert "^=" in [s.text for s in Careful(user="staff").complete("name ")]
    with pytest.raises(SchemaError, match="no operator 'contains'"):
        schema(Ticket, fields=[Field("name", operators=["contains"])])().compile("")


def calls(function):
    """Return which functions a call runs, in order: what its time is made of."""
    found = []

    def note(frame, event, _argument):
        if event == "call":
            found.append((frame.f_code.co_filename, frame.f_code.co_name))

    gc.disable()  # others may have asked to be called when it runs
    sys.setprofile(note)
    try:
        function()
    except QueryError as error:
        str(error)
    finally:
        sys.setprofile(None)
        gc.enable()
    return found


class OtherPerson(GuardedPerson):
    """Hides as much, under names that nobody asks for."""

    fields = [
        "name",
        Field("x1", source="age", allow=staff_only),
        Field("x2", source="password", allow=staff_only),
    ]
    relations = {"boss": Relation("tests.query.test_attacks.OtherPerson", revisit=True)}


class OtherTicket(GuardedTicket):
    fields = ["name", Field("x3", source="note", allow=staff_only), *GuardedTicket.fields[2:]]
    relations = {
        "owner": OtherPerson,
        "x4": Relation(GroupSchema, source="groups", allow=staff_only),
    }
    text = ["name", "x3"]


@pytest.mark.parametrize(
    "text",
    [
        "note = 1", "notes = 1", "owner.age > 3", "owner.boss.password is null", "name = note",
        'groups[name = "x"]', "count(groups) > 1", "order by owner.age", "groups name = 1", "no",
        "owner.a", '"text"',
    ],
)  # fmt: skip
def test_a_hidden_name_takes_the_work_of_a_missing_one(text):
    """The same steps, one by one, whether what is asked for is hidden or is not there at all."""

    def work(schema):
        return calls(lambda: schema.compile(text)), calls(lambda: schema.complete(text))

    for made in (GuardedTicket, OtherTicket):
        work(made(user="guest"))  # what is worked out once and kept
    assert work(GuardedTicket(user="guest")) == work(OtherTicket(user="guest"))


def test_an_operator_can_be_withheld():
    with pytest.raises(QueryError) as error:
        GuardedTicket(user="staff").compile("priority > 1")
    assert error.value.errors[0].hint == "Possible: =."
    with pytest.raises(QueryError):
        GuardedTicket(user="staff").compile("priority is null")


# --- rows that may not be seen --------------------------------------------------------------------


class OwnTeamPerson(Schema):
    model = Person
    fields = [Field("name", complete=True), "age"]
    relations = {"boss": Relation("tests.query.test_attacks.OwnTeamPerson", revisit=True)}

    def visible(self, user):
        return Person.objects.filter(team__name=user)


class OwnComment(CommentSchema):
    relations = {"author": OwnTeamPerson}

    def visible(self, user):
        return Comment.objects.filter(author__team__name=user)


class TeamTicket(Schema):
    model = Ticket
    fields = ["name"]
    relations = {"owner": OwnTeamPerson, "comments": OwnComment}

    def visible(self, user):
        del user
        return Ticket.objects.exclude(name="none")


@pytest.mark.parametrize(
    ("text", "red", "blue"),
    [
        ('owner.name = "Ann"', ["x"], []),
        ('owner.name = "Bob"', [], ["xy"]),
        ('owner.name ^= "A" or owner.name ^= "B"', ["x"], ["xy"]),
        ('not owner.name = "Ann"', ["xy", "xz"], ["x", "xy", "xz"]),
        ("owner is null", ["xy", "xz"], ["x", "xz"]),
        ("owner.age is null", ["xy", "xz"], ["x", "xy", "xz"]),
        ("owner.age is not null", ["x"], []),
        ("owner[age > 1]", ["x"], []),
        ("all owner[age > 1]", ["x", "xy", "xz"], ["x", "xz"]),
        ("comments is empty", ["xy", "xz"], ["xz"]),
        ("comments.stars is null", [], ["x"]),
        ("count(comments) = 1", ["x"], ["x", "xy"]),
        ("count(comments) = 2", [], []),
        ("count(comments) = 0", ["xy", "xz"], ["xz"]),
        ('comments.text = "hm"', [], ["x"]),
        ('comments.author.name = "Bob"', [], ["x", "xy"]),
        ("all comments.stars > 0", ["x", "xy", "xz"], ["xy", "xz"]),
        ("name = owner.name", [], []),
        ("name != owner.name", ["x", "xy", "xz"], ["x", "xy", "xz"]),
    ],
)
def test_a_row_that_may_not_be_seen_behaves_like_none(desk, text, red, blue):
    """In conditions, negations, counts and references; and the root's own rows are kept out."""
    for user, wanted in (("red", red), ("blue", blue)):
        query = TeamTicket(user=user).compile(text)
        assert sorted(query.filter(desk).values_list("name", flat=True)) == wanted


def test_ordering_tells_nothing_about_rows_that_may_not_be_seen(desk):
    """Behind a hidden owner there is null to order by, whatever the owner's name is."""
    orders = set()
    for name in ("Aaa", "Zzz"):
        Person.objects.using(desk.db).filter(name__in=["Bob", "Aaa", "Zzz"]).update(name=name)
        query = TeamTicket(user="red").compile("order by owner.name, name")
        orders.add(tuple(query.filter(desk).values_list("name", flat=True)))
    assert len(orders) == 1


@pytest.mark.parametrize("alias", ["default"], indirect=True)
@pytest.mark.usefixtures("desk")
def test_values_are_completed_from_rows_that_may_be_seen():
    def offered(user):
        return [s.text for s in TeamTicket(user=user).complete("owner.name = ")]

    assert offered("red") == ['"Ann"']
    assert offered("blue") == ['"Bob"']
    assert [s.text for s in TeamTicket(user="red").complete('owner.name = "B')] == []
    assert [s.text for s in TeamTicket(user="blue").complete("comments.author.name in (")] == [
        '"Bob"'
    ]


@pytest.mark.parametrize("alias", ["default"], indirect=True)
def test_no_text_breaks_the_completion_of_values(desk):
    """Half a surrogate pair is no text for a database; a long value is nothing to choose."""
    Person.objects.using(desk.db).filter(name="Ann").update(name="A" * 500)
    for text in ("\ud800", 'owner.name = "\ud800', "owner.name = '\0", 'owner.name = "A'):
        assert TeamTicket(user="red").complete(text) == []


def test_visible_of_another_model_is_a_mistake_that_is_told():
    class Wrong(TeamTicket):
        def visible(self, user):
            del user
            return Person.objects.all()

    with pytest.raises(TypeError, match="returned rows of Person"):
        Wrong().compile("").filter(Ticket.objects.all())


# --- threads and writing --------------------------------------------------------------------------


def test_eight_threads_share_a_schema():
    """One instance, eight threads, different queries: each gets its own."""
    schema, failures = TicketSchema(), []

    def ask(number):
        for i in range(100):
            text = f'priority = {number} and (groups.name = "{i}" or not owner.age > {number})'
            if str(schema.compile(text)) != text:
                failures.append(text)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_every_independent_problem_is_told_at_once():
    codes = refused('nam = "x" and priority = "a" and (due = 2011-02-30 or limitt > 3) order by zz')
    assert codes == ["unknown-name", "wrong-type", "bad-date", "unknown-name", "unknown-name"]
