"""Regular expressions that take exponential time: `(a+)+$` tries every way to cut the text up.

A repeat is ambiguous where what it repeats is a repeat itself, apart from parts that may be empty or
that the inner repeat takes as well (`(, .+)*`), or a choice between single characters that overlap. It
is slow where something follows that can fail: then each way is tried before the match is given up.
"""

from __future__ import annotations

import re
import re._constants as c  # type: ignore[import-not-found]  # Python has no other parser of them
import re._parser as p  # type: ignore[import-not-found]
import warnings
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

_LENGTH_LIMIT = 2_000
_DEPTH_LIMIT = 30
# `(…)+` and the like: without it nothing is repeated that could be a repeat
_REPEATED_GROUP = re.compile(r"\)[*+{]")
_MANY = 50
_CHARACTERS = [chr(code) for code in range(1, 128)]


@lru_cache(maxsize=1024)
def is_slow(pattern: str, *, to_the_end: bool = False) -> bool:
    """Whether a text that almost matches takes exponential time.

    Args:
        pattern: as it is written; what does not parse is not slow.
        to_the_end: whether the whole text has to match, as with `fullmatch`.
    """
    if not _REPEATED_GROUP.search(pattern):
        return False
    return _any_slow(parsed(pattern), followed=to_the_end, depth=0)


@lru_cache(maxsize=256)
def parsed(pattern: str) -> list[Any]:
    """Return the parts of a regular expression; none where it does not parse, or is too long."""
    if len(pattern) > _LENGTH_LIMIT:
        return []
    try:
        with warnings.catch_warnings(action="ignore"):  # of the project's own patterns
            return list(p.parse(pattern))
    except (re.error, OverflowError, RecursionError, ValueError):
        return []


def _any_slow(items: list[Any], *, followed: bool, depth: int) -> bool:
    """Whether one of some parts is slow; `followed` tells whether something behind them can fail."""
    if depth > _DEPTH_LIMIT:
        return False
    for position, (op, value) in enumerate(items):
        is_followed = followed or any(_can_fail(item) for item in items[position + 1 :])
        if op in (c.MAX_REPEAT, c.MIN_REPEAT):
            _least, high, inner = value
            body = list(inner)
            if high is c.MAXREPEAT or high >= _MANY:
                if is_followed and _is_ambiguous(body):
                    return True
                is_followed = True  # the next round can fail as well
            if _any_slow(body, followed=is_followed, depth=depth + 1):
                return True
        elif any(
            _any_slow(inner, followed=is_followed, depth=depth + 1) for inner in _parts(op, value)
        ):
            return True
    return False


def _parts(op: Any, value: Any) -> Iterable[list[Any]]:
    """Return what stands inside of a part: of a group, of a choice."""
    if op is c.SUBPATTERN:
        return [list(value[-1])]
    if op is c.BRANCH:
        return [list(one) for one in value[1]]
    return []


def _can_fail(item: Any) -> bool:
    op, value = item
    return op is not c.AT or value in (c.AT_END, c.AT_END_STRING, c.AT_BOUNDARY)


def _is_ambiguous(body: list[Any]) -> bool:
    """Whether a repeated body can cut one text up in many ways."""
    items = flattened(body)
    if len(items) == 1 and items[0][0] is c.BRANCH:
        choices = [list(one) for one in items[0][1][1]]
        return _overlap(choices) or any(_is_ambiguous(one) for one in choices)
    for position, (op, value) in enumerate(items):
        if op not in (c.MAX_REPEAT, c.MIN_REPEAT) or not value[0] <= 1:
            continue
        if value[1] is not c.MAXREPEAT and value[1] < _MANY:
            continue
        rest = [*items[:position], *items[position + 1 :]]
        if all(_may_be_empty(item) for item in rest):
            return True
        taken = characters_of(list(value[2]))
        if taken and all(_may_be_of(item, taken) for item in rest):
            return True
    return False


def _may_be_of(item: Any, taken: frozenset[str]) -> bool:
    """Whether some text of a part is made of certain characters alone."""
    op, value = item
    if op in (c.MAX_REPEAT, c.MIN_REPEAT):
        return value[0] == 0 or all(_may_be_of(one, taken) for one in flattened(list(value[2])))
    if op is c.SUBPATTERN:
        return all(_may_be_of(one, taken) for one in list(value[-1]))
    if op is c.BRANCH:
        return any(all(_may_be_of(one, taken) for one in choice) for choice in value[1])
    found = characters_of([item])
    return bool(found and found & taken)


def flattened(items: list[Any]) -> list[Any]:
    """Return the parts with groups that only group taken apart."""
    found: list[Any] = []
    for op, value in items:
        if op is c.SUBPATTERN and not value[1] and not value[2]:
            found += flattened(list(value[-1]))
        else:
            found.append((op, value))
    return found


def _may_be_empty(item: Any) -> bool:
    op, value = item
    return op in (c.MAX_REPEAT, c.MIN_REPEAT) and value[0] == 0


def _overlap(choices: list[list[Any]]) -> bool:
    """Whether two choices of one character each have a character in common."""
    sets = [found for choice in choices if (found := characters_of(choice)) is not None]
    return any(one & other for i, one in enumerate(sets) for other in sets[i + 1 :])


def characters_of(choice: list[Any]) -> frozenset[str] | None:
    """Return what a choice of exactly one character matches, of ASCII; None for others."""
    items = flattened(choice)
    if len(items) != 1 or items[0][0] not in (c.IN, c.LITERAL, c.NOT_LITERAL, c.ANY):
        return None
    op, value = items[0]
    if op is c.LITERAL:
        return frozenset({chr(value)})
    if op is c.NOT_LITERAL:
        return frozenset(_CHARACTERS) - {chr(value)}
    if op is c.ANY:
        return frozenset(_CHARACTERS) - {"\n"}
    members = [_member(*one) for one in value if one[0] is not c.NEGATE]
    found = frozenset().union(*members)
    return frozenset(_CHARACTERS) - found if value[0][0] is c.NEGATE else found


def _member(op: Any, value: Any) -> frozenset[str]:
    if op is c.LITERAL:
        return frozenset({chr(value)})
    if op is c.RANGE:
        return frozenset(chr(code) for code in range(value[0], min(value[1], 127) + 1))
    test = _CATEGORIES.get(value)
    return frozenset(x for x in _CHARACTERS if test.match(x)) if test is not None else frozenset()


_CATEGORIES = {
    c.CATEGORY_DIGIT: re.compile(r"\d"),
    c.CATEGORY_NOT_DIGIT: re.compile(r"\D"),
    c.CATEGORY_SPACE: re.compile(r"\s"),
    c.CATEGORY_NOT_SPACE: re.compile(r"\S"),
    c.CATEGORY_WORD: re.compile(r"\w"),
    c.CATEGORY_NOT_WORD: re.compile(r"\W"),
}
