"""What the parts of an address give to a view: named ones, and the groups of a regex without names."""

import re
import warnings
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache

from pickguard.flow.values.origin import TYPED, Kind, Origin
from pickguard.site.link import Site
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import expressions

SENT = Origin(frozenset({Kind.BROWSER}))
_SEGMENT = Origin(frozenset({Kind.BROWSER, Kind.SEGMENT}))
_WORD = Origin(frozenset({Kind.BROWSER, Kind.WORD}))
_CONVERTER = re.compile(r"<(?:(\w+):)?(\w+)>")
_GROUP = re.compile(r"\(\?P<(\w+)>((?:[^()\\]|\\.)*)\)")
# an escaped character, a class of characters, the beginning of a group, the end of one
_TOKEN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?|\(|\)")
_TYPED_CONVERTERS = frozenset({"int", "uuid"})
_TYPED_GROUP = re.compile(
    r"^(?:\\d|\\w|\[(?!\^)(?:[^\]\\]|\\.)*\]|[~+*{}\d,?-])+$|^[\w-]+(?:\|[\w-]+)*$"
)
_CLASS = re.compile(r"\[(?:[^\]\\]|\\.)*\]")
# What ends a text, a tag, a path or a command
_SHARP = "<>\"'&;|$`()\\/#%?!*{}[]^ \t\n\0"


def named(route: str, own: Mapping[str, Origin]) -> Iterator[tuple[str, Origin]]:
    """Yield the names that a route binds, with what the browser can write there; `own` are the site's converters."""
    for converter, name in _CONVERTER.findall(re.sub(r"\(\?P<", "(?P{", route)):
        yield name, own.get(converter) or _converted(converter)
    for name, pattern in _GROUP.findall(route):
        yield name, of_pattern(pattern)


def _converted(converter: str) -> Origin:
    """Return what a converter lets through; Django's own for texts, which is the default, takes no slash."""
    if converter in _TYPED_CONVERTERS:
        return TYPED
    if converter == "slug":
        return _WORD
    return _SEGMENT if converter in ("", "str") else SENT


def given(
    route: str, function: FunctionSymbol, own: Mapping[str, Origin]
) -> Iterator[tuple[str, Origin]]:
    """Yield the parameters of a view that a route fills, with what the browser can write there.

    Groups without names are handed over by position, where the route has no name at all.
    `own` are the site's converters.
    """
    bound = dict(named(route, own))
    if bound:
        yield from bound.items()
        return
    params = function.node.params[1 if function.owner is None else 2 :]
    taking = [param.name for param in params if param.kind == "positional"]
    for name, pattern in zip(taking, _unnamed(route), strict=False):
        yield name, of_pattern(pattern)


def of_unrouted(
    site: Site, routed: Collection[FunctionSymbol]
) -> Iterator[tuple[FunctionSymbol, dict[str, Origin]]]:
    """Yield what an address gives to views that a package offers, and that the site around it routes."""
    shown = {view.symbol for _route, view in site.routes}
    above = {
        one
        for view in shown
        if isinstance(view, ClassSymbol)
        for one in site.classes.own_line(view)
    }
    for symbol in site.classes.of_kind("view"):
        if symbol in above or symbol.module.holds_tests:
            continue
        for name in _ANSWERING:
            function = site.names.own_member(symbol, name)
            if isinstance(function, FunctionSymbol) and function not in routed:
                yield function, dict(_free(function))


def of_unrouted_functions(
    functions: Collection[FunctionSymbol], routed: Collection[FunctionSymbol]
) -> Iterator[tuple[FunctionSymbol, dict[str, Origin]]]:
    """Yield what an address gives to functions that stand among views, and that nothing of the site uses."""
    used = {word for function in functions for word in function.node.words}
    for function in functions:
        params = function.node.params
        is_view = function.owner is None and params and params[0].name == "request"
        if is_view and function not in routed and function.node.name not in used:
            is_bare = "views" in function.module.name.split(".") and not function.node.decorators
            if is_bare and not _is_named(function):
                yield function, dict(_free(function, 1))


def _is_named(function: FunctionSymbol) -> bool:
    """Whether its module speaks of it outside functions: `STEPS = {"upload": upload}` says who calls it."""
    return any(
        isinstance(node, n.Name) and node.id == function.node.name
        for node in expressions(function.module.record.body)
    )


def _free(function: FunctionSymbol, first: int = 2) -> Iterator[tuple[str, Origin]]:
    """Yield the parameters that may well be any text; numbers and slugs by their names are not."""
    for param in function.node.params[first:]:
        is_needed = param.kind == "positional" and (first > 1 or param.default is None)
        if is_needed and not _BLUNT_NAME.search(param.name):
            yield param.name, SENT


_ANSWERING = ("dispatch", "get", "post", "put", "patch", "delete")
_BLUNT_NAME = re.compile(
    r"(^|_)(pk|id|uuid|slug|year|month|day|week|number|num|page|index|count|token|hash|code|key|format|lang)s?$"
)


def add(known: dict[str, Origin], bound: Mapping[str, Origin]) -> None:
    """Add what a route binds to what is known; what any route lets the browser write, it writes."""
    for name, origin in bound.items():
        before = known.get(name)
        if before is None or _freedom(origin) > _freedom(before):
            known[name] = origin


def _freedom(origin: Origin) -> int:
    """Return how much the browser may write: nothing, words, what holds no slash, anything."""
    if not origin.is_browser:
        return 0
    if Kind.WORD in origin.kinds:
        return 1
    return 2 if Kind.SEGMENT in origin.kinds else 3


def of_pattern(pattern: str) -> Origin:
    """Return what a part of an address may be that a regular expression matches."""
    if _is_blunt(pattern):
        return _WORD if _JOINED.search(pattern) else TYPED
    return _SEGMENT if _NO_SLASH.match(pattern) else SENT


# with an underscore two words become a lookup: `password__startswith`
_JOINED = re.compile(r"^(\\w|\[[^\]]*(\\w|_)[^\]]*\])[+*]")
# `[^/.]+`
_NO_SLASH = re.compile(r"^\[\^[^\]]*/[^\]]*\][+*]?$")


def _is_blunt(pattern: str) -> bool:
    """Whether a route's group takes letters, numbers and what stands in names, and nothing else."""
    if not _TYPED_GROUP.match(pattern):
        return False
    return not any(_takes_sharp(part) for part in _CLASS.findall(pattern))


@lru_cache(maxsize=256)
def _takes_sharp(characters: str) -> bool:
    """Whether a class of characters takes one that harms, or cannot be read."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of `[[a]`, which is the project's to mend
        try:
            taken = re.compile(characters)
        except re.error:
            return True
    return any(taken.fullmatch(char) for char in _SHARP)


def _unnamed(route: str) -> Iterator[str]:
    """Yield what the groups of a regular expression match that have no name, in order."""
    opened: list[int | None] = []
    found: dict[int, str] = {}
    for token in _TOKEN.finditer(route):
        if token[0] == "(":
            opened.append(token.end())
        elif token[0] == "(?":
            opened.append(None)
        elif token[0] == ")" and opened:
            start = opened.pop()
            if start is not None:
                found[start] = route[start : token.start()]
    yield from (found[start] for start in sorted(found))
