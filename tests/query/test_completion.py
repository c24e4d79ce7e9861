"""Completion: what is offered where, and that no text ever breaks it."""

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from tests.query.schemas import TicketSchema
from tests.query.world import expressions

from pickguard.query import Limits, parse

pytestmark = pytest.mark.django_db


def offered(text, cursor=None):
    return [s.text for s in TicketSchema().complete(text, cursor)]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("pri", ["priority", "price"]),
        ("gro", ["groups."]),
        ("groups.na", ["groups.name"]),
        ("groups__na", []),
        ("owner.team.n", ["owner.team.name"]),
        ("groups[na", ["name"]),
        ("groups[owner[a", ["active"]),
        ("count(gr", ["groups."]),
        ("count(groups) ", ["=", "!="]),
        ("order by pri", ["priority", "price"]),
        ("order by name d", ["desc"]),
        ("priority ", ["=", "!=", "<"]),
        ("name !", ["!=", "!~"]),
        ("name is n", ["is null", "is not null"]),
        ("name not i", ["not in"]),
        ("done = ", ["true", "false"]),
        ("done = t", ["true"]),
        ("created > to", ["today"]),
        ("priority = 1 ", ["and", "or"]),
        ("priority = 1 o", ["or", "order by"]),
        ("priority = 1 order b", ["order by"]),
        ("(priority = 1 ", ["and", "or", ")"]),
        ("groups is ", ["is empty", "is not empty"]),
        ("priority = 1 and al", ["all"]),
    ],
)
def test_what_is_offered(text, first):
    """The likeliest first; nothing that would not fit there."""
    found = offered(text)
    wanted = [each for each in found if each in first]
    assert wanted[: len(first)] == first
    if first:
        assert found[0] == first[0] or first[0] in found


def test_a_suggestion_replaces_the_word_under_the_cursor():
    (suggestion, *_) = TicketSchema().complete("prio = 1", 2)
    assert suggestion.apply("prio = 1") == "priority = 1"
    (suggestion, *_) = TicketSchema().complete("name = 1 and groups.na", 22)
    assert suggestion.apply("name = 1 and groups.na") == "name = 1 and groups.name"


def test_a_relation_that_leads_back_is_not_offered():
    assert "owner.tickets." not in offered("owner.")
    assert "owner.boss." in offered("owner.")


@hypothesis_settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(expressions(), st.data())
def test_completion_never_raises_on_a_prefix_of_a_query(tree, data):
    text = str(tree)
    schema = TicketSchema()
    for cursor in range(len(text) + 1):
        schema.complete(text[:cursor])
    schema.complete(text, data.draw(st.integers(-5, len(text) + 5)))


@hypothesis_settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.text("abn. _=!<>~^$()[]\"'\\,-+:`01é\n\0\ud800", max_size=40), st.integers(-3, 50))
def test_completion_never_raises_on_any_text(text, cursor):
    TicketSchema().complete(text, cursor)


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(expressions())
def test_what_is_offered_behind_a_query_goes_on_with_it(tree):
    """Each word offered behind a whole query can really stand there."""
    from pickguard.query.completing.position import position

    text = f"{tree} "
    for suggestion in TicketSchema().complete(text):
        assert position(TicketSchema(), suggestion.apply(text)) is not None
    assert parse(text) == parse(str(tree))


@pytest.mark.parametrize("part", ["a", "a.", "<", "not ", "(", "is  ", "`", "1"])
def test_completion_takes_linear_time(part):
    """Four times the text takes about four times the steps of the regular expressions' words."""

    class Long(TicketSchema):
        limits = Limits(text=10**6)

    text = part * (200_000 // len(part))
    assert Long().complete(text + "!") == []
