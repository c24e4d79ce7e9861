"""Choices may be named by what people see of them; what is kept is the value."""

import pytest
from django.db.models import ExpressionWrapper, F, IntegerField
from django.utils import timezone
from django.utils.translation import gettext_lazy, override
from tests.query.app.models import Ticket

from pickguard.query import QueryError, Schema

RANKS = [(1, "Low"), (2, "High"), (3, gettext_lazy("No")), ("More", [(4, "Top"), (5, "High")])]


class RankedSchema(Schema):
    model = Ticket
    fields = ["name"]
    expressions = {
        "rank": ExpressionWrapper(F("priority"), output_field=IntegerField(choices=RANKS))
    }


@pytest.fixture
def tickets(db):  # noqa: ARG001 - makes the database usable
    for number in range(1, 6):
        now = timezone.now()
        Ticket.objects.create(name=f"t{number}", priority=number, created=now)


@pytest.mark.parametrize(
    ("text", "kept", "names"),
    [
        ('rank = "Low"', "rank = 1", ["t1"]),
        ('rank = "low "', "rank = 1", ["t1"]),
        ('rank in ("Low", "Top", 2)', "rank in (1, 4, 2)", ["t1", "t2", "t4"]),
        ('rank > "Top"', "rank > 4", ["t5"]),
        ('rank in "Low".."No"', "rank in 1..3", ["t1", "t2", "t3"]),
    ],
)
@pytest.mark.usefixtures("tickets")
def test_a_label_stands_for_its_value(text, kept, names):
    query = RankedSchema().compile(text)
    assert str(query) == kept
    assert [t.name for t in query.filter(Ticket.objects.order_by("name"))] == names


def test_a_label_is_read_in_the_readers_language():
    with override("de"):
        assert str(RankedSchema().compile('rank = "Nein"')) == "rank = 3"
        with pytest.raises(QueryError):
            RankedSchema().compile('rank = "No"')
    assert str(RankedSchema().compile('rank = "No"')) == "rank = 3"


@pytest.mark.parametrize("word", ["High", "nothing", ""])
def test_a_label_of_none_or_of_two_is_refused_with_the_choices(word):
    with pytest.raises(QueryError) as error:
        RankedSchema().compile(f'rank = "{word}"')
    (problem,) = error.value.errors
    assert problem.code == "no-choice"
    # a label that two values share tells neither
    assert problem.hint == 'Possible: "Low", "High", "No", "Top" or "High".'


def test_a_label_that_is_nearly_right_is_offered():
    with pytest.raises(QueryError) as error:
        RankedSchema().compile('rank = "Lwo"')
    assert [fix.text for fix in error.value.errors[0].fixes] == ['"Low"']


@pytest.mark.parametrize(
    ("text", "code", "mended"),
    [
        ("name = printer", "unquoted", 'name = "printer"'),
        ("name = nam", "unquoted", 'name = "nam"'),
    ],
)
def test_a_word_that_stands_for_a_value_is_offered_as_a_text(text, code, mended):
    with pytest.raises(QueryError) as error:
        RankedSchema().compile(text)
    (problem,) = error.value.errors
    assert problem.code == code
    assert problem.fixes[0].apply(text) == mended
