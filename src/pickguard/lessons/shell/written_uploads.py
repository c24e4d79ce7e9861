"""Files that hold what was sent: it was written to one first, and a function is handed the path of it."""

from __future__ import annotations

from collections.abc import Iterator

from pickguard.flow.values.origin import NOTHING, Origin
from pickguard.kit import Code
from pickguard.kit.code import tail
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path, receiver_of, root
from pickguard.source.python.walk import inside

_MAKES = frozenset({"NamedTemporaryFile", "TemporaryFile", "SpooledTemporaryFile"})
_CALLER_LIMIT = 12


def written_upload(code: Code, path: n.Expr) -> Origin:
    """Return the origin of what was written to the file at a path, here or where a caller says the path."""
    for there, value in ((code, path), *_of_callers(code, path)):
        holders = frozenset(_holders(there, value))
        for content in _written(there, holders) if holders else ():
            origin = there.origin(content)
            if origin.is_browser:
                return origin
    return NOTHING


def _of_callers(code: Code, path: n.Expr) -> Iterator[tuple[Code, n.Expr]]:
    """Yield what callers give to the parameter that a path is."""
    handed = code.handed_by(path.id, _CALLER_LIMIT) if isinstance(path, n.Name) else ()
    for there, _call, value in handed:
        yield there, value


def _holders(code: Code, path: n.Expr) -> Iterator[str]:
    """Yield the names of the open files that lie at a path: `temporary` of `Path(temporary.name)`."""
    parts = [part for made in code.made(path) for part in inside(made)]
    names = {root(part) for part in parts if _is_name(part)}
    paths = {access_path(part) for part in (path, *parts)} - {""}
    for item in (item for s in code.statements if isinstance(s, n.With) for item in s.items):
        opened, target = item.context, tail(item.target)
        if not isinstance(opened, n.Call) or not target:
            continue
        is_temporary = tail(opened.func) in _MAKES and target in names
        if is_temporary or (tail(opened.func) == "open" and _opens(opened, paths)):
            yield target
    for name in names:
        if any(isinstance(v, n.Call) and tail(v.func) in _MAKES for v in code.assigned(name)):
            yield name


def _is_name(part: n.Expr) -> bool:
    return isinstance(part, n.Attr) and part.name == "name" and isinstance(part.value, n.Name)


def _opens(call: n.Call, paths: set[str]) -> bool:
    """Whether `open(path, "wb")`, or `path.open("wb")`, opens a file at one of some paths."""
    opened = receiver_of(call) or (call.args[0] if call.args else None)
    return opened is not None and access_path(opened) in paths


def _written(code: Code, holders: frozenset[str]) -> Iterator[n.Expr]:
    """Yield what is written to open files of some names."""
    for call in code.calls("write", "writelines"):
        if tail(receiver_of(call)) in holders:
            yield from call.args[:1]
    for call in code.calls("copyfileobj"):
        if len(call.args) > 1 and tail(call.args[1]) in holders:
            yield call.args[0]
