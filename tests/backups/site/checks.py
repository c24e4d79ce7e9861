"""Smoke checks of the site, good and bad."""

from typing import Any

from django.db import connection


def sees_the_copy() -> None:
    """See that databases and files are those of the copy."""
    from django.contrib.auth.models import User
    from tests.backups.site.everything.models import Tagged

    name = str(connection.settings_dict["NAME"])
    assert "drill" in name, name
    assert User.objects.get(username="ann").check_password("secret")
    file = Tagged.objects.get().file
    assert file.size == 256 * 20


def writes() -> None:
    """Write, as a log-in does."""
    from tests.backups.site.everything.models import Parent

    Parent.objects.all().delete()


def says_no() -> bool:
    return False


def raises() -> float:
    return 1 / 0


def says_markup() -> list[str]:
    return ["<script>alert(1)</script>"]


def remembered() -> list[Any]:
    """Return the history in the live database."""
    from pickguard.backups.models import Drill

    return [list(row) for row in Drill.objects.order_by("at").values_list("backup", "ok")]


def lose_rows() -> None:
    """Have the restored copy lack rows: what a bug of a tool would do."""
    import sqlite3

    from pickguard.backups.engines.sqlite import Sqlite

    load = Sqlite.load

    def losing(self: Any, place: Any, feed: Any, *, owners: bool) -> None:
        load(self, place, feed, owners=owners)
        with sqlite3.connect(place["NAME"]) as own:
            own.execute("DELETE FROM everything_everything WHERE id IN (3, 4)")
        own.close()

    Sqlite.load = losing  # type: ignore[method-assign]


def fetched(path: str, token: str | None = None) -> list[Any]:
    """Return status and text of a page."""
    from django.test import Client

    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = Client().get(path, headers=headers)
    return [answer.status_code, answer.content.decode()]
