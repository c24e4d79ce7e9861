"""A site with a few tickets, and Chromium to look at it."""

import shutil
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings as configured
from tests.query.app import models


@pytest.fixture(autouse=True)
def site(settings):
    settings.ROOT_URLCONF = "tests.search.site.urls"
    settings.DEBUG_PROPAGATE_EXCEPTIONS = True


@pytest.fixture
def tickets():
    """Five tickets in two states and two groups."""
    at = datetime(2024, 4, 1, 12, 0, tzinfo=ZoneInfo("Europe/Berlin"))
    states = [models.State.objects.create(name=name) for name in ("open", "closed")]
    groups = [models.Group.objects.create(name=name, active=True) for name in ("core", "docs")]
    owner = models.Person.objects.create(name="Ann", age=40)
    for number, name in enumerate(["apple", "banana", "cherry", "damson", "elder"]):
        ticket = models.Ticket.objects.create(
            name=name, priority=number, created=at, state=states[number % 2], owner=owner, code=name
        )
        ticket.groups.set(groups[: number % 3])
    return models.Ticket.objects.all()


@pytest.fixture(scope="module")
def browser():
    """Chromium as the system installed it; a missing one is an error where servers are required."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or "/usr/bin/chromium"
    if not Path(path).exists():
        if configured.REQUIRE_SERVERS:
            pytest.fail("chromium is not installed: apt install chromium")
        pytest.skip("chromium is not installed: apt install chromium")
    options = [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ]  # fmt: skip
    # playwright runs an event loop in this thread, in which Django would refuse the database
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        found = playwright.chromium.launch(executable_path=path, args=options)
        yield found
        found.close()
