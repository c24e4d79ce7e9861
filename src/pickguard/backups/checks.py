"""System checks of the setting, and of who owns the backups."""

from typing import Any

from django.core import checks
from django.core.checks import CheckMessage

from pickguard.backups import conf


def register() -> None:
    """Have Django run the checks."""
    checks.register(check_settings, "pickguard")


def check_settings(**_: Any) -> list[CheckMessage]:
    """Return what is wrong, or doubtful, with the setting."""
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
