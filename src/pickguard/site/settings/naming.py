"""What the names of settings modules and classes tell: whether production uses them."""

from __future__ import annotations

import re

_PRODUCTION = re.compile(r"prod|live|deploy|release", re.IGNORECASE)
# where a site runs: often one place of several, beside the production that all share
_PLATFORM = re.compile(r"heroku|docker", re.IGNORECASE)
_NOT_PRODUCTION = re.compile(
    r"test|dev|local|ci$|^ci|debug|example|sample|demo|mypy|lint|build|settings_skel"
    r"|(?<![a-z])docs?(?![a-z])",
    re.IGNORECASE,
)
# `dockerdev` is a developer's, as the last word says
_FOR_DEVELOPERS = re.compile(r"(dev|devel|develop|development|local|test|tests|testing|ci)$")
OF_PLATFORM = 4
_OF_PRODUCTION = 5


def rank(name: str) -> int:
    """Return how likely a name is that of production's settings.

    5 where it says so, 4 where it names what a site runs on, 1 for any, 0 for none.
    """
    if not _FOR_DEVELOPERS.search(name.lower()):
        if _PRODUCTION.search(name):
            return _OF_PRODUCTION
        if _PLATFORM.search(name):
            return OF_PLATFORM
    return 0 if _NOT_PRODUCTION.search(name) else 1
