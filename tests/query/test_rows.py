"""Every database gives the rows that the rules give, for random data and random queries."""

import pytest
from django.conf import settings
from django.db import connections, transaction
from hypothesis import HealthCheck, given, note
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from tests.query.app.models import Ticket
from tests.query.reference import Reference
from tests.query.schemas import TicketSchema
from tests.query.world import ZONE, build, expressions, store

from pickguard.query import Limits

ALIASES = sorted(settings.DATABASES)
pytestmark = pytest.mark.django_db(databases=ALIASES)
UNBOUNDED = Limits(scopes=100, crossings=200, terms=500, depth=90, text=100_000)


class Asked(TicketSchema):
    limits = UNBOUNDED


def reference(alias: str) -> Reference:
    """Return the evaluator, told whether this database's collation tells upper case apart."""
    fold = True
    if connections[alias].vendor == "mysql":
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT @@collation_database")
            fold = not cursor.fetchone()[0].endswith("_bin")
    return Reference(ZONE, fold=fold, fold_equal=fold)


@pytest.mark.parametrize("alias", ALIASES)
@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)
@given(seed=st.integers(0, 10**6), trees=st.lists(expressions(), min_size=4, max_size=8))
def test_a_query_finds_what_the_rules_say(alias, seed, trees):
    """In `filter()`, in `exclude()`, each row once; a query and its negation part the rows."""
    world = build(seed)
    rules = reference(alias)
    tickets = world.rows["ticket"]
    rows = Ticket.objects.using(alias)
    with transaction.atomic(using=alias):
        store(world, alias)
        for tree in trees:
            note(f"{tree}")
            query = Asked().compile(str(tree))
            wanted = sorted(row.id for row in tickets if rules.holds(tree, row))
            others = sorted({row.id for row in tickets} - set(wanted))
            assert sorted(rows.filter(query.q).values_list("id", flat=True)) == wanted
            assert sorted(rows.exclude(query.q).values_list("id", flat=True)) == others
            negated = Asked().compile(f"not ({tree})").q
            assert sorted(rows.filter(negated).values_list("id", flat=True)) == others
            both = query.q & ~negated
            assert sorted(rows.filter(both | both).values_list("id", flat=True)) == wanted
        transaction.set_rollback(True, using=alias)
