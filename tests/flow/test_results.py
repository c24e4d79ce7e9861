"""Answers about functions that rest on each other: how often each is found, and what is kept."""

from __future__ import annotations

import pytest

from pickguard.flow.values.results import Results


class Asked:
    """Functions by their numbers, each of which calls others; the last answers for all that lead to it.

    Args:
        calls: the numbers that each calls.
        known: what some of them answer by themselves.
    """

    def __init__(self, calls: dict[int, list[int]], known: dict[int, str]) -> None:
        self.found: list[int] = []
        self._calls = calls
        self._known = known
        self._results = Results(self._find)

    def of(self, number: int) -> str | None:
        return self._results.of(number)

    def _find(self, number: int) -> str | None:
        self.found.append(number)
        answers = [self.of(other) for other in self._calls.get(number, [])]
        return next((a for a in answers if a is not None), self._known.get(number))


def test_each_function_of_a_chain_is_asked_once():
    asked = Asked({n: [n + 1] for n in range(10)}, {10: "note"})
    assert [asked.of(n) for n in (0, 5, 10, 3)] == ["note"] * 4
    assert sorted(asked.found) == list(range(11))


@pytest.mark.parametrize("first", [0, 1, 2])
def test_functions_that_call_each_other_in_a_circle_have_one_answer(first):
    asked = Asked({0: [1], 1: [2], 2: [0]}, {2: "note"})
    assert asked.of(first) == "note"
    assert [asked.of(n) for n in range(3)] == ["note"] * 3


def test_what_rests_on_an_unfinished_answer_is_found_anew_once_that_is_known():
    """Asked within the question for 0, 1 sees nothing of 0; asked by itself it does."""
    asked = Asked({0: [1], 1: [0]}, {0: "note"})
    assert asked.of(0) == "note"
    assert asked.of(1) == "note"


def test_a_chain_that_is_too_long_ends_and_its_end_is_known_from_nearer_by():
    asked = Asked({n: [n + 1] for n in range(100)}, {100: "note"})
    assert asked.of(0) is None
    assert asked.of(95) == "note"


def test_a_large_circle_is_asked_about_in_proportion_to_its_size():
    size = 400
    asked = Asked({n: [(n + 1) % size, (n * 7 + 3) % size] for n in range(size)}, {})
    for number in range(size):
        asked.of(number)
    assert len(asked.found) < size * 80
