"""Runs rules over a project. A rule that fails is a fault of its own; the others go on."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from pickguard.base.spans import unpack
from pickguard.base.workers import in_order
from pickguard.kit.code import Code
from pickguard.kit.debugging import weighed
from pickguard.kit.project import Project
from pickguard.kit.rule import Hit, Rule, Spot
from pickguard.site.symbols.modules import Module

_STACK = 4_000
_BETWEEN_RESTS = 2_000  # bodies of code
_TOGETHER = 40  # modules


class Failure(Struct, frozen=True):
    """A rule that failed: where, and with what."""

    rule: str
    where: str
    message: str


Result: TypeAlias = tuple[Rule, Hit] | Failure


def run(rules: Iterable[Rule], project: Project, *, jobs: int = 1) -> Iterator[Result]:
    """Yield what the rules find, in the order of rules and files; those of one cause at the end.

    Args:
        rules: what to ask.
        project: what to ask it of.
        jobs: processes to ask in; what is found is the same for any number of them.
    """
    with _deep_stack():
        yield from _told_once(_unless_told_better(_results(_Questions(list(rules), project), jobs)))


@contextmanager
def _deep_stack() -> Iterator[None]:
    """Let the interpreter go as deep as the flow's own bounds: each step of a value takes many calls."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _STACK))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def _unless_told_better(results: Iterable[Result]) -> Iterator[Result]:
    """Yield the results but those of a line where a rule that the own one yields to is as sure."""
    all_ = list(results)
    told: dict[tuple[str, str, int], int] = {}
    for result in all_:
        if not isinstance(result, Failure):
            rule, hit = result
            place = (rule.id, *_line(hit))
            told[place] = min(hit.confidence.rank, told.get(place, hit.confidence.rank))
    for result in all_:
        if isinstance(result, Failure):
            yield result
            continue
        rule, hit = result
        better = (told.get((name, *_line(hit))) for name in rule.yields_to)
        if not any(rank is not None and rank <= hit.confidence.rank for rank in better):
            yield result


def _line(hit: Hit) -> tuple[str, int]:
    return hit.spots[0].path, unpack(hit.spots[0].span).line


def _told_once(results: Iterable[Result]) -> Iterator[Result]:
    """Make one hit of those that have their cause in common: the others are its places."""
    waiting: dict[tuple[str, str, str], list[tuple[Rule, Hit]]] = {}
    for result in results:
        if isinstance(result, Failure) or not result[1].cause:
            yield result
            continue
        rule, hit = result
        waiting.setdefault((rule.id, hit.spots[0].path, hit.cause), []).append(result)
    for (rule, first), *others in waiting.values():
        places = [spot for _rule, hit in others for spot in _more(first, hit)]
        yield rule, replace(first, spots=(*first.spots, *dict.fromkeys(places)))


def _more(first: Hit, other: Hit) -> tuple[Spot, ...]:
    """Return where else a hit stands; of one at the same place, what it says besides."""
    if (other.spots[0].path, other.spots[0].span) == (first.spots[0].path, first.spots[0].span):
        return tuple(spot for spot in other.spots[1:] if spot not in first.spots)
    return (replace(other.spots[0], label="and here"),)


def _results(questions: _Questions, jobs: int) -> Iterator[Result]:
    if jobs == 1:
        for part in questions.parts:
            yield from questions.ask(part)
        return
    flow = questions.project.flow
    for found, gave_up in in_order(questions.answer, questions.parts, jobs, copied=True):
        flow.gave_up.update(dict.fromkeys(gave_up))
        yield from map(questions.named, found)


class _Questions:
    """Rules and the project that they are asked of, in parts that do not need each other.

    First the rules over the project, each a part; then those over code, so many modules a part.
    """

    def __init__(self, rules: list[Rule], project: Project) -> None:
        self.project = project
        self._of_project = [rule for rule in rules if not rule.is_code_rule]
        self._of_code = [rule.knowing(project.catalog) for rule in rules if rule.is_code_rule]
        self._by_word: dict[str, list[int]] = {}
        for index, rule in enumerate(self._of_code):
            for word in rule.words or ():
                self._by_word.setdefault(word, []).append(index)
        served = list(project.served()) if self._of_code else []
        self._modules = [served[at : at + _TOGETHER] for at in range(0, len(served), _TOGETHER)]
        self._asked = 0

    @property
    def parts(self) -> range:
        """The numbers of the parts."""
        return range(len(self._of_project) + len(self._modules))

    def ask(self, part: int) -> Iterator[Result]:
        """Yield what the rules of one part find."""
        if part < len(self._of_project):
            rule = self._of_project[part]
            yield from _guarded(rule, self.project, rule.lesson)
            return
        if part == len(self._of_project):
            self.project.rest()
        yield from self._ask_code(self._modules[part - len(self._of_project)])

    def _ask_code(self, modules: list[Module]) -> Iterator[Result]:
        for code, found in self.project.code(frozenset(self._by_word), modules):
            for index in sorted({index for word in found for index in self._by_word[word]}):
                if _can_find(self._of_code[index], code):
                    results = _guarded(self._of_code[index], code, code.module.path)
                    yield from (_weighed(code, result) for result in results)
            code.rest()
            self._asked += 1
            if self._asked % _BETWEEN_RESTS == 0:
                self.project.rest()

    def answer(self, part: int) -> tuple[list[tuple[str, Hit] | Failure], list[str]]:
        """Return what `ask` yields, and the code not followed so far, as another process can read it."""
        found = [one if isinstance(one, Failure) else (one[0].id, one[1]) for one in self.ask(part)]
        return found, list(self.project.flow.gave_up)

    def named(self, found: tuple[str, Hit] | Failure) -> Result:
        """Return a result with the rule itself instead of its name."""
        return found if isinstance(found, Failure) else (self._by_id[found[0]], found[1])

    @cached_property
    def _by_id(self) -> dict[str, Rule]:
        return {rule.id: rule for rule in (*self._of_project, *self._of_code)}


def _can_find(rule: Rule, code: Code) -> bool:
    """Whether a rule can find anything in a body that holds one of its words."""
    if rule.packages and rule.packages.isdisjoint(code.packages):
        return False
    return code.sees_browser if rule.needs_browser else True


def _weighed(code: Code, result: Result) -> Result:
    return result if isinstance(result, Failure) else (result[0], weighed(code, result[1]))


def _guarded(rule: Rule, subject: object, where: str) -> Iterator[Result]:
    try:
        for hit in rule.run(subject):
            yield rule, hit
    except Exception as error:  # noqa: BLE001 - one broken rule must not cost the others
        frame = traceback.extract_tb(error.__traceback__)[-1]
        line = f"{frame.filename.rpartition('/')[2]}:{frame.lineno}"
        yield Failure(rule.id, where, f"{type(error).__name__}: {error} ({line})")
