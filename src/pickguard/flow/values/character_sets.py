"""Texts of which none but harmless characters are left: letters, digits, and what joins words.

name = re.sub(r"[^A-Za-z0-9_]", "", request.GET["name"])

They break out of nothing that they are put into, be it HTML or the line of a shell; a key or the name of
a row that is made of them is the browser's still.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument, tail, text

if TYPE_CHECKING:
    from pickguard.flow.bodies.body import Body

CHARACTERS = "<characters>"
"""Among what makes a value harmless: it is enough that no harmful characters are left."""

SUBSTITUTES = frozenset({"sub", "subn"})
CHARACTER_TESTS = frozenset(
    {"isdigit", "isnumeric", "isalnum", "isdecimal", "isidentifier", "isalpha"}
)
# all but letters, digits and what joins words: neither quotes, brackets, slashes nor line breaks
_ALL_OTHERS = re.compile(r"(\\W|\\D|\[\^-?(\\[wd._$-]|a-z|A-Z|0-9|[\w.$ ])+-?\])[*+]?")
_MODULES = frozenset({"re", "regex"})
_HARMLESS = re.compile(r"[\w.$ -]*")


def is_reduced(body: Body, call: n.Call) -> bool:
    """Whether a call takes every harmful character out of a text: `re.sub("[^a-z]", "", text)`, or `re.findall`."""
    if tail(call.func) == "findall":
        return _finds_harmless(body, call)
    if tail(call.func) not in SUBSTITUTES or not isinstance(call.func, n.Attr):
        return False
    pattern = _pattern(body, call.func, call)
    put_in = argument(call, 0 if _is_compiled(call.func) else 1, "repl")
    instead = text(put_in)
    return (
        pattern is not None
        and instead is not None
        and _ALL_OTHERS.fullmatch(pattern) is not None
        and _HARMLESS.fullmatch(instead) is not None
    )


def _is_compiled(func: n.Attr) -> bool:
    return tail(func.value) not in _MODULES


def _pattern(body: Body, func: n.Attr, call: n.Call) -> str | None:
    """Return the pattern of `re.sub(pattern, …)`, and of `PATTERN.sub(…)`."""
    written = func.value if _is_compiled(func) else argument(call, 0, "pattern")
    return body.pattern(written) if written is not None else None


def _finds_harmless(body: Body, call: n.Call) -> bool:
    """Whether nothing but harmless characters is found: `re.findall("[+0-9]", phone)`."""
    pattern = _pattern(body, call.func, call) if isinstance(call.func, n.Attr) else None
    return pattern is not None and is_of_harmless(pattern)


def is_of_harmless(pattern: str) -> bool:
    """Whether a regular expression finds nothing but harmless characters: `[a-z]+_[0-9]+`."""
    return _NO_OTHERS.fullmatch(pattern) is not None


def is_of_anything(pattern: str) -> bool:
    """Whether a regular expression finds whatever somebody writes, if not all of it: `.*`, `[^/]+`."""
    return _ANYTHING.search(pattern) is not None


_ANYTHING = re.compile(r"(?<!\\)(\.|\[\^.[^\]]*\]|\\S)[*+]")
# `\w`, `[a-z0-9_+]`, and how often; a `.` without a backslash finds everything
_NO_OTHERS = re.compile(
    r"(\\[wdb+.$-]|\[(\\[wd._$+-]|a-z|A-Z|0-9|[\w$ +.])+-?\]|[\w ]|[*+?|]|\{\d+(,\d*)?\}|\((\?:)?|\))+"
)


def is_chosen(call: n.Call) -> bool:
    """Whether `filter(str.isalnum, text)` lets none but harmless characters through."""
    return tail(call.func) == "filter" and tail(call.args[0]) in CHARACTER_TESTS
