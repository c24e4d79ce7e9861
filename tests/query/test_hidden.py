"""Rows that may not be seen behave like none, for random data, random queries, random sights."""

from typing import Any

import pytest
from django.conf import settings
from django.db import models, transaction
from hypothesis import HealthCheck, given, note
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from tests.query import schemas
from tests.query.app import models as desk
from tests.query.test_rows import UNBOUNDED, reference
from tests.query.world import CLASSES, RELATIONS, build, expressions, store

from pickguard.query import Relation, Schema

ALIASES = sorted(settings.DATABASES)
pytestmark = pytest.mark.django_db(databases=ALIASES)
Hidden = dict[str, set[int]]


class Sight(Schema):
    """A user is what is hidden from it: the ids of rows, by the name of their model."""

    limits = UNBOUNDED

    def visible(self, user: Hidden) -> "models.QuerySet[Any]":
        name = next(name for name, model in CLASSES.items() if model is self.model)
        return self.model._default_manager.exclude(id__in=user.get(name, set()))


def _restricted() -> dict[str, type[Schema]]:
    made: dict[str, type[Schema]] = {}
    for name, model in CLASSES.items():
        original = getattr(schemas, f"{name.title()}Schema")
        relations = {
            relation: Relation(f"tests.query.test_hidden.{other.title()}", revisit=True)
            for relation, (other, _) in RELATIONS.get(name, {}).items()
        }
        members = {"model": model, "fields": original.fields, "relations": relations}
        made[name.title()] = type(name.title(), (Sight,), {**members, "text": original.text})
    return made


globals().update(_restricted())


@st.composite
def sights(draw: Any) -> Hidden:
    """Return some rows of each model."""
    return {name: set(draw(st.lists(st.integers(1, 14), max_size=6))) for name in CLASSES}


@pytest.mark.parametrize("alias", ALIASES)
@hypothesis_settings(
    max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)
@given(
    seed=st.integers(0, 10**6), user=sights(), trees=st.lists(expressions(), min_size=3, max_size=6)
)
def test_what_may_not_be_seen_is_not_there(alias, seed, user, trees):
    """The evaluator that knows nothing of the hidden rows finds the same; so does the negation."""
    world = build(seed)
    rules = reference(alias)
    pairs = {(rel, other) for each in RELATIONS.values() for rel, (other, _) in each.items()}
    rules.hidden = frozenset((rel, id_) for rel, other in pairs for id_ in user[other])
    seen = [row for row in world.rows["ticket"] if row.id not in user["ticket"]]
    with transaction.atomic(using=alias):
        store(world, alias)
        for tree in trees:
            note(f"{tree}")
            for text, wanted in ((f"{tree}", True), (f"not ({tree})", False)):
                query = globals()["Ticket"](user).compile(text)
                rows = query.filter(models.QuerySet(CLASSES["ticket"], using=alias))
                ids = sorted(row.id for row in seen if rules.holds(tree, row) == wanted)
                assert sorted(rows.values_list("id", flat=True)) == ids
        transaction.set_rollback(True, using=alias)


@pytest.mark.parametrize("path", ["owner.name", "state.name", "owner.boss.name", "owner.boss.age"])
def test_the_order_says_nothing_about_hidden_rows(alias, path):
    """Whatever is written into the hidden rows, the rows come in the same order."""
    user = {"person": {1, 3, 5}, "state": {2}, "ticket": {4}}
    store(build(7), alias)
    query = globals()["Ticket"](user).compile(f"order by {path}, -{path}, priority, name")
    orders = set()
    for number, name in enumerate(["", "m", "zzz"]):
        desk.Person.objects.using(alias).filter(id__in=[1, 3, 5]).update(
            name=name, age=number * 100
        )
        desk.State.objects.using(alias).filter(id=2).update(name=name)
        rows = query.filter(desk.Ticket.objects.using(alias))
        orders.add(tuple(rows.order_by(*query.order_by, "id").values_list("id", flat=True)))
    assert len(orders) == 1
