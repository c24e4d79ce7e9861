"""`pickguard explain`: the page of a lesson, or the part of it that is about one rule."""

from collections.abc import Iterator

import click

from pickguard.base.errors import UsageError, did_you_mean
from pickguard.base.screen import many, pad, wrap
from pickguard.cli.output import emit, view
from pickguard.findings import suppression
from pickguard.findings.result import RuleInfo
from pickguard.kit import Lesson, Rule, lessons
from pickguard.report.ink import Ink, Role
from pickguard.report.markdown import markdown

_LABEL = 10


@click.command("explain")
@click.argument("name", metavar="[RULE|LESSON]", default="")
@click.option("--all", "whole", is_flag=True, help="Show every example.")
def command(name: str, *, whole: bool) -> None:
    """Explain a rule or a lesson; without a name, list all of them."""
    seen = view(None)
    ink = Ink(colour=seen.colour, unicode=seen.unicode, width=seen.width)
    text = "\n".join(line.rstrip() for line in _explained(name, ink, whole=whole)) + "\n"
    emit(text if seen.unicode else text.encode("ascii", "replace").decode(), None)


def _explained(name: str, ink: Ink, *, whole: bool) -> Iterator[str]:
    known = lessons()
    rules = {rule.id: rule for lesson in known.values() for rule in lesson.rules}
    own = {rule.id: rule for rule in suppression.RULES}
    if not name:
        return _list(ink)
    if name in known:
        page = known[name].page
        return markdown(page.text, ink) if whole else _lesson(known[name], ink)
    if name in rules:
        return _rule(rules[name], known[rules[name].lesson], ink, whole=whole)
    if name in own:
        return _own(own[name], ink)
    names = sorted({*known, *rules, *own})
    hint = did_you_mean(name, names)
    raise UsageError(
        f"`{name}` is neither a rule nor a lesson",
        way_out=hint if hint.startswith("Did") else "`pickguard explain` lists all of them.",
    )


def _list(ink: Ink) -> Iterator[str]:
    for lesson in lessons().values():
        yield ink(lesson.id, Role.LESSON) + ink(f" {ink.dot} {lesson.title}")
        yield from _titles({rule.id: rule.title for rule in lesson.rules}, ink)
        yield ""
    yield ink(suppression.LESSON, Role.LESSON) + ink(f" {ink.dot} {suppression.TITLE}")
    yield from _titles({rule.id: rule.title for rule in suppression.RULES}, ink)


def _titles(titles: dict[str, str], ink: Ink) -> Iterator[str]:
    widest = max(map(len, titles), default=0)
    for name, title in titles.items():
        yield f"  {ink(pad(name, widest), Role.CODE)}  {ink(title)}"


def _lesson(lesson: Lesson, ink: Ink) -> Iterator[str]:
    yield from markdown(lesson.page.introduction, ink)
    yield ""
    yield from _titles({rule.id: rule.title for rule in lesson.rules}, ink)
    yield ""
    yield ink("pickguard explain RULE tells of one of them", Role.QUIET)
    yield ink(f"pickguard explain {lesson.id} --all shows every example", Role.QUIET)


def _rule(rule: Rule, lesson: Lesson, ink: Ink, *, whole: bool) -> Iterator[str]:
    yield ink(rule.id, Role.RULE) + ink(f" {ink.dot} {rule.title}")
    yield ""
    facts = {
        "severity": rule.severity.value,
        "harms": ", ".join(rule.areas),
        "weakness": ", ".join(f"CWE-{number}" for number in rule.cwe),
        "so": rule.gain,
        "mend": rule.mend,
    }
    for label, value in facts.items():
        for index, line in enumerate(wrap(value, ink.width - _LABEL)):
            yield ink(pad("" if index else label, _LABEL), Role.QUIET) + ink.prose(line)
    section = lesson.page.section(rule.id)
    if section is not None:
        shown, left_out = (section.text, 0) if whole else section.brief()
        yield ""
        yield from markdown(shown, ink)
        yield ""
        if left_out:
            more = f"{many(left_out, 'more example')}: pickguard explain {rule.id} --all"
            yield ink(more, Role.QUIET)
    yield ink(f"pickguard explain {lesson.id} tells of the whole lesson", Role.QUIET)


def _own(rule: RuleInfo, ink: Ink) -> Iterator[str]:
    yield ink(rule.id, Role.RULE) + ink(f" {ink.dot} {rule.title}")
    yield ""
    yield from markdown(rule.help, ink)
