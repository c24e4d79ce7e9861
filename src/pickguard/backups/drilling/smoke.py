"""The project's own checks of a restored copy: functions by dotted path.

    def can_log_in():
        client = Client()
        assert client.login(username="ann", password="…"), "ann cannot log in"
        assert client.get("/").status_code == 200

A check that returns says yes; False, or a list of sentences, or an exception says no. Beside functions,
`GET /path/` fetches a page and `GET /path/ as ann` does so as a known user, logged in; an answer of 400
or more, or a page of `ann` that leads away, says no.
"""

import re
from functools import partial
from typing import Any

from django.contrib.auth import get_user_model
from django.test import Client
from django.utils.module_loading import import_string

from pickguard.backups.conf import Settings
from pickguard.base.errors import UsageError
from pickguard.base.progress import Progress

_PAGE = re.compile(r"GET (?P<path>/\S*)(?: as (?P<user>.+))?")


def checked(settings: Settings, notes: list[str], progress: Progress) -> list[str]:
    """Run all checks, with Django pointed at the copy, and return what they say.

    Raises:
        UsageError: a path leads to no function.
    """
    found: list[str] = []
    functions = [(path, _check(path)) for path in settings.smoke]
    progress.stage("smoke checks", len(functions))
    for path, function in functions:
        found += [f"smoke check {path}: {line}" for line in _said(function)]
        progress.advance()
    if functions:
        notes.append(f"{len(functions)} smoke checks ran")
    return found


def _check(path: str) -> Any:
    page = _PAGE.fullmatch(path)
    if page is not None:
        return partial(_answers, page["path"], page["user"])
    try:
        return import_string(path)
    except ImportError as error:
        raise UsageError(f"{path}: {error}", where='PICKGUARD_BACKUPS["smoke"]') from error


def _answers(path: str, user: str | None) -> list[str]:
    """Fetch a page through all of Django; return what is wrong with the answer."""
    client = Client()
    if user is not None:
        model = get_user_model()
        client.force_login(model._default_manager.get_by_natural_key(user))  # noqa: SLF001
    answer = client.get(path, secure=True)
    if answer.status_code >= 400 or (user is not None and answer.status_code >= 300):
        return [f"the answer is {answer.status_code}"]
    return []


def _said(function: Any) -> list[str]:
    try:
        answer = function()
    except Exception as error:  # noqa: BLE001 - whatever a check raises is its answer
        return [f"{type(error).__name__}: {error}"]
    if answer is False:
        return ["it returned False"]
    return [str(line) for line in answer] if isinstance(answer, list | tuple) else []
