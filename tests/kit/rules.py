"""Small rules and projects for the tests of the kit."""

from __future__ import annotations

from collections.abc import Iterable

from tests.site.linked import site_of

from pickguard.base.scales import Area, Severity
from pickguard.kit.code import Code
from pickguard.kit.project import Project
from pickguard.kit.rule import Hit, Rule, code_rule, rule


def project(files: dict[str, str]) -> Project:
    """Return the project of some files."""
    return Project(site_of(files), {})


def project_rule(name: str, *hits: Hit, fails: bool = False) -> Rule:
    """Return a rule that finds these hits and, where it fails, raises after them."""

    @rule(
        f"demo.{name}",
        title="a demonstration",
        areas=(Area.INTEGRITY,),
        cwe=(352,),
        severity=Severity.MEDIUM,
        gain="an attacker gains a demonstration",
        mend="leave it out",
    )
    def check(_project: Project) -> Iterable[Hit]:
        yield from hits
        if fails:
            raise KeyError(name)

    return check


def word_rule(name: str, *words: str, fails_in: str = "") -> Rule:
    """Return a rule that hits each body of code with one of the words, but fails in one module."""

    @code_rule(
        f"demo.{name}",
        words=words,
        title="a demonstration",
        areas=(Area.INTEGRITY,),
        cwe=(),
        severity=Severity.LOW,
        gain="an attacker gains a demonstration",
        mend="leave it out",
    )
    def check(code: Code) -> Iterable[Hit]:
        if code.module.name == fails_in:
            raise RecursionError("too deep")
        yield Hit((code.spot(code.block[0]),), code.symbol)

    return check
