"""System checks of the setting, and of who owns the backups.

What needs the storage is asked by `manage.py check --deploy` alone, and for at most ten seconds a call.
"""

from collections.abc import Iterator
from typing import Any

from django.core import checks
from django.core.checks import CheckMessage, Tags

from pickguard.backups import conf
from pickguard.backups.storage.shelf import shelf
from pickguard.backups.watching import ownership
from pickguard.backups.watching.ownership import Point
from pickguard.base.errors import PickguardError

_LONGEST_S = 10.0
_IDS = {
    "encrypted": "pickguard.W010",
    "same-host": "pickguard.W011",
    "same-account": "pickguard.W012",
    "key-on-host": "pickguard.W013",
    "backup-age": "pickguard.W014",
    "drill-age": "pickguard.W015",
    "versioning": "pickguard.W016",
    "object-lock": "pickguard.W017",
    "off-site-copy": "pickguard.W018",
    "storage": "pickguard.W019",
}


def register() -> None:
    """Have Django run the checks."""
    checks.register(check_settings, "pickguard")
    checks.register(check_storage, "pickguard", Tags.security, deploy=True)


def check_settings(**_: Any) -> list[CheckMessage]:
    """Return what is wrong with the setting, or leaves the rows readable."""
    found: list[CheckMessage] = [
        checks.Error(
            f"{problem.where}: {problem.message}",
            hint=problem.way_out or None,
            id="pickguard.E010",
        )
        for problem in conf.problems()
    ]
    if not found and not conf.load().recipients:
        found.append(
            checks.Warning(
                "backups are not encrypted: whoever reads their storage has every row",
                hint=f'Name recovery public keys in {conf.SETTING}["recipients"].',
                id="pickguard.W010",
            )
        )
    return found


def check_storage(**_: Any) -> list[CheckMessage]:
    """Return what is wrong with who owns the backups, and how old they and their drills are."""
    if conf.problems():
        return []
    settings = conf.load()
    try:
        points = [
            *ownership.at_home(settings)[1:],
            *ownership.of_storage(settings, shelf(settings, at_most_s=_LONGEST_S)),
        ]
    except PickguardError as error:
        points = [Point("storage", False, str(error))]
    return list(_warnings(points))


def _warnings(points: list[Point]) -> Iterator[CheckMessage]:
    for point in points:
        if point.good is False:
            yield checks.Warning(point.said, hint=point.hint or None, id=_IDS[point.id])
