"""What is accepted as a regular expression, every database reads."""

import pytest
from django.conf import settings
from django.db import connections
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from tests.query.app.models import Ticket
from tests.query.schemas import TicketSchema

from pickguard.query import QueryError
from pickguard.query.syntax.nodes import quoted

ALIASES = sorted(settings.DATABASES)
pytestmark = pytest.mark.django_db(databases=ALIASES)
PIECES = [
    "a", "b", "é", "-", ".", "*", "+", "?", "|", "^", "$", "(", ")", "{", "}", "{2}", "{2,}",
    "{,2}", "{0}", "{99}", "2", ",", "[", "[^", "]", "[a-c]", "[:alpha:]", "[:foo:]", "[.a.]",
    "[=a=]", "&&", "--", "~~", r"\d", r"\W", r"\s", r"\b", r"\y", r"\Z", r"\z", r"\Q", r"\x41",
    r"\cA", r"\K", r"\R", r"\.", r"\[", r"\]", r"\-", "\\", "#", "/", "'", '"', "%", "_",
]  # fmt: skip


@pytest.mark.parametrize("alias", ALIASES)
@hypothesis_settings(
    max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)
@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=5).map("".join), min_size=20))
def test_a_pattern_is_refused_or_read(alias, patterns):
    """Never an exception of the database, nor a warning of Python."""
    rows = Ticket.objects.using(alias)
    for pattern in patterns:
        try:
            query = TicketSchema().compile(f"code =~ {quoted(pattern)}")
        except QueryError:
            continue
        assert not query.filter(rows).exists()


@pytest.mark.parametrize("pattern", ["[^]", "[^]--", "[^]&&]", "[]", "[]a]", "a[^]"])
def test_a_class_that_begins_with_its_end_is_refused(pattern):
    """Where it ends is read in more than one way, and Python warns of some."""
    with pytest.raises(QueryError):
        TicketSchema().compile(f"code =~ {quoted(pattern)}")


@pytest.mark.parametrize("alias", ALIASES)
@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("^AB[0-9]+$", True), ("^(AB|CD)", True), (r"\\d{2}$", True), (r"B1.\\.?", True),
        ("[^A-Z]", True), ("^B", False), (r"\\s", False), ("", True),
    ],
)  # fmt: skip
def test_a_pattern_means_the_same_everywhere(alias, pattern, found):
    Ticket.objects.using(alias).create(code="AB12", created="2024-01-01T00:00Z")
    query = TicketSchema().compile(f'code =~ "{pattern}"')
    assert query.filter(Ticket.objects.using(alias)).exists() is found, connections[alias].vendor
