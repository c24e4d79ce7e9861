"""Texts of exceptions: `int("<b>")` raises an error that quotes what it was given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pickguard.flow.values.origin import Origin
from pickguard.flow.values.vocabulary import TRANSLATIONS
from pickguard.kit import Code
from pickguard.kit.code import tail
from pickguard.lessons.xss.code.markup import ESCAPES
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import items_of
from pickguard.source.python.walk import expressions, statements

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
_BROAD = ("Exception", "BaseException")
# what an exception has its text in
_SAYS = frozenset({"message", "messages", "msg", "detail", "args", "reason", "error"})
_ABOUT_ERROR = TRANSLATIONS | {"str", "repr", "force_str", "force_text", "format", "join"}


def quoting(code: Code, value: n.Expr) -> Origin | None:
    """Return the origin of what an exception quotes whose text is a part of a value; else None."""
    kept = code.assigned(value.id) if isinstance(value, n.Name) else []
    return next((found for one in (value, *kept) if (found := _quoting(code, one))), None)


def _quoting(code: Code, value: n.Expr) -> Origin | None:
    named = {part.id for part in _shown(value)}
    for statement in code.tries if named else ():
        for handler in statement.handlers:
            if handler.name in named and _is_in(handler.body, value):
                found = next(_quotes(code, statement.body, handler), None)
                if found is not None:
                    return found
    return None


def _shown(value: n.Expr) -> Iterator[n.Name]:
    """Yield the names whose text is a part of a value: not those that are handed to anything else."""
    if isinstance(value, n.Name):
        yield value
    elif isinstance(value, n.Attr | n.Index) and _says(value):
        yield from _shown(value.value)
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


def _says(part: n.Attr | n.Index) -> bool:
    """Whether it is where an exception has its text: `error.message`, `error.args[0]`."""
    return part.name in _SAYS if isinstance(part, n.Attr) else tail(part.value) == "args"


def _catches(handler: n.Handler) -> bool:
    return not _CAUGHT.isdisjoint(_kinds(handler))


def _quotes(code: Code, block: tuple[n.Stmt, ...], handler: n.Handler) -> Iterator[Origin]:
    if _catches(handler):
        yield from _quoted(code, block)
    yield from _raised(code, block, _kinds(handler))


def _kinds(handler: n.Handler) -> frozenset[str]:
    kinds = items_of(handler.type)
    return frozenset(map(tail, kinds))


def _is_in(block: tuple[n.Stmt, ...], value: n.Expr) -> bool:
    return any(part is value for part in expressions(block))


def _raised(code: Code, block: tuple[n.Stmt, ...], kinds: frozenset[str]) -> Iterator[Origin]:
    """Yield what is quoted by exceptions of the site's own making: `raise NotFound(f"no {name}")`.

    Looked at is what stands in a block, and in the functions that the block calls.
    """
    yield from _told(code, statements(block), kinds)
    for node in expressions(block):
        called = code.resolve(node.func) if isinstance(node, n.Call) else None
        if isinstance(called, FunctionSymbol) and called != code.function:
            there = code.project.code_of(called)
            yield from _told(there, there.statements, kinds)


def _told(code: Code, block: Iterable[n.Stmt], kinds: frozenset[str]) -> Iterator[Origin]:
    for statement in block:
        raised = statement.value if isinstance(statement, n.Raise) else None
        if not isinstance(raised, n.Call) or kinds.isdisjoint({tail(raised.func), *_BROAD}):
            continue
        for item in raised.args[:1]:
            origin = code.origin(item, *ESCAPES)
            if origin.is_browser:
                yield origin


def _quoted(code: Code, block: tuple[n.Stmt, ...]) -> Iterator[Origin]:
    for node in expressions(block):
        if isinstance(node, n.Call) and tail(node.func) in _QUOTING:
            position = _QUOTING[tail(node.func)]
            if position < len(node.args):
                origin = code.origin(node.args[position])
                if origin.is_browser:
                    yield origin
