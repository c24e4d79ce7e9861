"""What the tests of the language share: every database, and a small desk with known rows."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from tests.query.app import models

ALIASES = sorted(settings.DATABASES)
ZONE = ZoneInfo("Europe/Berlin")


@pytest.fixture(params=ALIASES)
def alias(request):
    """Each database in turn."""
    return request.param


@pytest.fixture
def desk(alias):
    """Four tickets in groups XXX and YYY, two people of two teams; returns a query set of them."""

    def make(model, **values):
        return model._default_manager.using(alias).create(**values)

    red, blue = (make(models.Team, name=name) for name in ("red", "blue"))
    ann = make(models.Person, name="Ann", team=red, age=30, password="pbkdf2$ann")
    bob = make(models.Person, name="Bob", team=blue, age=None, active=False, password="pbkdf2$bob")
    ok, new = (make(models.State, name=name) for name in ("OK", "new"))
    x = make(models.Group, name="XXX", active=True, owner=ann)
    y = make(models.Group, name="YYY", active=False, owner=bob)
    z = make(models.Group, name="Z", active=True)
    at = datetime(2011, 4, 2, 12, 0, tzinfo=ZONE)
    old = datetime(2011, 1, 3, 12, 0, tzinfo=ZONE)
    rows = [
        ("x", at, ok, ann, -1, [x]),
        ("xy", old, new, bob, 5, [x, y]),
        ("xz", None, None, None, 0, [x, z]),
        ("none", at, ok, bob, 9, []),
    ]
    for name, modified, state, owner, priority, groups in rows:
        ticket = make(
            models.Ticket, name=name, modified=modified, created=at, state=state, owner=owner,
            priority=priority,
        )  # fmt: skip
        ticket.groups.set(groups)
    tickets = models.Ticket.objects.using(alias)
    make(models.Comment, ticket=tickets.get(name="x"), author=ann, stars=5, text="fine")
    make(models.Comment, ticket=tickets.get(name="x"), author=bob, stars=None, text="hm")
    make(models.Comment, ticket=tickets.get(name="xy"), author=bob, stars=1, text="bad")
    return tickets


@pytest.fixture
def names(desk):
    """Return what finds the names of tickets for a query."""

    def find(query):
        return sorted(query.filter(desk).values_list("name", flat=True))

    return find
