"""Markdown on a terminal: headings, paragraphs, lists and code, as the lessons' pages use them."""

import re
from collections.abc import Iterator

from pickguard.base.screen import wrap
from pickguard.report.ink import Ink, Role

_HEADING = re.compile(r"#{1,6} +(.*)")
_ITEM = re.compile(r"( *(?:[-*]|\d+\.) +)(.*)")
_LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
_FENCE = "```"
_MARK = "finding:"


def markdown(text: str, ink: Ink) -> Iterator[str]:
    """Yield the lines of a terminal that show the text."""
    paragraph: list[str] = []
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith(_FENCE):
            yield from _flowing(paragraph, ink)
            yield from _code(line, lines, ink)
        elif heading := _HEADING.fullmatch(line):
            yield from _flowing(paragraph, ink)
            yield ink(heading[1], _role(heading[1]))
        elif not line.strip():
            yield from _flowing(paragraph, ink)
            yield ""
        else:
            if _ITEM.match(line):
                yield from _flowing(paragraph, ink)
            paragraph.append(line)
    yield from _flowing(paragraph, ink)


def _role(heading: str) -> Role:
    word = heading.lower()
    if word.startswith("bad"):
        return Role.BAD
    return Role.GOOD if word.startswith("good") else Role.LESSON


def _flowing(paragraph: list[str], ink: Ink) -> Iterator[str]:
    """Yield a paragraph or an item of a list, wrapped, and empty it."""
    if not paragraph:
        return
    item = _ITEM.match(paragraph[0])
    lead = item[1] if item else ""
    words = " ".join(line.strip() for line in paragraph)[len(lead.lstrip()) :]
    paragraph.clear()
    text = _LINK.sub(r"\1 (\2)", words)
    for index, line in enumerate(wrap(text, ink.width - len(lead))):
        yield (lead if index == 0 else " " * len(lead)) + ink.prose(line)


def _code(fence: str, lines: Iterator[str], ink: Ink) -> Iterator[str]:
    """Yield a block of code; what is written behind the language is its file."""
    _, _, name = fence.removeprefix(_FENCE).strip().partition(" ")
    if name:
        yield "  " + ink(name, Role.PLACE)
    for line in lines:
        if line.startswith(_FENCE):
            return
        role = Role.BAD if _MARK in line else None
        bar = ink(ink.bar, Role.QUIET)
        yield f"  {bar} {ink(line, role)}".rstrip()
