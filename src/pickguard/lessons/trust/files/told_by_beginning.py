"""Files that are handed out for how their name begins, while `..` still stands in it.

`if name.startswith("public/"): return FileResponse(storage.open(name))`: `public/../private/a.pdf` begins so as well.
"""

from collections.abc import Iterator

from pickguard.flow.values.origin import Origin
from pickguard.kit import Code
from pickguard.kit.code import tail
from pickguard.lessons.trust.files.unresolved_checks import RESOLVERS, looks_for_parents
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of
from pickguard.source.python.walk import expressions, inside

_READS = frozenset(
    {"open", "_open", "FileResponse", "read_text", "read_bytes", "sendfile", "serve", "get_object"}
)


def told_by_beginning(code: Code) -> Iterator[tuple[n.Expr, Origin]]:
    """Yield where a path of the browser's is asked for its beginning, and the file then read by that very path."""
    if code.words.isdisjoint(_READS) or code.words & RESOLVERS or looks_for_parents(code):
        return
    for statement in code.statements:
        if not isinstance(statement, n.If):
            continue
        for call in _asked(statement.test):
            path = receiver_of(call)
            if isinstance(path, n.Name) and _is_read(statement.body, path.id):
                origin = code.origin(path)
                if origin.is_browser:
                    yield call, origin


def _asked(test: n.Expr) -> Iterator[n.Call]:
    """Yield the questions for a beginning that a condition says yes to: none behind a `not`."""
    if isinstance(test, n.Logic) and test.op == "and":
        for value in test.values:
            yield from _asked(value)
    elif isinstance(test, n.Call) and tail(test.func) == "startswith" and test.args:
        yield test


def _is_read(block: tuple[n.Stmt, ...], name: str) -> bool:
    """Whether a block reads the file of a name, as the name is."""
    return any(
        isinstance(node, n.Call)
        and tail(node.func) in _READS
        and any(
            isinstance(part, n.Name) and part.id == name
            for given in node.args
            for part in inside(given)
        )
        for node in expressions(block)
    )
