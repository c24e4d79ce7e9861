"""Runs rules over a project. A rule that fails is a fault of its own; the others go on."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from msgspec import Struct
from msgspec.structs import replace

from pickguard.kit.code import Code
from pickguard.kit.project import Project
from pickguard.kit.rule import Hit, Rule

_STACK = 4_000
_BETWEEN_RESTS = 2_000  # bodies of code


class Failure(Struct, frozen=True):
    """A rule that failed: where, and with what."""

    rule: str
    where: str
    message: str


def run(rules: Iterable[Rule], project: Project) -> Iterator[tuple[Rule, Hit] | Failure]:
    """Yield what the rules find, in the order of rules and files; those of one cause at the end."""
    with _deep_stack():
        yield from _told_once(_run(rules, project))


@contextmanager
def _deep_stack() -> Iterator[None]:
    """Let the interpreter go as deep as the flow's own bounds: each step of a value takes many calls."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _STACK))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def _told_once(
    results: Iterable[tuple[Rule, Hit] | Failure],
) -> Iterator[tuple[Rule, Hit] | Failure]:
    """Make one hit of those that have their cause in common: the others are its places."""
    waiting: dict[tuple[str, str, str], list[tuple[Rule, Hit]]] = {}
    for result in results:
        if isinstance(result, Failure) or not result[1].cause:
            yield result
            continue
        rule, hit = result
        waiting.setdefault((rule.id, hit.spots[0].path, hit.cause), []).append(result)
    for (rule, first), *others in waiting.values():
        places = tuple(replace(hit.spots[0], label="and here") for _rule, hit in others)
        yield rule, replace(first, spots=(*first.spots, *places))


def _run(rules: Iterable[Rule], project: Project) -> Iterator[tuple[Rule, Hit] | Failure]:
    chosen = list(rules)
    for rule in chosen:
        if not rule.is_code_rule:
            yield from _guarded(rule, project, rule.lesson)
    project.rest()
    of_code = [rule.knowing(project.catalog) for rule in chosen if rule.is_code_rule]
    yield from _run_code(of_code, project)


def _run_code(rules: list[Rule], project: Project) -> Iterator[tuple[Rule, Hit] | Failure]:
    by_word: dict[str, list[int]] = {}
    for index, rule in enumerate(rules):
        for word in rule.words or ():
            by_word.setdefault(word, []).append(index)
    for count, (code, found) in enumerate(project.code(frozenset(by_word)), 1):
        for index in sorted({index for word in found for index in by_word[word]}):
            if _can_find(rules[index], code):
                yield from _guarded(rules[index], code, code.module.path)
        code.rest()
        if count % _BETWEEN_RESTS == 0:
            project.rest()


def _can_find(rule: Rule, code: Code) -> bool:
    """Whether a rule can find anything in a body that holds one of its words."""
    if rule.packages and rule.packages.isdisjoint(code.packages):
        return False
    return code.sees_browser if rule.needs_browser else True


def _guarded(rule: Rule, subject: object, where: str) -> Iterator[tuple[Rule, Hit] | Failure]:
    try:
        for hit in rule.run(subject):
            yield rule, hit
    except Exception as error:  # noqa: BLE001 - one broken rule must not cost the others
        frame = traceback.extract_tb(error.__traceback__)[-1]
        line = f"{frame.filename.rpartition('/')[2]}:{frame.lineno}"
        yield Failure(rule.id, where, f"{type(error).__name__}: {error} ({line})")
