"""Markup that scripts put together of data: `list.innerHTML += "<li>" + note.text`."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from itertools import accumulate, chain, islice
from typing import NamedTuple

from pickguard.base.spans import Span, pack, unpack
from pickguard.source.scripts import ScriptRecord
from pickguard.source.templates import TemplateRecord
from pickguard.source.templates import record as r

# jQuery reads markup where the browser's own `append` takes text
_JQUERY = r"(?:\$\((?:[^()]|\([^()]*\))*\)|\$\w+)\s*\.(?:html|append|prepend|after|before|replaceWith)\(\s*"
# what is given markup means to read it: `list.append("<li>" + note.text)`, `$("<li>" + note.text)`
_MARKUP_GIVEN = r"(?:\$|\.(?:html|append|prepend|after|before|replaceWith))\(\s*(?=['\"`]\s*<)"
SHOWING = re.compile(
    r"\.(?:inner|outer)HTML\s*\+?=(?!=)\s*|\.insertAdjacentHTML\([^,()]*,\s*"
    rf"|\bdocument\.write(?:ln)?\(\s*|{_JQUERY}|{_MARKUP_GIVEN}"
)
# DataTables makes cells of what the function of a column returns
_CELL = re.compile(
    r"\brender\s*:\s*(?:function\s*\w*\s*\([^()]*\)\s*\{|\([^()]*\)\s*=>\s*\{?|\w+\s*=>\s*\{?)"
)
_CELL_LENGTH = 2_000  # letters
_OF_CELL = re.compile(r"\breturn\b\s*|(?<![\w$.])[A-Za-z_$][\w$]*\s*\+?=(?![=>])\s*")
# what the cell itself holds stands under a name of another thing: `data.title` of a row's `queue`
_OF_CELLS_OWN = re.compile(r"(?<![\w$.])data(?=\.)")
_MOST = 20_000  # letters of one statement
_MOST_VALUES = 500
_MOST_NAMES = 50
_STRING = r"""'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`"""
# up to a semicolon, or to the end of a line behind which nothing goes on
_STATEMENT = re.compile(
    rf"(?:{_STRING}|(?:[+=?:(,]|=>)\s*\n|[^;'\"`\n]|\n(?=\s*[+.?:)]))*", re.DOTALL
)
_WORD = r"[A-Za-z_$][\w$]*"
_PATH = rf"{_WORD}(?:\[\w+\])?(?:\.{_WORD}(?:\[\w+\])?)*?\.{_WORD}"
# `note.text` by itself: what a call makes of it is not told
_NAMED = re.compile(rf"(?<![\w.$(]){_PATH}(?![\w$(.\[])")
# `const text = note.text;`, and `const {text, by: author} = note;`
_RENAMED = re.compile(
    rf"(?<![\w$.])(?:const|let|var)\s+(?:({_WORD})\s*=\s*({_PATH})|\{{([^{{}}=]*)\}}\s*=\s*[\w$.\[\]]+)[ \t]*(?=[;,\n])"
)
_PART = re.compile(rf"({_WORD})\s*(?::\s*({_WORD})\s*)?(?:,|\Z)")
_ALONE = re.compile(rf"(?<![\w.$(]){_WORD}(?![\w$(.\[]|\s*[:=])")
# `row["text"]` is `row.text`
_BRACKETED = re.compile(r"""\[(['"])([A-Za-z_$][\w$]*)\1\]""")
_NAME = re.compile(_WORD)
_TAG = re.compile(r"</?[a-z][a-z0-9]*[\s>/]", re.IGNORECASE)
_BRACE = re.compile(r"[{}]")
_HOLE = re.compile(r"\$\{([^{}]*)\}")
_ASKS = re.compile(r"\b(?:fetch|getJSON|ajax|axios|XMLHttpRequest|\$\.get|\$\.post)\b")
_ADDRESS = re.compile(
    r"""(?:(?:fetch|getJSON|ajax|get|post|open)\(\s*(?:['"]\w+['"]\s*,\s*)?|\burl\s*:\s*)"""
    r"""['"`](/[^'"`?${]*)(['"`]\s*\+|\$\{)?"""
)


class Written(NamedTuple):
    """A value that a script writes into the page as markup.

    Attributes:
        name: what it is called where it comes from: `text` of `note.text`.
        said: as it is written.
        span: where it stands.
    """

    name: str
    said: str
    span: int


class Renamed(NamedTuple):
    """A name that a part of data has in a block: `const text = note.text;`.

    Attributes:
        name: in the block.
        part: what it is called in the data.
        start: where the name is known from.
        end: where the block ends.
    """

    name: str
    part: str
    start: int
    end: int


class Asked(NamedTuple):
    """What scripts ask for.

    Attributes:
        names: of routes, without their namespaces.
        addresses: without the slashes around.
        beginnings: of addresses that go on with a value, without the slashes around.
    """

    names: frozenset[str]
    addresses: frozenset[str]
    beginnings: frozenset[str] = frozenset()


class Script(NamedTuple):
    """What scripts of one file say, and the pages that they run in."""

    pieces: Sequence[r.Text]
    pages: Sequence[TemplateRecord]


def of_template(record: TemplateRecord) -> Script:
    """Return what the scripts of a template say."""
    return Script([node for node in record.every if isinstance(node, r.Text)], [record])


def of_file(record: ScriptRecord, pages: Sequence[TemplateRecord]) -> Script:
    """Return what a script of its own file says, with the pages that load it."""
    return Script([r.Text(pack(Span(1, 1, 1, 1)), record.text)], pages)


def asked(script: Script) -> Asked | None:
    """Return what scripts ask the site for; None where they ask for nothing."""
    texts = [piece.text for piece in script.pieces]
    if not any(map(_ASKS.search, texts)):
        return None
    addresses: dict[bool, set[str]] = {False: set(), True: set()}
    for one in texts:
        for address, more in _ADDRESS.findall(one):
            addresses[bool(more)].add(address.strip("/"))
    names = frozenset(name for page in script.pages for name in _linked(page))
    return Asked(names, frozenset(addresses[False]), frozenset(addresses[True]))


def _linked(page: TemplateRecord) -> Iterator[str]:
    """Yield the names of the routes that a template links, without their namespaces."""
    for node in page.every:
        if isinstance(node, r.Url) and isinstance(node.name, r.Literal):
            yield str(node.name.value).rpartition(":")[2]


def written(script: Script) -> Iterator[Written]:
    """Yield the values that scripts write as markup, as they are."""
    pieces = script.pieces
    if not any(SHOWING.search(node.text) or _CELL.search(node.text) for node in pieces):
        return
    whole = _BRACKETED.sub(_dotted, "".join(node.text for node in pieces))
    starts = list(accumulate((len(node.text) for node in pieces), initial=0))
    values = _first(chain(shown(whole), _in_cells(whole)), _renamed(whole))
    for one, name, place in islice(values, _MOST_VALUES):
        at = _place_in(whole, one, place)
        index = bisect_right(starts, at) - 1
        yield Written(name, one, place_of(pieces[index], at - starts[index], len(one)))


def _place_in(whole: str, value: str, place: int) -> int:
    """Return where a value stands behind a place."""
    found = re.compile(rf"(?<![\w$.]){re.escape(value)}(?![\w$])").search(whole, place)
    return found.start() if found is not None else whole.index(value, place)


def _dotted(found: re.Match[str]) -> str:
    """Return `.text` for `["text"]`, as long as that was: nothing moves."""
    return f".{found[2]}".ljust(len(found[0]))


def _first(
    texts: Iterable[tuple[int, str]], renamed: Sequence[Renamed]
) -> Iterator[tuple[str, str, int]]:
    """Yield each value once, with its name and the place of the statement in which it is shown first."""
    seen: set[str] = set()
    for place, text in texts:
        held = {one.name: one.part for one in renamed if one.start <= place < one.end}
        for one in _values(text, held):
            if one not in seen:
                seen.add(one)
                yield one, held.get(one) or one.rpartition(".")[2], place


def _renamed(whole: str) -> list[Renamed]:
    """Return the names that parts of data have in a block: `const text = note.text;`."""
    found = list(islice(_RENAMED.finditer(whole), _MOST_NAMES))
    given = Counter(one[1] for one in found)
    return [
        Renamed(name, part, one.end(), _block_end(whole, one.end()))
        for one in found
        for name, part in _parts(one)
        if len(re.findall(rf"(?<![\w$.]){re.escape(name)}\s*\+?=(?![=>])", whole)) <= given[name]
    ]


def _parts(found: re.Match[str]) -> Iterator[tuple[str, str]]:
    """Yield the names that are given, with what they are called in the data."""
    if found[1]:
        yield found[1], found[2].rpartition(".")[2]
    for part, name in _PART.findall(found[3] or ""):
        yield name or part, part


def _block_end(whole: str, start: int) -> int:
    """Return where the block ends in which a place stands."""
    depth = 0
    for brace in _BRACE.finditer(whole, start, start + _MOST):
        depth += 1 if brace[0] == "{" else -1
        if depth < 0:
            return brace.start()
    return start + _MOST


def shown(whole: str) -> Iterator[tuple[int, str]]:
    """Yield the markup that scripts show, where it begins; what a name was given first, piece by piece."""
    gathered: set[str] = set()
    for start, said in statements(whole, SHOWING):
        name = _NAME.fullmatch(said.strip(" \n;)"))
        if name is None:
            yield start, said
            continue
        if name[0] in gathered or len(gathered) == _MOST_NAMES:
            continue
        gathered.add(name[0])
        given = re.compile(rf"(?<![\w$.]){re.escape(name[0])}\s*\+?=(?!=)\s*")
        yield from (one for one in statements(whole, given) if _TAG.search(one[1]))


def _in_cells(whole: str) -> Iterator[tuple[int, str]]:
    """Yield the markup that functions of a table's columns put together, where it begins."""
    for found in _CELL.finditer(whole):
        following = _CELL.search(whole, found.end(), found.end() + _CELL_LENGTH)
        end = following.start() if following else found.end() + _CELL_LENGTH
        for start, said in statements(whole[found.end() : end], _OF_CELL):
            if _TAG.search(said):
                yield found.end() + start, _OF_CELLS_OWN.sub(" ", said)


def statements(text: str, before: re.Pattern[str]) -> Iterator[tuple[int, str]]:
    """Yield where each match begins, and what stands behind it up to the end of the statement.

    What matches inside of a statement belongs to it.
    """
    found = before.search(text)
    while found is not None:
        statement = _STATEMENT.match(text, found.end(), found.end() + _MOST)
        said = statement[0] if statement is not None else ""
        yield found.start(), said
        found = before.search(text, found.end() + len(said))


def _values(said: str, renamed: Container[str] = ()) -> Iterator[str]:
    """Yield the values in what is written: those in the holes of a template, and those between strings.

    Args:
        said: a statement.
        renamed: the names of values that need no dot.
    """
    for hole in _HOLE.findall(said):
        whole = _NAMED.fullmatch(hole.strip())
        if whole is not None:
            yield whole[0]
        elif hole.strip() in renamed:
            yield hole.strip()
    outside = _AS_TEXT.sub("", re.sub(_STRING, '""', said))
    yield from (one for one in _NAMED.findall(outside) if not one.endswith((".length", "HTML")))
    yield from (one for one in _ALONE.findall(outside) if one in renamed)


# jQuery reads no markup in what these are given: `$("<option>").attr("value", row.code).text(row.name)`
_AS_TEXT = re.compile(
    r"\.(?:attr|prop|data|val|text|addClass|setAttribute)\((?:[^()]|\([^()]*\))*\)"
)


def place_of(node: r.Text, offset: int, length: int) -> int:
    """Return the span of a stretch of a text."""
    start = unpack(node.span)
    before = node.text[:offset]
    line = start.line + before.count("\n")
    column = offset - before.rfind("\n") if "\n" in before else start.column + offset
    return pack(Span(line, column, line, column + length))
