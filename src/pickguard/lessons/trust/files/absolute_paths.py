"""Paths in which `..` is refused and nothing else: `os.path.join(folder, "/etc/passwd")` is `/etc/passwd`."""

from collections.abc import Iterator

from pickguard.flow.expressions.requested import SEGMENT
from pickguard.flow.values.beginning import SCHEME
from pickguard.flow.values.origin import Origin
from pickguard.kit import Code
from pickguard.kit.code import tail
from pickguard.lessons.trust.files.path_looks import passed
from pickguard.source.python import nodes as n

_PATHS = frozenset({"Path", "PurePath", "PosixPath", "PurePosixPath"})
# a path that begins with a slash is told, or begins with none any more
TELLS_SLASH = frozenset(
    {
        "isabs",
        "is_absolute",
        "startswith",
        "lstrip",
        "strip",
        "removeprefix",
        "anchor",
        "relative_to",
    }
    | {"realpath", "resolve", "abspath", "split", "parts"}
)


def absolute(code: Code, path: n.Expr, clears: tuple[str, ...]) -> Origin | None:
    """Return where a part of a path comes from that may begin with a slash, or None.

    Args:
        code: what opens the file.
        path: what it is opened by.
        clears: what makes a path harmless, without the look for `..`.
    """
    if code.words & TELLS_SLASH or not code.origin(path, *clears).is_browser:
        return None
    for made in code.made(path):
        for part in _behind(made):
            origin = code.origin(part, *clears, SEGMENT, SCHEME)
            if origin.is_browser and not _is_told(code, origin):
                return origin
    return None


def _is_told(code: Code, origin: Origin) -> bool:
    """Whether a function on a value's way may look at what it begins with."""
    return any(not TELLS_SLASH.isdisjoint(function.node.words) for function in passed(code, origin))


def _behind(made: n.Expr) -> Iterator[n.Expr]:
    """Yield the parts of a path that it begins with, where they begin with a slash."""
    match made:
        case n.Sequence(items=items):  # the arguments of `os.path.join`
            yield from items[1:]
        case n.Binary(op="/"):
            yield made.right
            yield from _behind(made.left)
        case n.Call(func=n.Attr(value=n.Const())):
            return  # `"-".join(names)`
        case n.Call() if tail(made.func) == "join" or tail(made.func) in _PATHS:
            yield from made.args[1:]
        case n.Call() if tail(made.func) == "joinpath":
            yield from made.args
