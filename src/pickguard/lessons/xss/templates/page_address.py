"""What scripts take of the address of their page, and where they put it: whoever makes a link has written it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate, chain, islice
from typing import NamedTuple

from pickguard.lessons.xss.templates.script_markup import (
    SHOWING,
    Script,
    place_of,
    shown,
    statements,
)

_PAGE = r"(?<![\w$.])(?:(?:window|document|self|top|parent)\.)?"
_READ = rf"{_PAGE}location\.(?:hash|search)\b(?!\s*=(?!=))"
# `#` and `?` stand before what somebody wrote: a part of them is that alone
_CUT = r"\s*\.(?:substr|substring|slice|replace|split)\("
_PARAMS = (
    rf"new\s+URLSearchParams\(\s*{_READ}|new\s+URL\(\s*{_PAGE}location\b[^()]*\)\.searchParams\b"
)
# `getParameterByName("next")`
_FUNCTION = r"\bget(?:url|query|querystring|search)?param(?:eter)?s?(?:byname|value)?\(\s*['\"]|\burlparam\(\s*['\"]"
_FUNCTIONS = re.compile(_FUNCTION, re.IGNORECASE)
_DECODED = re.compile(
    rf"\bdecodeURI(?:Component)?\(|\bunescape\(|\.get\(|{_FUNCTION}", re.IGNORECASE
)
_WORDS = ("location", "aram")  # most texts hold neither: a search for them is quick
_LOOKS = re.compile(rf"{_READ}|\bsearchParams\b|{_FUNCTION}", re.IGNORECASE)
_BEFORE = r"\(*\s*(?:(?:decodeURI(?:Component)?|unescape|String|atob|\$\.trim)\(\s*)*"
_WHOLE = re.compile(_BEFORE + _READ)
_PART = re.compile(rf"{_BEFORE}(?:{_READ}{_CUT}|(?:{_PARAMS})[^()]*\)?\s*\.get\()")
_GIVEN = re.compile(r"(?:\b(?:var|let|const)\s+|[;{},\n]\s*)([A-Za-z_$][\w$]*)\s*=(?![=>])\s*")
_LEADS = re.compile(
    rf"{_PAGE}location(?:\.href)?\s*=(?!=)\s*|{_PAGE}location\.(?:assign|replace)\(\s*|\bwindow\.open\(\s*"
)
_CHECKS = r"\.(?:startsWith|indexOf|match|charAt|includes|search|lastIndexOf)\(|\[\s*0\s*\]"
# `new URL(next, location.origin)` goes wherever `next` says, where that is a whole address
_MADE = re.compile(rf"{_BEFORE}new\s+URL\(\s*")
_REST = re.compile(r"(?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)")
_AS_WHOLE = re.compile(r"\s*(?:\.href\b|\.toString\(\)|$|[;,)}])")
_COMPARED = r"\.(?:origin|protocol|host(?:name)?)\b"
_ASKED = re.compile(rf"(?<!location){_COMPARED}|\}}\s*=\s*new\s+URL\(")
_STRING = re.compile(r"""'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*\"""")
_MOST_NAMES = 50
_MOST_GIVEN = 2_000
_LONGEST = 2_000  # letters of what one is given


class Taken(NamedTuple):
    """What a script takes of its page's address.

    Attributes:
        span: where it is put.
        said: what is put there, as it is written.
        leads: whether it becomes the next address; it becomes markup otherwise.
    """

    span: int
    said: str
    leads: bool


class _Names(NamedTuple):
    """The names that a script gives to parts of the address.

    Attributes:
        wholes: what begins with `#` or `?` yet.
        parts: what somebody wrote behind them.
        decoded: those of the parts in which `<` may stand as it is.
        params: objects that hand the parameters out.
        made: objects of addresses that such a part says.
    """

    wholes: set[str]
    parts: set[str]
    decoded: set[str]
    params: set[str]
    made: set[str]


def taken(script: Script) -> Iterator[Taken]:
    """Yield what scripts put into the next address or into markup that the page's address says."""
    whole = "".join(node.text for node in script.pieces)
    if not any(word in whole for word in _WORDS) or not _LOOKS.search(whole):
        return
    names = _names(whole)
    starts = list(accumulate((len(node.text) for node in script.pieces), initial=0))
    for at, said, leads in sorted({*_led(whole, names), *_made(whole, names)}):
        index = bisect_right(starts, at) - 1
        span = place_of(script.pieces[index], at - starts[index], len(said))
        yield Taken(span, said, leads)


def _names(whole: str) -> _Names:
    names = _Names(set(), set(), set(), set(), set())
    given = list(islice(_given(whole), _MOST_GIVEN))
    for _round in range(2):  # a name may be given another one's value
        for name, said in given:
            _note(names, name, said)
    names = _without(
        names, {name for name in names.parts | names.wholes if _is_checked(name, whole)}
    )
    for _round in range(2):
        names.made.update(name for name, said in given if _is_made(said, names))
    names = _without(names, {name for name in names.made if _is_compared(name, whole)})
    return _without(names, {name for name in names.parts if _is_taken_apart(name, whole)})


def _without(names: _Names, others: set[str]) -> _Names:
    return _Names(*(kind - others for kind in names))


def _given(whole: str) -> Iterator[tuple[str, str]]:
    """Yield the names that are given something, also inside of what another one is given, with what."""
    for found in _GIVEN.finditer(whole):
        _, said = next(statements(whole[found.start() : found.start() + _LONGEST], _GIVEN))
        yield found[1], said


def _note(names: _Names, name: str, said: str) -> None:
    if sum(map(len, names)) > _MOST_NAMES:
        return
    if _is_part(said, names):
        names.parts.add(name)
        if _DECODED.search(said) or any(re.match(rf"{one}\b", said) for one in names.decoded):
            names.decoded.add(name)
    elif re.match(_PARAMS, said):
        names.params.add(name)
    elif _WHOLE.match(said):
        names.wholes.add(name)


def _is_part(said: str, names: _Names) -> bool:
    """Whether a value begins with what somebody wrote into the address."""
    if _PART.match(said) or _FUNCTIONS.match(said):
        return True
    before = re.match(_BEFORE, said)
    name = re.compile(r"[A-Za-z_$][\w$]*").match(said, before.end() if before else 0)
    if name is None:
        return False
    behind = said[name.end() :]
    if name[0] in names.params:
        return behind.startswith(".get(")
    if name[0] in names.wholes:
        return re.match(_CUT, behind) is not None
    is_chosen = re.match(rf"\s*\?\s*{re.escape(name[0])}\b", behind) is not None
    return name[0] in names.parts and (is_chosen or not re.match(r"\s*[?(\[.]", behind))


def _is_checked(name: str, whole: str) -> bool:
    """Whether a script looks at what a name begins with, or asks whether it is one of several."""
    own = re.escape(name)
    return bool(
        re.search(rf"(?<![\w$.]){own}(?:{_CHECKS})", whole)
        or re.search(rf"\.(?:test|includes|indexOf|has)\(\s*{own}\s*[,)]|\[\s*{own}\s*\]", whole)
        or re.search(rf"\b(?:case|===?)\s*{own}\b|\b{own}\s*===?\s*['\"]", whole)
        or re.search(
            rf"\b\w*(?:safe|valid|allow|sanit|check|origin)\w*\(\s*{own}\b", whole, re.IGNORECASE
        )
    )


def _is_taken_apart(name: str, whole: str) -> bool:
    """Whether a script reads a name as an address, and asks where one leads."""
    is_read = re.search(rf"\bnew\s+URL\(\s*{re.escape(name)}\b", whole) is not None
    return is_read and _ASKED.search(whole) is not None


def _is_made(said: str, names: _Names) -> bool:
    """Whether a value is the whole of an address that a part of the page's own says."""
    made = _MADE.match(said)
    if made is not None and _is_part(said[made.end() :], names):
        rest = _REST.match(said, made.end())
        return rest is None or _AS_WHOLE.match(said, rest.end()) is not None
    named = re.match(rf"{_BEFORE}([A-Za-z_$][\w$]*)", said)
    return (
        named is not None
        and named[1] in names.made
        and _AS_WHOLE.match(said, named.end()) is not None
    )


def _is_compared(name: str, whole: str) -> bool:
    """Whether a script asks where the address leads that a name holds, or sets that itself."""
    own = re.escape(name)
    asked = rf"(?<![\w$.]){own}(?:{_COMPARED}|\.(?:href|toString\(\))(?:{_CHECKS}))"
    unpacked = rf"\}}\s*=\s*{own}\b"
    return _is_checked(name, whole) or re.search(f"{asked}|{unpacked}", whole) is not None


def _led(whole: str, names: _Names) -> Iterator[tuple[int, str, bool]]:
    """Yield what becomes the next address, with where it stands."""
    for start, said in statements(whole, _LEADS):
        if _is_part(said, names) or _is_made(said, names):
            yield whole.index(said, start), _value_alone(said), True


def _value_alone(said: str) -> str:
    """Return a value without what closes the call, or the block, around it."""
    said = said.rstrip(" \n;}")
    return said[:-1] if said.endswith(")") and said.count(")") > said.count("(") else said


def _made(whole: str, names: _Names) -> Iterator[tuple[int, str, bool]]:
    """Yield what becomes markup, with where it stands."""
    named = "|".join(map(re.escape, sorted(names.decoded)))
    asked = "|".join(map(re.escape, sorted(names.params)))
    value = "|".join(
        [rf"(?:{named})(?![\w$(.\[])"] * bool(named) + [rf"(?:{asked})\.get\("] * bool(asked)
    )
    if not value:
        return
    holding = re.compile(rf"(?<![\w.$(])(?:{value})")
    for start, said in chain(statements(whole, SHOWING), shown(whole)):
        found = holding.search(_STRING.sub(lambda one: " " * len(one[0]), said))
        if found is not None and said:
            yield whole.index(said, start) + found.start(), found[0].removesuffix(".get("), False
