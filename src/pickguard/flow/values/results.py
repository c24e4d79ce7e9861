"""What the functions of a site are found to return, each asked once, also where they call each other in turn."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

_DEEPEST = 12
"""Calls inside of calls that are followed."""
_MOST = 60
"""Answers that rest on unfinished ones, for one question: functions that call each other in a large circle."""

_K = TypeVar("_K", bound=Hashable)
_T = TypeVar("_T")


class Results(Generic[_K, _T]):
    """The answers to one question about functions that rests on the answers for others.

    An answer is kept where it rests on none that was still being found, or left out for its depth;
    else it holds for the question alone that was asked first.

    Args:
        find: answers the question for a function, and may ask it here for others.
    """

    def __init__(self, find: Callable[[_K], _T | None]) -> None:
        self._find = find
        self._known: dict[_K, _T | None] = {}
        self._tentative: dict[_K, _T | None] = {}
        self._open: set[_K] = set()
        self._is_partial = False

    def of(self, function: _K) -> _T | None:
        """Return the answer for a function; None where there is none, or it rests upon itself."""
        if function in self._known:
            return self._known[function]
        if function in self._tentative:
            self._is_partial = True
            return self._tentative[function]
        is_far = len(self._open) >= _DEEPEST or len(self._tentative) >= _MOST
        if is_far or function in self._open:
            self._is_partial = True
            return None
        around, self._is_partial = self._is_partial, False
        self._open.add(function)
        try:
            found = self._find(function)
        finally:
            self._open.discard(function)
            if not self._open:
                self._tentative.clear()
        if not self._is_partial or not self._open:
            self._known[function] = found
        else:
            self._tentative[function] = found
        self._is_partial = bool(self._open) and (self._is_partial or around)
        return found
