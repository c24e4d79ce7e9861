"""Texts of exceptions: `int("<b>")` raises an error that quotes what it was given."""

from __future__ import annotations

from collections.abc import Iterator

from pickguard.flow.origin import Origin
from pickguard.kit import Code
from pickguard.kit.code import tail
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import expressions

# what quotes its argument where it cannot be read, by the position of the argument
_QUOTING = {
    "int": 0,
    "float": 0,
    "strptime": 0,
    "fromisoformat": 0,
    "import_module": 0,
    "import_string": 0,
    "getattr": 1,
    "open": 0,
}
_CAUGHT = frozenset(
    {"Exception", "BaseException", "ValueError", "AttributeError", "ImportError", "OSError"}
    | {"ModuleNotFoundError", "FileNotFoundError", "IOError"}
)
_ABOUT_ERROR = frozenset(
    {"str", "repr", "force_str", "force_text", "format", "join", "gettext", "_"}
)


def quoting(code: Code, value: n.Expr) -> Origin | None:
    """Return the origin of what an exception quotes whose text is a part of a value; else None."""
    named = {part.id for part in _shown(value)}
    for statement in code.statements:
        if not isinstance(statement, n.Try):
            continue
        is_shown = any(
            handler.name in named and _catches(handler) and _is_in(handler.body, value)
            for handler in statement.handlers
        )
        if is_shown:
            for origin in _quoted(code, statement.body):
                return origin
    return None


def _shown(value: n.Expr) -> Iterator[n.Name]:
    """Yield the names whose text is a part of a value: not those that are handed to anything else."""
    if isinstance(value, n.Name):
        yield value
    elif isinstance(value, n.Joined):
        for part in value.parts:
            if isinstance(part, n.Formatted):
                yield from _shown(part.value)
    elif isinstance(value, n.Binary):
        yield from _shown(value.left)
        yield from _shown(value.right)
    elif isinstance(value, n.Sequence):
        for item in value.items:
            yield from _shown(item)
    elif isinstance(value, n.Call) and tail(value.func) in _ABOUT_ERROR:
        for item in value.args:
            yield from _shown(item)


def _catches(handler: n.Handler) -> bool:
    kinds = handler.type.items if isinstance(handler.type, n.Sequence) else (handler.type,)
    return any(tail(kind) in _CAUGHT for kind in kinds)


def _is_in(block: tuple[n.Stmt, ...], value: n.Expr) -> bool:
    return any(part is value for part in expressions(block))


def _quoted(code: Code, block: tuple[n.Stmt, ...]) -> Iterator[Origin]:
    for node in expressions(block):
        if isinstance(node, n.Call) and tail(node.func) in _QUOTING:
            position = _QUOTING[tail(node.func)]
            if position < len(node.args):
                origin = code.origin(node.args[position])
                if origin.is_browser:
                    yield origin
