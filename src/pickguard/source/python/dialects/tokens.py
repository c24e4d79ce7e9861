"""Source as tokens that give it back to the letter, of any Python: strings are taken whole.

>>> [token.text for token in scan('x = f"{d["a"]}"  # "')]
['x', ' ', '=', ' ', 'f"{d["a"]}"', '  ', '# "']
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What a token is."""

    NAME = "name"
    NUMBER = "number"
    STRING = "string"
    OPERATOR = "operator"
    SPACE = "space"  # between tokens of one line, also behind a backslash
    COMMENT = "comment"
    NEWLINE = "newline"


class Token(NamedTuple):
    """A piece of source."""

    kind: Kind
    text: str


_TOKEN = re.compile(
    r"""
    (?P<comment>\#[^\n]*)
    |(?P<string>[A-Za-z]{0,3}(?:\"{3}|'{3}|"|'))
    |(?P<name>[^\W\d]\w*)
    |(?P<number>\d[\w.]*|\.\d[\w.]*)
    |(?P<newline>\n)
    |(?P<space>(?:[^\S\n]|\\\r?\n)+)
    |(?P<operator><>|[-+*/%&|^=<>!:]=|\*\*|//|>>|<<|->|.)
    """,
    re.VERBOSE,
)
_OPENING = re.compile(r"([A-Za-z]{0,3})(\"{3}|'{3}|\"|')")
_PLAIN = {
    "'": re.compile(r"(?:\\.|[^'\\\n])*+", re.DOTALL),
    '"': re.compile(r'(?:\\.|[^"\\\n])*+', re.DOTALL),
    "'''": re.compile(r"(?:\\.|(?!''')[^\\])*+", re.DOTALL),
    '"""': re.compile(r'(?:\\.|(?!""")[^\\])*+', re.DOTALL),
}
_BRACKETS = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}


def scan(source: str) -> list[Token]:
    """Return the tokens of a source; what ends nowhere ends with it.

    Raises:
        RecursionError: f-strings are nested too deeply.
    """
    tokens = []
    at = 0
    while at < len(source):
        found = _TOKEN.match(source, at)
        if found is None or found.lastgroup is None:
            tokens.append(Token(Kind.OPERATOR, source[at]))
            at += 1
            continue
        end = string_end(source, at) if found.lastgroup == "string" else found.end()
        tokens.append(Token(Kind(found.lastgroup), source[at:end]))
        at = end
    return tokens


def written(tokens: Iterable[Token]) -> str:
    """Return the source of tokens."""
    return "".join(token.text for token in tokens)


def close(made: list[Token], end: int) -> None:
    """Put a closing bracket before the token at an index."""
    kind, text = made[end - 1]
    made[end - 1] = Token(kind, f"{text})")


def opening(text: str) -> tuple[str, str]:
    """Return the prefix and the quotes that a string begins with."""
    found = _OPENING.match(text)
    return (found[1], found[2]) if found else ("", "")


def is_filled(prefix: str) -> bool:
    """Whether a string with a prefix holds expressions: `f""`, `t""`."""
    return not {"f", "t"}.isdisjoint(prefix.lower())


def string_end(source: str, at: int) -> int:
    """Return where the string that begins at a place ends."""
    prefix, quote = opening(source[at : at + 6])
    start = at + len(prefix) + len(quote)
    if not is_filled(prefix):
        found = _PLAIN[quote].match(source, start)
        return min((found.end() if found else start) + len(quote), len(source))
    while start < len(source):
        if source.startswith(quote, start):
            return start + len(quote)
        if source[start] == "{" and source[start + 1 : start + 2] != "{":
            start = field_end(source, start + 1)
        elif source[start] == "\n" and len(quote) == 1:
            return start
        else:
            start += 2 if source[start] in "\\{" else 1
    return len(source)


def field_end(source: str, at: int) -> int:
    """Return where a field of an f-string ends, behind its brace; `at` is behind the one that opens it."""
    depth, in_format = 0, False
    while at < len(source):
        character = source[at]
        if character == "}" and depth == 0:
            return at + 1
        if in_format:
            at = field_end(source, at + 1) if character == "{" else at + 1
            continue
        if _OPENING.match(source, at) and not source[at - 1].isidentifier():
            at = string_end(source, at)
            continue
        depth += _BRACKETS.get(character, 0)
        in_format = character == ":" and depth == 0
        at += 1
    return at


class Statements:
    """Where statements begin and end among tokens, and which bracket closes which.

    Args:
        tokens: of a whole module.
    """

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        self._closing = _closing(tokens)

    def begins(self, index: int) -> bool:
        """Whether a token is the first of a statement."""
        before = self.tokens[index - 1] if index else None
        if before is not None and before.kind is Kind.SPACE:
            before = self.tokens[index - 2] if index > 1 else None
        return before is None or before.kind is Kind.NEWLINE or before.text in (";", ":")

    def line(self, index: int) -> Iterator[int]:
        """Yield the indexes of the tokens up to the end of a statement, what stands in brackets left out."""
        while index < len(self.tokens):
            kind, text = self.tokens[index]
            if kind in (Kind.NEWLINE, Kind.COMMENT) or text == ";":
                return
            yield index
            index = self.closing(index) + 1

    def end(self, index: int) -> int:
        """Return the index of what ends the statement that a token is in: a line's end, `;`, a comment."""
        end = index
        for position in self.line(index):
            end = self.closing(position) + 1
        return min(end, len(self.tokens))

    def following(self, index: int) -> int:
        """Return the index of the next token that is no space; that of the end, where there is none."""
        index += 1
        if index < len(self.tokens) and self.tokens[index].kind is Kind.SPACE:
            index += 1
        return min(index, len(self.tokens))

    def closing(self, index: int) -> int:
        """Return the index of the bracket that closes one, of the last token where none does; of others, their own."""
        return self._closing.get(index, index)

    def commas(self, start: int, end: int) -> Iterator[int]:
        """Yield the indexes of the commas outside of brackets."""
        for position in self.line(start):
            if position >= end:
                return
            if self.tokens[position].text == ",":
                yield position


def _closing(tokens: Sequence[Token]) -> dict[int, int]:
    """Return for each bracket that opens the index of the one that closes it, or of the last token."""
    found: dict[int, int] = {}
    waiting: list[int] = []
    for index, token in enumerate(tokens):
        turn = _BRACKETS.get(token.text, 0) if token.kind is Kind.OPERATOR else 0
        if turn > 0:
            waiting.append(index)
        elif turn < 0 and waiting:
            found[waiting.pop()] = index
    found.update(dict.fromkeys(waiting, len(tokens) - 1))
    return found


def blanked(text: str) -> str:
    """Return as many spaces as a text has characters; lines end where they did, and go on."""
    return re.sub(r"[^\n]", " ", text).replace("\n", "\\\n")
