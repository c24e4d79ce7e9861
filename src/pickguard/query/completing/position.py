"""Where the cursor stands: what the parser could take next, and what is being talked about."""

import re
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import Model

from pickguard.query.schemas.names import Attribute, Link, Target
from pickguard.query.schemas.schema import Schema
from pickguard.query.syntax.errors import QueryError
from pickguard.query.syntax.lexer import tokenize
from pickguard.query.syntax.limits import check_tokens
from pickguard.query.syntax.nodes import TEXT, Token
from pickguard.query.syntax.parser import advance, viable

_OPEN = re.compile(r"\"[^\"\\]*(?:\\.[^\"\\]*)*\"|'[^'\\]*(?:\\.[^'\\]*)*'|[\"']", re.DOTALL)
_PHRASE = re.compile(
    r"(?:\bis(?:\s+not)?|\bnot|\border|\bnot\s+i|\border\s+b)\s+\w*$", re.IGNORECASE
)
# what stands before the word and before the sign at the end; found from the end, in linear time
_TO_WORD = re.compile(r"(?:.*[^\w.`])?", re.DOTALL)
_TO_SIGN = re.compile(r"(?:.*[^<>=!~^$])?(?=[<>=!~^$])", re.DOTALL)
_REST = re.compile(r"[\w.]*")
_BEFORE_VALUE = frozenset(["OP", "IN", "NOT_IN", "RANGE"])


class Typed(NamedTuple):
    """What is being typed: what stands before it, the part so far, and what to replace."""

    head: str
    part: str
    quote: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Position:
    """A place in an unfinished query.

    Attributes:
        viable: the kinds of tokens that can come next.
        before: the kinds of the tokens before, the last of them last.
        root: the model that the whole query asks.
        schema: what can be named here.
        links: relations that brackets around this place have followed.
        subject: the field or relation that was named last; None where that means nothing.
        in_list: whether the last opening parenthesis belongs to a list of values.
        in_order: whether `order by` has been said.
    """

    viable: frozenset[str]
    before: tuple[str, ...]
    root: type[Model]
    schema: Schema
    links: tuple[Link, ...]
    subject: Target | None
    in_list: bool
    in_order: bool

    @property
    def wants_value(self) -> bool:
        """Return whether a value comes next."""
        last = self.before[-1] if self.before else ""
        return last in _BEFORE_VALUE or (self.in_list and last in ("LPAREN", "COMMA"))


def typed_at(text: str, cursor: int) -> list[Typed]:
    """Return how what stands before the cursor can be read, the more special first."""
    before = text[:cursor]
    for match in _OPEN.finditer(before):
        if len(match[0]) == 1:
            start = match.start()
            return [Typed(before[:start], before[start + 1 :], match[0], start, cursor)]
    end = cursor + len((_REST.match(text, cursor) or [""])[0])
    phrase, word, sign = _PHRASE.search(before), _TO_WORD.match(before), _TO_SIGN.match(before)
    starts = [(phrase.start(), cursor)] if phrase else []
    starts += [(word.end(), end)] if word else []
    starts += [(sign.end(), cursor)] if sign else []
    return [Typed(before[:start], before[start:], "", start, stop) for start, stop in starts]


def position(schema: Schema, head: str) -> Position | None:
    """Return the place behind `head`; None where no query begins like that."""
    try:
        kinds, tokens = tokenize(head)
        check_tokens(head, kinds, tokens, schema.limits)
    except QueryError:
        return None
    states = [0]
    for kind in kinds[:-1]:
        after = advance(states, kind)
        if after is None:
            return None
        states = after
    return _Walk(schema, kinds[:-1], tokens).position(frozenset(viable(states)))


class _Walk:
    """Follows the brackets of a text that the parser has accepted so far."""

    def __init__(self, schema: Schema, kinds: list[str], tokens: list[Token]) -> None:
        self.kinds = kinds
        self.scopes: list[tuple[Schema, tuple[Link, ...]]] = [(schema, ())]
        self.open: list[str] = []
        self.name: tuple[str, ...] = ()
        self.subject: Target | None = None
        for index, (kind, token) in enumerate(zip(kinds, tokens, strict=False)):
            self._step(kind, token, kinds[index - 1] if index else "")

    def _step(self, kind: str, token: Token, before: str) -> None:
        if kind == "NAME":
            if before not in _BEFORE_VALUE and not (before == "COMMA" and self._in_list()):
                self.name = (*self.name, str(token[TEXT]).replace("__", ".").strip("`"))
                self.subject = self._find()
            return
        self.name = ()
        if kind == "LBRACKET":
            self._enter()
        elif kind == "LPAREN":
            self.open.append("list" if before in ("IN", "NOT_IN") else "group")
        elif kind in ("RPAREN", "RBRACKET") and self.open and self.open.pop() == "scope":
            self.scopes.pop()

    def _in_list(self) -> bool:
        return bool(self.open) and self.open[-1] == "list"

    def _find(self) -> Target | None:
        schema = self.scopes[-1][0]
        *words, path = self.name
        if words and isinstance(schema.names.get(words[-1]), Link):
            path = f"{words[-1]}.{path}"
        return schema.find(path)

    def _enter(self) -> None:
        schema, links = self.scopes[-1]
        target = self.subject
        if target is not None and isinstance(target.end, Link):
            for link in (*target.links, target.end):
                schema = schema.related(link.schema)
                links = (*links, link)
        self.scopes.append((schema, links))
        self.open.append("scope")
        self.subject = None

    def position(self, possible: frozenset[str]) -> Position:
        """Return the place at the end."""
        schema, links = self.scopes[-1]
        return Position(
            viable=possible,
            before=tuple(self.kinds[-2:]),
            root=self.scopes[0][0].model,
            schema=schema,
            links=links,
            subject=self.subject,
            in_list=self._in_list(),
            in_order="ORDER_BY" in self.kinds,
        )


def attribute_of(place: Position) -> Attribute | None:
    """Return the field that is being compared, where one is."""
    end = place.subject.end if place.subject is not None else None
    return end if isinstance(end, Attribute) else None
