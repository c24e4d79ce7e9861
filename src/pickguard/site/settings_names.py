"""What the names of settings modules and classes tell: whether production uses them."""

from __future__ import annotations

import re

_PRODUCTION = re.compile(r"prod|live|deploy|heroku|docker|release", re.IGNORECASE)
_NOT_PRODUCTION = re.compile(
    r"test|dev|local|ci$|^ci|debug|example|sample|demo|mypy|lint|build|settings_skel"
    r"|(?<![a-z])docs?(?![a-z])",
    re.IGNORECASE,
)
# `dockerdev` is a developer's, as the last word says
_FOR_DEVELOPERS = re.compile(r"(dev|devel|develop|development|local|test|tests|testing|ci)$")
OF_PRODUCTION = 4


def rank(name: str) -> int:
    """Return how likely a name is that of production's settings: 4 by what it says, 1 for any, 0 for none."""
    if _PRODUCTION.search(name) and not _FOR_DEVELOPERS.search(name.lower()):
        return OF_PRODUCTION
    return 0 if _NOT_PRODUCTION.search(name) else 1
