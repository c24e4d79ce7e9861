"""The release before which all versions stand that a requirement admits.

PEP 440 (https://peps.python.org/pep-0440/#version-specifiers), and the `^4.2` and `~4.2` of Poetry
(https://python-poetry.org/docs/dependency-specification/).
"""

from __future__ import annotations

import re

_CLAUSE = re.compile(
    r"\s*(===?|<=|<|~=|\^|~)?\s*v?(\d{1,9}(?:\.\d{1,9}){0,5})"
    r"(?:(\.\*)|(?:[-_.]?(?:a|b|c|rc|post|dev)\d{0,9}){0,3}(?:\+[\w.]{1,80})?)\s*\Z"
)


def limit(specifier: str) -> tuple[int, ...]:
    """Return the numbers of the first release that is too new, empty where there is none: (4,) for `>=3.2,<4`.

    Args:
        specifier: what stands behind the name: `>=3.2,<4`, `~=3.2.1`, `==3.2.*`, `^3.2`.
    """
    found = [_of_clause(clause) for clause in specifier.split(",")]
    return min((one for one in found if one), default=())


def _of_clause(clause: str) -> tuple[int, ...]:
    match = _CLAUSE.match(clause)
    if match is None:
        return ()
    sign, numbers = match[1] or "", tuple(map(int, match[2].split(".")))
    if sign == "<":
        return _without_zeros(numbers)
    if match[3]:
        return _next(numbers)
    if sign == "~=":
        return _next(numbers[:-1])
    if sign == "~":
        return _next(numbers[:2])
    if sign == "^":
        return _next(numbers[: next((i for i, one in enumerate(numbers, 1) if one), len(numbers))])
    return _next((*numbers, 0))


def _without_zeros(numbers: tuple[int, ...]) -> tuple[int, ...]:
    """Return `4` for `4.0`: they are the same release."""
    while len(numbers) > 1 and not numbers[-1]:
        numbers = numbers[:-1]
    return numbers


def _next(numbers: tuple[int, ...]) -> tuple[int, ...]:
    """Return the release behind all that begin with some numbers."""
    return (*numbers[:-1], numbers[-1] + 1) if numbers else ()
