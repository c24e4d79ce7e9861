"""Files that a view deletes because its request names them."""

from collections.abc import Callable, Iterable, Iterator

from pickguard.flow.bodies.effects import Effect
from pickguard.flow.catalog import SinkKind
from pickguard.kit import Code
from pickguard.kit.calls.storages import is_of_storage
from pickguard.kit.values.sinks import sunk
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail
from pickguard.source.python.walk import expressions

DELETES_FILE = "deletes a file"
_DELETING = frozenset({"remove", "unlink", "rmtree", "rmdir", "removedirs"})


def file_deletion(
    code: Code, reached: Callable[[tuple[n.Stmt, ...]], Iterable[n.Stmt]] = iter
) -> Effect | None:
    """Return the first deletion of a file whose name has a part that was sent.

    Args:
        code: of a view.
        reached: returns the statements of a body that matter; all, where it is left out.
    """
    if code.function is None or code.words.isdisjoint((*_DELETING, "delete")):
        return None
    spans = {node.span for node in expressions(tuple(reached(code.block))) if type(node) is n.Call}
    for call, path in _deletions(code):
        if call.span in spans and code.origin(path).is_browser:
            return Effect(DELETES_FILE, code.function, call.span)
    return None


def _deletions(code: Code) -> Iterator[tuple[n.Call, n.Expr]]:
    """Yield the calls that delete a file, and its path."""
    for found in sunk(code, SinkKind.PATH):
        if tail(found.call.func) in _DELETING:
            yield found.call, found.value
    for call in code.calls("delete", "rmtree"):
        if call.args and is_of_storage(call):
            yield call, call.args[0]
