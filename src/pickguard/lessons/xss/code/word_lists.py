"""Words of a text that a loop replaces in their places: is each of them escaped, or are some passed over?

words = text.split()
for i, word in enumerate(words):
    if word.startswith("#"):
        words[i] = format_html('<a href="/tags/{}/">{}</a>', word[1:], word)
return mark_safe(" ".join(words))
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum

from msgspec import Struct

from pickguard.kit import Code
from pickguard.kit.code import tail
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import expressions, inside, statements

_PAIR = 2
_DEEPEST = 4
_ESCAPES = frozenset({"escape", "conditional_escape", "force_escape", "html_escape", "format_html"})


class _Way(Enum):
    """What became of a word at the end of a block."""

    OPEN = "it may be replaced yet"
    REPLACED = "something stands in its place, or the function is left"
    PASSED_OVER = "the next word comes, and it stands there as it was"


class Replaced(Struct, frozen=True):
    """A loop that replaces words in their list.

    Attributes:
        words: the name of the list.
        loop: the loop.
        values: what is put in their places.
        passes_over: whether some words stay as they were.
    """

    words: str
    loop: n.For
    values: tuple[n.Expr, ...]
    passes_over: bool


def replaced(code: Code, value: n.Expr) -> Replaced | None:
    """Return the loop that replaced the words which a text is joined of; None where there is none."""
    words = _joined(code, value, 0)
    for statement in code.statements if words else ():
        place = _place(statement, words)
        if not isinstance(statement, n.For) or not place:
            continue
        values = tuple(
            inner.value
            for inner in statements(statement.body)
            if isinstance(inner, n.Assign) and _is_place(inner, words, place)
        )
        if values:
            ends = _way(statement.body, words, place)
            return Replaced(words, statement, values, ends is not _Way.REPLACED)
    return None


def leaves_typed_words(code: Code, found: Replaced) -> bool:
    """Whether a loop that escapes words passes over others, and nothing escaped the text before."""
    if not found.passes_over or not _escapes(found.loop.body):
        return False
    return not any(_may_escape(part) for part in _made_of(code, found.words, 0))


def _joined(code: Code, value: n.Expr, depth: int) -> str:
    """Return the name of the list that a text is joined of: `" ".join(words)`."""
    if isinstance(value, n.Name) and depth < _DEEPEST:
        made = code.assigned(value.id)
        return _joined(code, made[0], depth + 1) if len(made) == 1 else ""
    if not isinstance(value, n.Call) or tail(value.func) != "join" or len(value.args) != 1:
        return ""
    words = value.args[0]
    return words.id if isinstance(words, n.Name) else ""


def _place(statement: n.Stmt, words: str) -> str:
    """Return the name of a word's number: `for i, word in enumerate(words)`."""
    if not isinstance(statement, n.For) or not isinstance(statement.source, n.Call):
        return ""
    source, target = statement.source, statement.target
    is_of_words = tail(source.func) == "enumerate" and [tail(a) for a in source.args] == [words]
    if not is_of_words or not isinstance(target, n.Sequence) or len(target.items) != _PAIR:
        return ""
    return tail(target.items[0])


def _is_place(statement: n.Assign, words: str, place: str) -> bool:
    return any(
        isinstance(target, n.Index)
        and tail(target.value) == words
        and isinstance(target.index, n.Name)
        and target.index.id == place
        for target in statement.targets
    )


def _way(block: Sequence[n.Stmt], words: str, place: str) -> _Way:
    """Return what is certain of a word once a block was gone through."""
    for statement in block:
        found = _of(statement, words, place)
        if found is not _Way.OPEN:
            return found
    return _Way.OPEN


def _of(statement: n.Stmt, words: str, place: str) -> _Way:
    if isinstance(statement, n.Assign):
        return _Way.REPLACED if _is_place(statement, words, place) else _Way.OPEN
    if isinstance(statement, n.Jump):
        return _Way.PASSED_OVER
    if isinstance(statement, n.Return | n.Raise):
        return _Way.REPLACED
    if isinstance(statement, n.If):
        return _together([statement.body, statement.other], words, place)
    if isinstance(statement, n.With):
        return _way(statement.body, words, place)
    if isinstance(statement, n.Try):
        handled = [handler.body for handler in statement.handlers]
        return _together([(*statement.body, *statement.other), *handled], words, place)
    return _Way.OPEN


def _together(blocks: list[tuple[n.Stmt, ...]], words: str, place: str) -> _Way:
    ways = {_way(block, words, place) for block in blocks}
    if _Way.PASSED_OVER in ways:
        return _Way.PASSED_OVER
    return _Way.OPEN if _Way.OPEN in ways else _Way.REPLACED


def _made_of(code: Code, name: str, depth: int) -> Iterator[n.Expr]:
    """Yield what a list of words is made of, down to the text that it was."""
    for value in code.assigned(name):
        for part in inside(value):
            yield part
            if isinstance(part, n.Name) and part.id != name and depth < _DEEPEST:
                yield from _made_of(code, part.id, depth + 1)


def _may_escape(part: n.Expr) -> bool:
    """Whether a call may have escaped a text, by its name, or made the markup that it is."""
    if not isinstance(part, n.Call):
        return False
    name = tail(part.func).lower()
    return any(word in name for word in ("esc", "clean", "sanit", "html", "strip_tags", "render"))


def _escapes(block: Sequence[n.Stmt]) -> bool:
    return any(isinstance(p, n.Call) and tail(p.func) in _ESCAPES for p in expressions(block))
