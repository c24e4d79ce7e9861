"""Reads a Django template: tokens become a tree.

Nothing is fatal here: unknown tags are kept by name, a tag is a block where its end tag is there,
and what does not fit together is noted as a problem.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pickguard.source.templates.django_expressions import Expressions
from pickguard.source.templates.django_lexer import Kind, Token
from pickguard.source.templates.django_tags import BLOCKS, SEPARATORS, TAGS, Written
from pickguard.source.templates.django_tags import block_tag as generic_block
from pickguard.source.templates.django_tags import tag as generic_tag
from pickguard.source.templates.positions import Positions
from pickguard.source.templates.record import MAX_DEPTH, Node, Output, Problem, Text

# longer tags are kept by name alone: splitting them could take time that grows with the square
_LONGEST_TAG = 20_000
_NEEDS_END = frozenset({*BLOCKS, "comment", "ifchanged", "spaceless", "verbatim"})


class Tree(NamedTuple):
    """What `parse` returns."""

    nodes: tuple[Node, ...]
    problems: tuple[Problem, ...]


class _Frame:
    """A block that is not closed yet."""

    __slots__ = ("bodies", "closed_by", "nodes", "separators", "written")

    def __init__(self, written: Written | None, closed_by: int) -> None:
        self.written = written
        self.closed_by = closed_by
        self.nodes: list[Node] = []
        self.bodies: list[tuple[Node, ...]] = []
        self.separators: list[Written] = []

    def separate(self, separator: Written) -> None:
        self.bodies.append(tuple(self.nodes))
        self.nodes = []
        self.separators.append(separator)

    def close(self) -> list[tuple[Node, ...]]:
        self.bodies.append(tuple(self.nodes))
        return self.bodies


def parse(text: str, tokens: Sequence[Token], positions: Positions) -> Tree:
    """Return the tree that tokens stand for; `fold_comments` has seen them."""
    parser = _Parser(text, tokens, positions)
    return Tree(parser.nodes(), tuple(parser.problems()))


class _Parser:
    def __init__(self, text: str, tokens: Sequence[Token], positions: Positions) -> None:
        self._text = text
        self._tokens = tokens
        self._positions = positions
        self._expressions = Expressions(text, positions)
        self._tags = {
            index: self._tag(token)
            for index, token in enumerate(tokens)
            if token.kind is Kind.BLOCK
        }
        self._closes = _match_ends({index: tag.name for index, tag in self._tags.items()})
        self._problems = [*self._unmatched()]

    def problems(self) -> list[Problem]:
        return sorted([*self._problems, *self._expressions.problems], key=lambda item: item.span)

    def nodes(self) -> tuple[Node, ...]:
        frame = _Frame(None, -1)
        frames: list[_Frame] = [frame]
        ends: set[int] = set()
        for index, token in enumerate(self._tokens):
            if token.kind is not Kind.BLOCK:
                node = self._leaf(token)
                if node is not None:
                    frame.nodes.append(node)
            elif index == frame.closed_by:
                frames.pop()
                built = self._build_block(frame)
                frame = frames[-1]
                frame.nodes.append(built)
            elif index in self._closes and len(frames) < MAX_DEPTH:
                frame = _Frame(self._tags[index], self._closes[index])
                frames.append(frame)
            elif index in self._closes:
                ends.add(self._closes[index])
                frame.nodes.append(generic_tag(self._expressions, self._tags[index]))
                self._note(token, f"nested more than {MAX_DEPTH} deep, read flat")
            elif index not in ends:
                self._flat(frame, self._tags[index])
        return tuple(frames[0].nodes)

    def _flat(self, frame: _Frame, tag: Written) -> None:
        if frame.written and tag.name in SEPARATORS.get(frame.written.name, SEPARATORS[""]):
            frame.separate(tag)
        elif tag.name:
            frame.nodes.append(TAGS.get(tag.name, generic_tag)(self._expressions, tag))

    def _build_block(self, frame: _Frame) -> Node:
        written = frame.written
        assert written is not None
        build = BLOCKS.get(written.name, generic_block)
        return build(self._expressions, written, frame.close(), frame.separators)

    def _leaf(self, token: Token) -> Node | None:
        _, start, end = token
        if token.kind is Kind.TEXT:
            return Text(self._positions.span(start, end), self._text[start:end])
        if token.kind is Kind.VARIABLE:
            span = self._positions.span(start, end)
            return Output(span, self._expressions.read(start + 2, end - 2))
        return None

    def _tag(self, token: Token) -> Written:
        start, end = token.start + 2, token.end - 2
        span = self._positions.span(token.start, token.end)
        if end - start > _LONGEST_TAG:
            name = self._text[start : start + 100].split(None, 1)[:1]
            return Written(self._text, span, "".join(name), [])
        words = self._expressions.words(start, end)
        if not words:
            return Written(self._text, span, "", [])
        name_start, name_end = words[0]
        return Written(self._text, span, self._text[name_start:name_end], words[1:])

    def _unmatched(self) -> list[Problem]:
        ends = set(self._closes.values())
        problems = []
        for index, tag in self._tags.items():
            if tag.name in _NEEDS_END and index not in self._closes:
                problems.append(Problem(tag.span, f"`{tag.name}` is never closed"))
            elif tag.name.startswith("end") and index not in ends:
                problems.append(Problem(tag.span, f"`{tag.name}` closes nothing"))
            elif not tag.name:
                problems.append(Problem(tag.span, "an empty tag"))
        return problems

    def _note(self, token: Token, message: str) -> None:
        self._problems.append(Problem(self._positions.span(token.start, token.end), message))


def _match_ends(names: dict[int, str]) -> dict[int, int]:
    """Return which tag is closed by which, by their indexes; in linear time."""
    closers = {name for name in names.values() if name.startswith("end")}
    waiting: list[tuple[int, str]] = []
    by_name: dict[str, int] = {}
    closes: dict[int, int] = {}
    for index, name in names.items():
        if name in closers:
            opener = name[3:].lstrip("_")
            if by_name.get(opener):
                closes[_drop_down_to(opener, waiting, by_name)] = index
        elif f"end{name}" in closers or f"end_{name}" in closers:
            waiting.append((index, name))
            by_name[name] = by_name.get(name, 0) + 1
    return closes


def _drop_down_to(opener: str, waiting: list[tuple[int, str]], by_name: dict[str, int]) -> int:
    while True:
        index, name = waiting.pop()
        by_name[name] -= 1
        if name == opener:
            return index
