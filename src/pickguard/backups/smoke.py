"""The project's own checks of a restored copy: functions by dotted path.

    def can_log_in():
        client = Client()
        assert client.login(username="ann", password="…"), "ann cannot log in"
        assert client.get("/").status_code == 200

A check that returns says yes; False, or a list of sentences, or an exception says no.
"""

from typing import Any

from django.utils.module_loading import import_string

from pickguard.backups.conf import Settings
from pickguard.base.errors import UsageError
from pickguard.base.progress import Progress


def checked(settings: Settings, notes: list[str], progress: Progress) -> list[str]:
    """Run all checks, with Django pointed at the copy, and return what they say.

    Raises:
        UsageError: a path leads to no function.
    """
    found: list[str] = []
    functions = [(path, _function(path)) for path in settings.smoke]
    progress.stage("smoke checks", len(functions))
    for path, function in functions:
        found += [f"smoke check {path}: {line}" for line in _said(function)]
        progress.advance()
    if functions:
        notes.append(f"{len(functions)} smoke checks ran")
    return found


def _function(path: str) -> Any:
    try:
        return import_string(path)
    except ImportError as error:
        raise UsageError(f"{path}: {error}", where='PICKGUARD_BACKUPS["smoke"]') from error


def _said(function: Any) -> list[str]:
    try:
        answer = function()
    except Exception as error:  # noqa: BLE001 - whatever a check raises is its answer
        return [f"{type(error).__name__}: {error}"]
    if answer is False:
        return ["it returned False"]
    return [str(line) for line in answer] if isinstance(answer, list | tuple) else []
