"""Paths that are told by their parts while `..` still stands in them: `(root / name).is_relative_to(root)`."""

from collections.abc import Iterator

from pickguard.flow.values.origin import Origin
from pickguard.kit import Code
from pickguard.kit.code import tail
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of
from pickguard.source.python.walk import expressions

TELLING = frozenset({"is_relative_to", "relative_to", "parents"})
_PATHS = frozenset({"Path", "PurePath", "PosixPath", "PurePosixPath", "joinpath"})
RESOLVERS = frozenset({"resolve", "realpath", "abspath", "normpath", "safe_join", "clean_name"})


def told_unresolved(code: Code) -> Iterator[tuple[n.Expr, Origin]]:
    """Yield the places that ask whether a path of the browser's, or a stored one, is below a folder.

    `pathlib` compares the parts as they are written: `/srv/media/../etc` is below `/srv/media`.
    """
    if code.words & RESOLVERS or looks_for_parents(code):
        return
    for place, path in _asked(code):
        if any(_is_path(value) for value in code.made(path)):
            origin = code.origin(path, *RESOLVERS)
            if origin.is_browser or origin.is_stored:
                yield place, origin


def looks_for_parents(code: Code) -> bool:
    """Whether code asks for `..` itself, or writes it."""
    return any(".." in str(constant.value) for constant in code.every(n.Const))


def _asked(code: Code) -> Iterator[tuple[n.Expr, n.Expr]]:
    """Yield each question, and the path that it is about."""
    refusing = {id(call) for call in _tried(code)}
    for call in code.calls("is_relative_to", "relative_to"):
        receiver = receiver_of(call)
        is_question = tail(call.func) == "is_relative_to" or id(call) in refusing
        if receiver is not None and is_question:
            yield call, receiver
    for compared in code.every(n.Compare):
        for op, side in zip(compared.ops, compared.rights, strict=True):
            if op in ("in", "not in") and isinstance(side, n.Attr) and side.name == "parents":
                yield compared, side.value


def _tried(code: Code) -> Iterator[n.Expr]:
    """Yield what is tried where a failure ends it: `try: path.relative_to(root)`, `except ValueError: raise`."""
    for statement in code.statements:
        if isinstance(statement, n.Try) and any(map(_ends, statement.handlers)):
            yield from expressions(statement.body)


def _ends(handler: n.Handler) -> bool:
    """Whether a handler refuses: what it returns instead of an error is no path either."""
    last = handler.body[-1] if handler.body else None
    if isinstance(last, n.Return):
        return last.value is None or isinstance(last.value, n.Const)
    return isinstance(last, n.Raise | n.Jump)


def _is_path(value: n.Expr) -> bool:
    """Whether an expression puts a path together with `pathlib`."""
    if isinstance(value, n.Binary):
        return value.op == "/"
    return isinstance(value, n.Call) and tail(value.func) in _PATHS
