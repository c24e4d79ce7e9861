"""Cuts a Django template into tokens that know where they stand.

Tokens are the ones that `django.template.base.Lexer` finds; unlike there, the time is linear in
the size of the file whatever it holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

_OPENING = re.compile(r"\{[{%#]")
_CLOSING = {"{": "}}", "%": "%}", "#": "#}"}


class Kind(IntEnum):
    """What a token is."""

    TEXT = 0
    VARIABLE = 1
    BLOCK = 2
    COMMENT = 3


_KINDS = {"{": Kind.VARIABLE, "%": Kind.BLOCK, "#": Kind.COMMENT}


class Token(NamedTuple):
    """A stretch of the text, with its delimiters."""

    kind: Kind
    start: int
    end: int


def tokenize(text: str) -> list[Token]:
    """Return the tokens of a template; together they are the whole text."""
    tokens: list[Token] = []
    last = 0
    verbatim = ""
    for kind, start, end in _tags(text):
        if kind is Kind.BLOCK:
            content = text[start + 2 : end - 2].strip()
            if verbatim and content != verbatim:
                continue
            verbatim = f"end{content}" if content[:9] in ("verbatim", "verbatim ") else ""
        elif verbatim:
            continue
        if start > last:
            tokens.append(Token(Kind.TEXT, last, start))
        tokens.append(Token(kind, start, end))
        last = end
    if last < len(text):
        tokens.append(Token(Kind.TEXT, last, len(text)))
    return tokens


def _tags(text: str) -> Iterator[tuple[Kind, int, int]]:
    position = 0
    line_end = -1
    missing = ""
    while opening := _OPENING.search(text, position):
        start = opening.start()
        if start > line_end:
            line_end = text.find("\n", start)
            line_end = len(text) if line_end < 0 else line_end
            missing = ""
        mark = text[start + 1]
        # NOTE: once a closing is not on the rest of the line, it is not sought there again
        end = -1 if mark in missing else text.find(_CLOSING[mark], start + 2, line_end)
        if end < 0:
            missing += mark
            position = start + 1
        else:
            position = end + 2
            yield _KINDS[mark], start, position


def fold_comments(text: str, tokens: list[Token]) -> list[Token]:
    """Return the tokens with each `{% comment %} ... {% endcomment %}` as one comment."""
    if "endcomment" not in text:
        return tokens
    folded: list[Token] = []
    opened: list[Token] = []
    for token in tokens:
        content = text[token.start + 2 : token.end - 2].strip() if token.kind is Kind.BLOCK else ""
        if opened:
            opened.append(token)
            if content == "endcomment":
                folded.append(Token(Kind.COMMENT, opened[0].start, token.end))
                opened = []
        elif content.startswith("comment") and content.split()[0] == "comment":
            opened.append(token)
        else:
            folded.append(token)
    return folded + opened
