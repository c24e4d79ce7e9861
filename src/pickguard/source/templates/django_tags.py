"""What each built-in tag of Django becomes: one small function a tag, and two tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from pickguard.source.templates.django_expressions import Expressions, WordSpan
from pickguard.source.templates.record import (
    Argument,
    Autoescape,
    Block,
    BlockTag,
    BlockTranslate,
    Branch,
    CsrfToken,
    Expression,
    Extends,
    FilterBlock,
    For,
    If,
    Include,
    Load,
    Node,
    Opaque,
    Operation,
    Output,
    Tag,
    Translate,
    Url,
    With,
)


class Written(NamedTuple):
    """A tag as written: its words stand behind its name."""

    text: str
    span: int
    name: str
    words: list[WordSpan]

    def word(self, index: int) -> str:
        """Return a word's text, empty where there is none."""
        if -len(self.words) <= index < len(self.words):
            start, end = self.words[index]
            return self.text[start:end]
        return ""

    def word_texts(self) -> list[str]:
        """Return the words' texts."""
        return [self.text[start:end] for start, end in self.words]


Bodies = Sequence[tuple[Node, ...]]
_TWO_WORDS = 2


def _first(expressions: Expressions, tag: Written) -> Expression:
    return expressions.read(*tag.words[0]) if tag.words else Opaque(tag.span, "")


def _bound(tag: Written) -> tuple[Written, str]:
    """Split a trailing `as name` off a tag."""
    if len(tag.words) >= _TWO_WORDS and tag.word(-2) == "as":
        return tag._replace(words=tag.words[:-2]), tag.word(-1)
    return tag, ""


def tag(expressions: Expressions, written: Written) -> Node:
    """Any tag, by its name and words."""
    written, bound = _bound(written)
    return Tag(written.span, written.name, expressions.arguments(written.words), bound)


def _extends(expressions: Expressions, tag: Written) -> Node:
    return Extends(tag.span, _first(expressions, tag))


def _include(expressions: Expressions, tag: Written) -> Node:
    words = tag.word_texts()
    assignments: tuple[Argument, ...] = ()
    if "with" in words[1:2]:
        assignments = expressions.assignments(tag.words[2:])
    return Include(tag.span, _first(expressions, tag), assignments, "only" not in words[1:])


def _load(_expressions: Expressions, tag: Written) -> Node:
    words = tag.word_texts()
    if len(words) > _TWO_WORDS and words[-2] == "from":
        return Load(tag.span, (words[-1],), tuple(words[:-2]))
    return Load(tag.span, tuple(words))


def _csrf_token(_expressions: Expressions, tag: Written) -> Node:
    return CsrfToken(tag.span)


def _url(expressions: Expressions, tag: Written) -> Node:
    tag, bound = _bound(tag)
    return Url(tag.span, _first(expressions, tag), expressions.arguments(tag.words[1:]), bound)


def _translate(expressions: Expressions, tag: Written) -> Node:
    bound = tag.word(tag.word_texts().index("as") + 1) if "as" in tag.word_texts() else ""
    return Translate(tag.span, _first(expressions, tag), bound)


def _printed(expressions: Expressions, written: Written) -> Node:
    """`{% firstof a b %}` and `{% cycle a b %}`, which print one of their words as `{{ }}` does."""
    is_named = "as" in written.word_texts() or (written.name == "cycle" and len(written.words) == 1)
    if is_named or not written.words:
        return tag(expressions, written)
    values = tuple(expressions.read(*word) for word in written.words)
    return Output(
        written.span, values[0] if len(values) == 1 else Operation(written.span, "or", values)
    )


def _if(expressions: Expressions, tag: Written, bodies: Bodies, separators: list[Written]) -> Node:
    branches = [
        Branch(
            written.span,
            None if written.name == "else" else expressions.condition(written.words),
            body,
        )
        for written, body in zip([tag, *separators], bodies, strict=True)
    ]
    return If(tag.span, tuple(branches))


def _for(
    expressions: Expressions, tag: Written, bodies: Bodies, _separators: list[Written]
) -> Node:
    words = tag.word_texts()
    at = words.index("in") if "in" in words else len(words)
    targets = tuple(name for name in "".join(f"{word} " for word in words[:at]).split() if name)
    names = tuple(name for target in targets for name in target.split(",") if name)
    iterable = expressions.read(*tag.words[at + 1]) if at + 1 < len(words) else Opaque(tag.span, "")
    return For(tag.span, names, iterable, bodies[0], _joined(bodies[1:]))


def _joined(bodies: Bodies) -> tuple[Node, ...]:
    return tuple(node for body in bodies for node in body)


def _with(expressions: Expressions, tag: Written, bodies: Bodies, _: list[Written]) -> Node:
    return With(tag.span, expressions.assignments(tag.words), _joined(bodies))


def _block(_expressions: Expressions, tag: Written, bodies: Bodies, _: list[Written]) -> Node:
    return Block(tag.span, tag.word(0), _joined(bodies))


def _autoescape(_expressions: Expressions, tag: Written, bodies: Bodies, _: list[Written]) -> Node:
    return Autoescape(tag.span, {"on": True, "off": False}.get(tag.word(0)), _joined(bodies))


def _filter(expressions: Expressions, tag: Written, bodies: Bodies, _: list[Written]) -> Node:
    if not tag.words:
        return FilterBlock(tag.span, (), _joined(bodies))
    filters = expressions.bare_filters(tag.words[0][0], tag.words[-1][1])
    return FilterBlock(tag.span, filters, _joined(bodies))


def _blocktranslate(
    expressions: Expressions, tag: Written, bodies: Bodies, _: list[Written]
) -> Node:
    words = tag.word_texts()
    bound = tag.word(words.index("asvar") + 1) if "asvar" in words else ""
    assignments = expressions.assignments(tag.words)
    return BlockTranslate(tag.span, assignments, bodies[0], _joined(bodies[1:]), bound)


def block_tag(expressions: Expressions, tag: Written, bodies: Bodies, _: list[Written]) -> Node:
    """Any tag that has an end tag."""
    tag, bound = _bound(tag)
    return BlockTag(tag.span, tag.name, expressions.arguments(tag.words), tuple(bodies), bound)


TAGS: dict[str, Callable[[Expressions, Written], Node]] = {
    "extends": _extends,
    "include": _include,
    "load": _load,
    "csrf_token": _csrf_token,
    "url": _url,
    "trans": _translate,
    "translate": _translate,
    "firstof": _printed,
    "cycle": _printed,
}

BLOCKS: dict[str, Callable[[Expressions, Written, Bodies, list[Written]], Node]] = {
    "if": _if,
    "for": _for,
    "with": _with,
    "block": _block,
    "autoescape": _autoescape,
    "filter": _filter,
    "blocktrans": _blocktranslate,
    "blocktranslate": _blocktranslate,
}

_NONE: frozenset[str] = frozenset()
# which tags start another body of a block; the entry "" is for blocks that are not built in
SEPARATORS: dict[str, frozenset[str]] = {
    "": frozenset({"else", "elif", "elseif", "empty", "plural"}),
    "if": frozenset({"else", "elif"}),
    "for": frozenset({"empty"}),
    "blocktrans": frozenset({"plural"}),
    "blocktranslate": frozenset({"plural"}),
    "with": _NONE,
    "block": _NONE,
    "autoescape": _NONE,
    "filter": _NONE,
    "spaceless": _NONE,
    "verbatim": _NONE,
}
