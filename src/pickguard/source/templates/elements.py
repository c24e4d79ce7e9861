"""Finds the forms, links and scripts that a template writes.

The template's tags are masked first, each by as many `MASK` characters, so that what is left reads
as markup and every offset is one of the file. Branches stand one after the other: a form that is
opened in two branches is two forms, which end together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pickguard.source.templates.positions import Positions
from pickguard.source.templates.record import Attribute, Element, Form

MASK = "\x02"

_TAG = re.compile(
    r"<(?:(!--)|(/?)(form|input|button|textarea|select|script|style|title|xmp|a|area|link|img"
    r"|iframe|frame|embed|object|base|meta|video|audio|source)(?=[\s/>\x02]))",
    re.IGNORECASE,
)
_ATTRIBUTE = re.compile(
    r"[\s/\x02]*+([^\s=>/\x02]+)\x02*+(?:\s*+=\s*+(\"[^\"]*+\"|'[^']*+'|[^\s>]*+))?"
)
_TAG_END = re.compile(r"[\s/\x02]*+>?")
_COMMENT = "!--"
_RAW = frozenset({"script", "style", "title", "textarea", "xmp"})
_FIELDS = frozenset({"input", "button", "textarea", "select"})
_KEPT = frozenset({"script", "iframe", "frame", "embed", "object", "base"})
_LONGEST_VALUE = 2000


class Markup(NamedTuple):
    """What `read_markup` returns."""

    forms: tuple[Form, ...]
    elements: tuple[Element, ...]


class _Start(NamedTuple):
    name: str
    closing: bool
    start: int
    end: int
    attributes: tuple[Attribute, ...]


def mask(text: str, tags: Iterable[tuple[int, int]]) -> str:
    """Return the text with the stretches of the template's own tags masked."""
    parts = []
    last = 0
    for start, end in tags:
        parts.append(text[last:start])
        parts.append(MASK * (end - start))
        last = end
    parts.append(text[last:])
    return "".join(parts)


def read_markup(text: str, masked: str, positions: Positions) -> Markup:
    """Return the forms and the other elements of interest, in the order of the file."""
    forms: list[Form] = []
    elements: list[Element] = []
    opened: list[tuple[int, tuple[Attribute, ...]]] = []
    fields: list[Element] = []
    comments: list[int] = []
    for tag in _tags(text, masked, positions):
        span = positions.span(tag.start, tag.end)
        element = Element(span, tag.name, tag.attributes)
        if tag.name == _COMMENT:
            comments += (span, positions.span(tag.end, tag.end))
        elif tag.name == "form" and tag.closing:
            forms.extend(Form(*form, tuple(fields), span, tuple(comments)) for form in opened)
            opened, fields, comments = [], [], []
        elif tag.name == "form":
            opened.append((span, tag.attributes))
        elif tag.closing:
            continue
        elif tag.name in _FIELDS:
            if opened:
                fields.append(element)
        elif _is_of_interest(element):
            elements.append(element)
    forms.extend(Form(*form, tuple(fields), comments=tuple(comments)) for form in opened)
    return Markup(tuple(forms), tuple(elements))


def _is_of_interest(element: Element) -> bool:
    if element.name in _KEPT:
        return True
    return any(
        item.value.startswith("http://") or item.name in ("target", "http-equiv")
        for item in element.attributes
    )


def _tags(text: str, masked: str, positions: Positions) -> Iterator[_Start]:
    position = 0
    while match := _TAG.search(masked, position):
        if match[1]:
            position = masked.find("-->", match.end())
            if position < 0:
                return
            yield _Start(_COMMENT, False, match.start(), position, ())
            continue
        name = match[3].lower()
        attributes, end = _attributes(text, masked, match.end(), positions)
        yield _Start(name, bool(match[2]), match.start(), end, attributes)
        position = end
        if name in _RAW and not match[2]:
            position = _end_of_raw(masked, name, end)


def _attributes(
    text: str, masked: str, position: int, positions: Positions
) -> tuple[tuple[Attribute, ...], int]:
    attributes: list[Attribute] = []
    while match := _ATTRIBUTE.match(masked, position):
        position = match.end()
        attributes.append(_attribute(text, match, positions))
    end = _TAG_END.match(masked, position)
    return tuple(attributes), end.end() if end else position


def _attribute(text: str, match: re.Match[str], positions: Positions) -> Attribute:
    start, end = match.span(2)
    written = match[2] or ""
    if written[:1] in ("'", '"'):
        start, end = start + 1, end - 1
    value = text[start : min(end, start + _LONGEST_VALUE)] if written else ""
    return Attribute(
        positions.span(match.start(1), match.end()),
        match[1].lower(),
        value.strip(),
        MASK in written,
    )


def _end_of_raw(masked: str, name: str, position: int) -> int:
    closing = re.compile(rf"</{name}", re.IGNORECASE).search(masked, position)
    return closing.start() if closing else len(masked)
