"""Regular expressions that take the cube of a text's length: `.*a.*b.*c` tries each place for each part.

Repeats that stand one behind the other share a text out among them in many ways where each takes the same
characters, and what stands between them as well. A search begins anew at every letter, which is one way more.
"""

from __future__ import annotations

import re
import re._constants as c  # type: ignore[import-not-found]  # Python has no other parser of them
from functools import lru_cache
from typing import Any

from pickguard.lessons.deployment.patterns.slow_patterns import characters_of, flattened, parsed

_ITEM_LIMIT = 400
_MANY = 50
_CUBE = 3
_REPEATS = re.compile(r"[+*}]")
# They begin at every letter
_SEARCHES = frozenset({"search", "findall", "finditer", "sub", "subn", "split"})


@lru_cache(maxsize=1024)
def takes_cube(pattern: str, function: str) -> bool:
    """Whether a text that almost matches takes at least the cube of its length.

    Args:
        pattern: as it is written; what does not parse takes no time.
        function: the name of what matches with it: `search`, `match`.
    """
    if len(_REPEATS.findall(pattern)) < _CUBE - 1:
        return False
    items = flattened(parsed(pattern))[:_ITEM_LIMIT]
    is_searched = function in _SEARCHES and bool(items) and items[0][0] is not c.AT
    return _most_ways(items, is_searched=is_searched) >= _CUBE


def _most_ways(items: list[Any], *, is_searched: bool) -> int:
    """Return how many repeats share one text out at most, where something behind them can fail."""
    most, ways = 0, 0
    taken: frozenset[str] = frozenset()
    for position, item in enumerate(items):
        characters = _repeated(item)
        if characters is None:
            between = characters_of([item])
            if (
                item[0] is not c.AT
                and not _may_be_left_out(item)
                and not (between and between & taken)
            ):
                ways, taken = 0, frozenset()
            continue
        shares = bool(characters & taken)
        ways = ways + 1 if shares else 1 + (is_searched and position == 0)
        taken = characters & taken if shares else characters
        behind = items[position + 1 :]
        if characters == _ANY and all(one[0] is c.AT for one in behind):
            continue  # it takes the rest of the text, and the end is there
        if any(map(_can_fail, behind)):
            most = max(most, ways)
    return most


_ANY = characters_of([(c.ANY, None)])


def _repeated(item: Any) -> frozenset[str] | None:
    """Return what a repeat without an end takes; None of anything else."""
    op, value = item
    if op not in (c.MAX_REPEAT, c.MIN_REPEAT) or value[1] < _MANY:
        return None
    return characters_of(list(value[2]))


def _may_be_left_out(item: Any) -> bool:
    op, value = item
    return op in (c.MAX_REPEAT, c.MIN_REPEAT) and value[0] == 0


def _can_fail(item: Any) -> bool:
    op, value = item
    if op is c.AT:
        return value in (c.AT_END, c.AT_END_STRING)
    return not _may_be_left_out(item)
