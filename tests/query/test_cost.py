"""What a query may cost: refused beforehand by the planner, or stopped while it runs."""

from time import monotonic

import pytest
from django.conf import settings
from django.db import OperationalError, connections, transaction
from tests.query.schemas import TicketSchema

from pickguard.query import QueryError, bounded
from pickguard.query.compiling.cost import expected_cost

pytestmark = pytest.mark.django_db(databases=sorted(settings.DATABASES), transaction=True)
FOREVER = {
    "postgresql": "SELECT count(*) FROM generate_series(1, 2000000000)",
    "mysql": "SELECT SUM(a.seq * b.seq) FROM seq_1_to_1000000 a JOIN seq_1_to_1000000 b",
    "sqlite": (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    ),
}


class Cheap(TicketSchema):
    max_cost = 0.5


class Costly(TicketSchema):
    max_cost = 1_000_000.0


def test_the_planner_is_asked_where_it_has_a_word(desk):
    """PostgreSQL and MariaDB name a cost; SQLite does not, and refuses nothing."""
    cost = expected_cost(desk.all())
    if connections[desk.db].vendor == "sqlite":
        assert cost is None
        assert Cheap().compile("priority > 0").filter(desk).count() == 2
        return
    assert (cost or 0) >= 1
    assert Costly().compile("priority > 0").filter(desk).count() == 2
    with pytest.raises(QueryError) as error:
        Cheap().compile("priority > 0").filter(desk)
    assert error.value.errors[0].code == "too-costly"


def test_a_statement_that_takes_too_long_is_stopped(alias):
    """The database gives up, says so, and the connection goes on as before."""
    connection = connections[alias]
    start = monotonic()

    def run():
        with bounded(0.3, alias), connection.cursor() as cursor:
            cursor.execute(FOREVER[connection.vendor])
            cursor.fetchall()

    with pytest.raises(OperationalError):
        run()
    assert monotonic() - start < 30
    with transaction.atomic(using=alias), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


def test_the_time_outside_is_not_bounded(alias):
    """What was set before is set again."""
    connection = connections[alias]
    names = {
        "postgresql": "SELECT current_setting('statement_timeout')",
        "mysql": "SELECT @@SESSION.max_statement_time",
    }
    if connection.vendor not in names:
        return

    def setting():
        with connection.cursor() as cursor:
            cursor.execute(names[connection.vendor])
            return cursor.fetchone()[0]

    before = setting()
    with bounded(2, alias):
        assert setting() != before
    assert setting() == before
