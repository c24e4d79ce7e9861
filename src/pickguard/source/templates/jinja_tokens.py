"""Jinja2's own lexer and parser, made to tell exact positions and to tolerate unknown tags.

Jinja2's nodes know only their line. Here each token is handed to the parser with its *offset* in
place of the line, so that every node carries the offset of the token that it starts at.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from jinja2 import Environment, TemplateSyntaxError, nodes
from jinja2.lexer import TokenStream
from jinja2.parser import Parser

# the statements that Jinja2 documents, and those of the extensions below
_KNOWN = frozenset(
    (
        *("for", "if", "block", "extends", "print", "macro", "include", "from", "import", "set"),
        *("with", "autoescape", "call", "filter", "do", "break", "continue"),
    )
)
_ENVIRONMENT = Environment(
    autoescape=True,
    keep_trailing_newline=True,
    extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"],
)
# no template that people write comes near; jinja2 would need a minute for what does
_MOST_TOKENS = 300_000
_OPENING = {"(": ")", "[": "]", "{": "}"}


class JinjaToken(NamedTuple):
    """A token of Jinja2's lexer and where it stands."""

    kind: str
    start: int
    end: int


class Tokens:
    """The tokens of one template, to be asked by offset."""

    def __init__(self, source: str, located: list[tuple[JinjaToken, str]]) -> None:
        self._source = source
        self._tokens = [token for token, _ in located if token.kind != "whitespace"]
        self._starts = [token.start for token in self._tokens]
        self._closing = dict(self._pairs())
        self.tags = list(self._tags())
        self._tag_starts = [start for start, _ in self.tags]

    def _pairs(self) -> Iterator[tuple[int, int]]:
        waiting: list[int] = []
        for token in self._tokens:
            if token.kind != "operator":
                continue
            written = self._source[token.start]
            if written in _OPENING:
                waiting.append(token.start)
            elif written in ")]}" and waiting:
                yield waiting.pop(), token.end

    def _tags(self) -> Iterator[tuple[int, int]]:
        start = -1
        for kind, token_start, token_end in self._tokens:
            if kind.endswith("_begin") and start < 0:
                start = token_start
            elif kind.endswith("_end") and start >= 0:
                yield start, token_end
                start = -1

    def tag_around(self, offset: int) -> tuple[int, int]:
        """Return where the tag that holds an offset starts and ends."""
        index = bisect_right(self._tag_starts, offset) - 1
        return self.tags[index] if index >= 0 else (offset, offset)

    def end_of(self, offset: int, ahead: int = 0) -> int:
        """Return where the token at an offset ends, or the one `ahead` tokens further."""
        index = min(bisect_right(self._starts, offset) - 1 + ahead, len(self._tokens) - 1)
        return self._tokens[index].end if index >= 0 else offset

    def end_of_brackets(self, offset: int) -> int:
        """Return where the bracket that opens at an offset closes."""
        return self._closing.get(offset, self.end_of(offset))

    def end_of_filter(self, offset: int) -> int:
        """Return where a filter ends whose name stands at an offset."""
        end = self.end_of(offset)
        index = bisect_right(self._starts, offset)
        if index < len(self._starts) and self._starts[index] in self._closing:
            following = self._starts[index]
            if self._source[following] == "(":
                return self._closing[following]
        return end


def lex(source: str) -> list[tuple[JinjaToken, str]]:
    """Return the tokens of a template with their text.

    Raises:
        jinja2.TemplateSyntaxError: a tag is not closed, or holds what Jinja2 does not know;
            its `lineno` is a line. Errors of the parser have an offset there.
    """
    found: list[tuple[JinjaToken, str]] = []
    position = 0
    for line, kind, value in _ENVIRONMENT.lexer.tokeniter(source, None):
        # NOTE: `{%-` makes the lexer drop the white space before it
        position = source.find(value, position)
        if position < 0:
            raise TemplateSyntaxError("a token that is not in the text", line)
        end = position + len(value.rstrip() if kind.endswith("_end") else value)
        found.append((JinjaToken(kind, position, end), value))
        position += len(value)
        if len(found) > _MOST_TOKENS:
            raise TemplateSyntaxError(f"more than {_MOST_TOKENS:,} tokens", line)
    return found


class TolerantParser(Parser):
    """A parser that keeps tags which it does not know as their name.

    Args:
        located: what `lex` returned.
    """

    def __init__(self, located: list[tuple[JinjaToken, str]]) -> None:
        super().__init__(_ENVIRONMENT, "")
        stream = ((token.start, token.kind, value) for token, value in located)
        self.stream = TokenStream(_ENVIRONMENT.lexer.wrap(stream), None, None)

    def parse_statement(self) -> nodes.Node | list[nodes.Node]:
        """Return the next statement; an unknown one is an `ExprStmt` of its name."""
        token = self.stream.current
        if token.type != "name" or token.value in _KNOWN:
            return super().parse_statement()
        next(self.stream)
        while self.stream.current.type not in ("block_end", "eof"):
            next(self.stream)
        if token.value == "trans":
            return self._translated(token.lineno)
        return nodes.ExprStmt(nodes.Const(token.value), lineno=token.lineno)

    def _translated(self, lineno: int) -> nodes.Node:
        body = list(self.parse_statements(("name:endtrans", "name:pluralize")))
        if self.stream.current.value == "pluralize":
            while self.stream.current.type not in ("block_end", "eof"):
                next(self.stream)
            body += self.parse_statements(("name:endtrans",))
        next(self.stream)
        return nodes.OverlayScope(nodes.Const("trans"), body, lineno=lineno)
