"""The admin, the API, the filter set and the form field: what they find and what they refuse."""

import json

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.core import checks
from django.utils import timezone
from tests.query.app.models import Group, Person, Ticket
from tests.search.site.admin import TicketAdmin
from tests.search.site.schemas import TicketSchema
from tests.search.site.views import SearchForm, TicketFilter

from pickguard.query import Field, Limits, QueryError, Schema
from pickguard.search.checks import check_indexes, check_schemas
from pickguard.search.filters import QueryFilter
from pickguard.search.models import SavedQuery

pytestmark = pytest.mark.django_db
LIST = "/admin/desk/ticket/"


@pytest.fixture
def admin(client, tickets):
    assert tickets
    client.force_login(User.objects.create_superuser("admin"))
    return client


def shown(response):
    return [row.name for row in response.context_data["cl"].result_list]


# --- admin --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ["apple", "banana", "cherry", "damson", "elder"]),
        ('groups.name = "docs"', ["cherry"]),
        ("priority > 1 order by -priority", ["elder", "damson", "cherry"]),
        ("order by -priority limit 2", ["elder", "damson"]),
        ('code =~ "^a"', ["apple"]),
        ('"err"', ["cherry"]),
    ],
)
def test_the_search_box_of_the_admin(admin, text, names):
    """Also with a filter beside it, which narrows a limited query further."""
    assert shown(admin.get(LIST, {"q": text})) == names
    assert shown(admin.get(LIST, {"q": text, "done__exact": "1"})) == []


def test_a_mistake_is_told_under_the_box_and_nothing_is_found(admin):
    response = admin.get(LIST, {"q": "priority > and"})
    assert shown(response) == []
    assert "can&#x27;t stand here" in response.content.decode()
    assert 'aria-invalid="true"' in response.content.decode()


def test_the_way_back_to_plain_search(admin):
    """A switch of the session, by POST only: looking at a link changes nothing."""
    assert admin.get(LIST + "query/mode/", {"plain": "1"}).status_code == 405
    admin.post(LIST + "query/mode/", {"plain": "1"})
    assert shown(admin.get(LIST, {"q": "apple"})) == ["apple"]
    admin.post(LIST + "query/mode/", {"plain": "0"})
    assert shown(admin.get(LIST, {"q": 'name = "apple"'})) == ["apple"]


def test_suggestions_in_the_admin_need_its_permission(admin, client):
    data = admin.get(LIST + "query/", {"q": "pri", "cursor": "3"}).json()
    assert data["suggestions"][0]["text"] == "priority"
    client.force_login(User.objects.create_user("nobody", is_staff=True))
    assert client.get(LIST + "query/", {"q": "pri"}).status_code == 403
    client.logout()
    assert client.get(LIST + "query/", {"q": "pri"}).status_code == 302


def test_saved_queries_are_ones_own_or_shared(admin, client):
    """Kept in one form; others see the shared ones, and can forget none of them."""
    back = admin.post(LIST + "query/save/", {"name": "docs", "text": 'groups__name=="docs"'}).url
    assert shown(admin.get(back)) == ["cherry"]  # what was searched is still shown
    admin.post(LIST + "query/save/", {"name": "all", "text": "priority >= 0", "shared": "1"})
    admin.post(LIST + "query/save/", {"name": "wrong", "text": "priority >"})
    admin.post(LIST + "query/save/", {"name": "", "text": "priority > 1"})
    assert list(SavedQuery.objects.values_list("name", "text")) == [
        ("all", "priority >= 0"),
        ("docs", 'groups.name = "docs"'),
    ]
    other = User.objects.create_user("other", is_staff=True)
    other.user_permissions.add(Permission.objects.get(codename="view_ticket"))
    client.force_login(other)
    page = client.get(LIST)
    assert [saved.name for saved in page.context_data["pickguard"]["saved"]] == ["all"]
    for saved in SavedQuery.objects.all():
        client.post(LIST + "query/drop/", {"id": saved.pk})
    client.post(LIST + "query/drop/", {"id": "9" * 400})
    assert SavedQuery.objects.count() == 2
    refused = client.post(LIST + "query/save/", {"name": "x", "text": "priority=1", "shared": "1"})
    assert refused.status_code == 403


def test_a_shared_query_does_not_name_what_another_may_not_know(admin, client, monkeypatch):
    """A saved text that a person could not write is not shown to that person."""

    class Guarded(TicketSchema):
        fields = ["name", Field("note", allow=lambda user: user.is_superuser)]

    monkeypatch.setattr(TicketAdmin, "query_schema", Guarded)
    admin.post(LIST + "query/save/", {"name": "s", "text": 'note = "x"', "shared": "1"})
    admin.post(LIST + "query/save/", {"name": "open", "text": 'name = "x"', "shared": "1"})
    assert b"note = " in admin.get(LIST).content.replace(b"%20", b" ").replace(b"%3D", b"=")
    other = User.objects.create_user("other", is_staff=True)
    other.user_permissions.add(Permission.objects.get(codename="view_ticket"))
    client.force_login(other)
    page = client.get(LIST)
    assert [saved.name for saved in page.context_data["pickguard"]["saved"]] == ["open"]
    assert b"note" not in page.content


# --- API ----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("tickets")
def test_the_api_filters_and_refuses(client):
    found = client.get("/api/tickets/", {"q": 'groups.name = "docs" or priority = 0'})
    assert [row["name"] for row in found.json()] == ["apple", "cherry"]
    assert len(client.get("/api/tickets/").json()) == 5
    refused = client.get("/api/tickets/", {"q": "prioritty = 1"})
    assert refused.status_code == 400
    assert refused.json() == {
        "query": "prioritty = 1",
        "errors": [
            {
                "code": "unknown-name",
                "message": "There is no field “prioritty” here.",
                "hint": "Did you mean priority?",
                "start": 0,
                "end": 9,
                "line": 1,
                "column": 1,
                "fixes": [{"text": "priority", "start": 0, "end": 9, "query": "priority = 1"}],
            }
        ],
    }


@pytest.mark.parametrize("text", ["order by -priority limit 3", 'code =~ "^[a-c]"'])
def test_what_the_api_found_can_be_narrowed_further(client, tickets, text):
    """One row by its key, and a filter behind: neither breaks on a limit."""
    key = tickets.get(name="cherry").pk
    assert client.get(f"/api/tickets/{key}/", {"q": text}).json()["name"] == "cherry"
    assert client.get(f"/api/tickets/{key}/", {"q": 'name = "x"'}).status_code == 404
    found = TicketFilter({"q": text, "done": "false"}, tickets).qs
    assert found.count() == 3
    assert found.filter(name="cherry").exists()


class Slow(TicketSchema):
    max_seconds = 0.0


class Few(TicketSchema):
    limits = Limits(rows=2)


class SlowFilter(TicketFilter):
    q = QueryFilter(schema=Slow)


@pytest.mark.parametrize("alias", sorted(settings.DATABASES))
@pytest.mark.django_db(databases=sorted(settings.DATABASES))
def test_a_pattern_has_its_time_wherever_it_is_asked(alias):
    """Out of time, or with more rows than a limit may ask for, it is refused like a mistake."""
    rows = Ticket.objects.using(alias)
    now = timezone.now()
    rows.bulk_create([Ticket(name=f"t{i}", code="a" * 20, created=now) for i in range(3000)])
    # no two alike: PostgreSQL asks only once for what is written twice; and no letter that has to
    # occur: MariaDB tells at once where it does not, and is done before its clock looks
    text = " or ".join(f'code =~ "[a-c]*.*[b-d]|z{number}"' for number in range(100))
    with pytest.raises(QueryError) as error:
        Slow().compile(text).narrow(rows)
    assert error.value.errors[0].code == "too-costly"
    with pytest.raises(QueryError) as error:
        Few().compile('code =~ "^a"').narrow(rows)
    assert error.value.errors[0].code == "too-many-found"
    assert Few().compile('code =~ "^a" limit 2').narrow(rows).count() == 2
    filtered = SlowFilter({"q": text}, rows)
    assert filtered.qs.count() == 0
    assert not filtered.is_valid()
    assert "0 s is allowed" in str(filtered.errors["q"])


def test_the_parameter_stands_in_openapi(client):
    described = client.get("/api/schema/", HTTP_ACCEPT="application/vnd.oai.openapi+json").content
    (parameter,) = [
        each
        for each in json.loads(described)["paths"]["/api/tickets/"]["get"]["parameters"]
        if each["name"] == "q"
    ]
    assert parameter["in"] == "query"
    assert "`priority`" in parameter["description"]


# --- django-filter and forms ----------------------------------------------------------------------


def test_the_filter_set(tickets):
    found = TicketFilter({"q": "priority >= 3", "done": "false"}, tickets)
    assert sorted(found.qs.values_list("name", flat=True)) == ["damson", "elder"]
    wrong = TicketFilter({"q": "priority >="}, tickets)
    assert not wrong.is_valid()
    assert "not finished" in str(wrong.errors["q"])


def test_the_form_field(tickets):
    form = SearchForm({"q": 'name ^= "a" and prio = 1'})
    assert not form.is_valid()
    assert form.errors["q"] == ["There is no field “prio” here. Did you mean priority?"]
    form = SearchForm({"q": 'name ^= "a"'})
    assert form.is_valid()
    assert form.cleaned_data["q"].filter(tickets).get().name == "apple"
    assert SearchForm({"q": ""}).is_valid()
    html = str(SearchForm({"q": '"><script>'}))
    assert "<script>" not in html
    assert '<pickguard-search src="/tickets/complete/"' in html


@pytest.mark.parametrize("cursor", ["", "-1", "x", "9" * 5000, "٣", "3"])
def test_the_completion_address_takes_any_cursor(client, cursor):
    assert client.get("/tickets/complete/", {"q": "pri", "cursor": cursor}).status_code == 200


# --- system checks --------------------------------------------------------------------------------


class LeakyPerson(Schema):
    model = Person
    fields = ["name", "password"]


class LeakyGroup(Schema):
    model = Group
    fields = [Field("name", order=False)]


class HalfGuarded(Schema):
    model = Ticket
    fields = ["name"]
    relations = {"owner": LeakyPerson}

    def visible(self, user):
        return Ticket.objects.filter(owner__name=user)


class Broken(Schema):
    model = Ticket
    fields = ["nothing"]


def test_doubtful_schemas_are_told_by_check():
    """A secret, a relation that leads past `visible`, a name that the model does not have."""
    ids = {(message.obj.__name__, message.id) for message in check_schemas()}
    mine = {
        pair for pair in ids if pair[0] in ("LeakyPerson", "HalfGuarded", "Broken", "LeakyGroup")
    }
    assert mine == {
        ("LeakyPerson", "pickguard.W001"),
        ("HalfGuarded", "pickguard.W002"),
        ("Broken", "pickguard.E001"),
    }
    slow = {m.obj.__name__: m.msg for m in check_indexes() if isinstance(m, checks.Info)}
    assert "name, password" in slow["LeakyPerson"]
    assert "LeakyGroup" not in slow
