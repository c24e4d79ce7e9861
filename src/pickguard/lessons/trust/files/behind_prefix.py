"""Paths that are made of addresses: what stands behind `/media/` is put below the folder, `..` and all."""

from collections.abc import Iterator

from pickguard.flow.values.origin import Origin
from pickguard.kit import Code
from pickguard.kit.code import tail, text
from pickguard.lessons.trust.files.unresolved_checks import looks_for_parents
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import given_to, receiver_of
from pickguard.source.python.walk import inside

PREFIXES = frozenset({"MEDIA_URL", "STATIC_URL"})
_FOLDERS = frozenset({"MEDIA_ROOT", "STATIC_ROOT"})
_RESOLVERS = frozenset(
    {"resolve", "realpath", "abspath", "normpath", "safe_join", "is_relative_to", "commonpath"}
)
_CUTS = frozenset({"replace", "removeprefix", "lstrip", "split", "partition"})


def behind_prefix(code: Code) -> Iterator[tuple[n.Expr, Origin]]:
    """Yield where what an address has behind a known beginning is joined to a folder.

    That the address begins with `/media/` tells nothing of what follows: `/media/../settings.py`.
    """
    if code.words.isdisjoint(PREFIXES) or code.words.isdisjoint(_FOLDERS):
        return
    if code.words & _RESOLVERS or looks_for_parents(code):
        return
    for place, parts in _joined(code):
        rest = next((value for part in parts for value in _rests(code, part)), None)
        if rest is not None and any(_names(code, part, _FOLDERS) for part in parts):
            yield place, code.origin(rest)


def _joined(code: Code) -> Iterator[tuple[n.Expr, tuple[n.Expr, ...]]]:
    for call in code.calls("join", "joinpath"):
        folder = receiver_of(call) if tail(call.func) == "joinpath" else None
        yield call, (*([folder] if folder is not None else []), *given_to(call))
    for node in code.every(n.Binary):
        if node.op in ("/", "+"):
            yield node, (node.left, node.right)


def _rests(code: Code, part: n.Expr) -> Iterator[n.Expr]:
    """Yield the addresses of which a value is what stands behind their beginning: `url[len(MEDIA_URL):]`."""
    for value in code.made(part):
        if isinstance(value, n.Index) and isinstance(value.index, n.Slice):
            start = value.index.start
            if start is not None and any(_names(code, one, PREFIXES) for one in inside(start)):
                yield value.value
        elif isinstance(value, n.Call) and tail(value.func) in _CUTS:
            whole = receiver_of(value)
            given = given_to(value)
            if whole is not None and given and _names(code, given[0], PREFIXES):
                yield whole


def _names(code: Code, node: n.Expr, settings: frozenset[str]) -> bool:
    """Whether a value is made of one of these settings: `settings.MEDIA_URL`, `getattr(settings, "MEDIA_URL")`."""
    return any(
        tail(inner) in settings or text(inner) in settings
        for value in code.made(node)
        for inner in inside(value)
    )
