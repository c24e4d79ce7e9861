"""Names of sets: when, in which order, and something that no other backup has.

>>> name = make(datetime(2026, 11, 25, 4, 2, tzinfo=UTC), 7, "k3f9")
>>> name
'20261125T040200Z-000007-k3f9'
>>> sequence(name)
7

The number tells the order: a clock may jump, and the newest set must stay the newest.
"""

import re
import secrets
from datetime import UTC, datetime

MANIFEST = "manifest.json"
SEAL = "seal"
DRILLS = "drills"
MEDIA = "media"
_NAME = re.compile(r"\d{8}T\d{6}Z-(\d{6,9})-[a-z0-9]{4,16}", re.ASCII)
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def token(length: int = 6) -> str:
    """Return letters and digits that nobody guesses."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def make(now: datetime, number: int, tail: str) -> str:
    """Return the name of a set."""
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{number:06d}-{tail}"


def is_name(text: str) -> bool:
    """Tell whether a text can be the name of a set."""
    return _NAME.fullmatch(text) is not None


def sequence(name: str) -> int:
    """Return the number of a set's name."""
    found = _NAME.fullmatch(name)
    assert found, name
    return int(found[1])


def order(name: str) -> tuple[int, str]:
    """Return what sets are ordered by, the newest last."""
    return sequence(name), name


def created(name: str) -> datetime:
    """Return the moment that a name tells."""
    return datetime.strptime(name[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
