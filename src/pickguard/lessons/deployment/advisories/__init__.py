"""Published holes of Django and of what sites use beside it, as data: which versions have them.

The files beside this hold a table for each hole, under the package's name as PEP 503 writes it:

    until = 2026-11-03          # the data knows nothing that was published later

    [oldest]
    django = "5.2"              # the oldest series that is still mended, where a package has series

    [[django]]
    id = "CVE-2025-64459"       # or the id of another list, such as GHSA-…
    title = "…"
    severity = "high"           # as its publisher says: low, moderate or medium, high; left out where nobody does
    ranges = [["5.2", "5.2.8"]] # versions from the first on, before the second, which mends it

Nothing is fetched: the data is as old as the release of Pickguard that brings it.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, TypeAlias

Release: TypeAlias = tuple[tuple[int, ...], bool]
_VERSION = re.compile(
    r"v?(\d{1,9}(?:\.\d{1,9}){0,7})((?:[-_.]?(?:a|b|c|rc|alpha|beta|pre|dev)\d*)?)"
)


@dataclass(frozen=True, slots=True)
class Hole:
    """One published hole of a package; the attributes are those of its table."""

    id: str
    title: str
    ranges: tuple[tuple[str, str], ...]
    severity: str = ""

    def mended_in(self, version: str) -> str | None:
        """Return the version that mends the hole; None where this version does not have it."""
        wanted = release(version)
        for first, mend in self.ranges:
            before, end = release(first), release(mend)
            if wanted is None or end is None or wanted >= end:
                continue
            if before is None or wanted >= before:
                return mend
        return None


@dataclass(frozen=True, slots=True)
class Advisories:
    """What is published of one package.

    Attributes:
        until: what was published later is not in it.
        oldest: the oldest series that is still mended, or an empty text.
    """

    until: date
    oldest: str = ""
    holes: tuple[Hole, ...] = field(default=(), repr=False)

    def is_left_behind(self, version: str) -> bool:
        """Whether a version belongs to a series that gets no mends any more."""
        wanted, oldest = release(version), release(self.oldest)
        return wanted is not None and oldest is not None and wanted < (oldest[0], False)


def release(version: str) -> Release | None:
    """Return a version as it compares: numbers, and whether it is a final one; None for `5.*`."""
    match = _VERSION.fullmatch(version.strip().lower().partition("+")[0])
    if match is None:
        return None
    numbers = [int(part) for part in match[1].split(".")]
    while len(numbers) > 1 and not numbers[-1]:
        numbers.pop()
    return tuple(numbers), not match[2]


@cache
def advisories() -> dict[str, Advisories]:
    """Return what is known, by package."""
    found: dict[str, Advisories] = {}
    for file in sorted(files(__package__).iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            found.update(parsed(file.read_text("utf-8")))
    return found


def parsed(text: str) -> dict[str, Advisories]:
    """Return what one file says."""
    document: dict[str, Any] = tomllib.loads(text)
    until, oldest = document.pop("until"), document.pop("oldest", {})
    return {
        package: Advisories(until, oldest.get(package, ""), tuple(_hole(one) for one in holes))
        for package, holes in document.items()
    }


def _hole(table: dict[str, Any]) -> Hole:
    ranges = tuple((first, mend) for first, mend in table["ranges"])
    return Hole(table["id"], table["title"], ranges, table.get("severity", ""))
