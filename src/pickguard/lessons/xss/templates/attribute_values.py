"""What scripts read of attributes, and put into markup: `"<b>" + button.dataset.name + "</b>"`."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate, chain, islice
from typing import NamedTuple

from pickguard.lessons.xss.templates.script_markup import Script, place_of, shown, statements

_WORD = r"[A-Za-z_$][\w$]*"
_ELEMENT = rf"(?:\$\([\w$.#'\"-]+\)|{_WORD}(?:\.{_WORD})*)"
_PART = r"(?:\.(?:slice|substr|substring|trim)\([\w\s,-]*\))?"
# `button.dataset.name`, `$(this).data("name")`, `button.getAttribute("data-name")`
_READ = (
    rf"{_ELEMENT}(?:\.dataset\.({_WORD})|\.data\(\s*['\"]([\w-]+)['\"]\s*\)"
    rf"|\.(?:attr|getAttribute)\(\s*['\"](data-[\w-]+|id)['\"]\s*\)){_PART}(?![\w$(.\[])"
)
_WORDS = ("dataset", ".data(", ".attr(", "getAttribute")
_IN_MARKUP = re.compile(rf"(?<![\w.$(]){_READ}")
_GIVEN = re.compile(rf"(?<![\w$.])(?:(?:const|let|var)\s+)?({_WORD})\s*=\s*{_READ}\s*(?=[;,\n])")
# dialogs and new elements are given markup by this name: `Swal.fire({html: "<b>" + name})`
_OPTION = re.compile(r"(?<![\w$.'\"-])html\s*:\s*(?=['\"`]\s*<)")
_STRING = re.compile(r"""'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*\"""")
_HOLE = re.compile(r"`(?:[^`\\]|\\.)*`", re.DOTALL)
_CAPITAL = re.compile(r"[A-Z]")
_MOST = 50


class ReadBack(NamedTuple):
    """What a script reads of an attribute, and writes as markup.

    Attributes:
        attribute: its name in the markup: `data-name`.
        said: what is written, as the script says it.
        span: where that stands.
    """

    attribute: str
    said: str
    span: int


def read_back(script: Script) -> Iterator[ReadBack]:
    """Yield what scripts read of attributes and write as markup, as it is."""
    texts = [node.text for node in script.pieces]
    if not any(word in text for word in _WORDS for text in texts):
        return
    whole = "".join(texts)
    starts = list(accumulate(map(len, texts), initial=0))
    for attribute, said, at in islice(_written(whole), _MOST):
        index = bisect_right(starts, at) - 1
        yield ReadBack(
            attribute, said, place_of(script.pieces[index], at - starts[index], len(said))
        )


def _written(whole: str) -> Iterator[tuple[str, str, int]]:
    """Yield what is written as markup: its attribute, how it is said, and where."""
    named = _named(whole)
    for start, said in chain(shown(whole), _options(whole)):
        at = whole.index(said, start)
        for found in _IN_MARKUP.finditer(said):
            yield _attribute(found[1], found[2], found[3]), found[0], at + found.start()
        code = _STRING.sub(_blank, _HOLE.sub(_holes_alone, said))
        for name, attribute in named.items():
            alone = re.search(rf"(?<![\w$.(]){re.escape(name)}(?![\w$(.\[]|\s*[:=])", code)
            if alone is not None:
                yield attribute, name, at + alone.start()


def _options(whole: str) -> Iterator[tuple[int, str]]:
    for start, said in statements(whole, _OPTION):
        yield start, said.partition(",\n")[0]


def _named(whole: str) -> dict[str, str]:
    """Return the names that scripts give to what attributes hold, with the attributes."""
    found = list(islice(_GIVEN.finditer(whole), _MOST))
    return {one[1]: _attribute(one[2], one[3], one[4]) for one in found if _is_kept(whole, one[1])}


def _is_kept(whole: str, name: str) -> bool:
    """Whether a name holds what it read, or nothing, and never what was made of that."""
    given = re.compile(rf"(?<![\w$.]){re.escape(name)}\s*\+?=(?![=>])\s*({_READ}|''|\"\"|null\b)?")
    return all(one[1] is not None for one in given.finditer(whole))


def _attribute(of_dataset: str | None, of_data: str | None, whole: str | None) -> str:
    """Return the name of an attribute by the way in which a script reads it."""
    name = of_dataset or of_data
    if name is None:
        return (whole or "").lower()
    return "data-" + _CAPITAL.sub(lambda one: "-" + one[0].lower(), name)


def _blank(found: re.Match[str]) -> str:
    return " " * len(found[0])


def _holes_alone(found: re.Match[str]) -> str:
    """Return what stands in the holes of a template, in its place."""
    text = found[0]
    kept = [" "] * len(text)
    for hole in re.finditer(r"\$\{([^{}]*)\}", text):
        kept[hole.start(1) : hole.end(1)] = hole[1]
    return "".join(kept)
