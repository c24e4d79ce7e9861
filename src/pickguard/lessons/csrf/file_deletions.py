"""Files that a view deletes because its request names them."""

from collections.abc import Callable, Iterable, Iterator

from pickguard.flow.bodies.effects import Effect
from pickguard.flow.catalog import SinkKind
from pickguard.kit import Code
from pickguard.kit.calls.storages import is_of_storage
from pickguard.kit.values.sinks import sunk
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import root, tail
from pickguard.source.python.walk import expressions, inside

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
        if call.span not in spans or _is_temporary(code, path):
            continue
        if code.origin(path).is_browser or _is_sent(code, path):
            return Effect(DELETES_FILE, code.function, call.span)
    return None


def _is_temporary(code: Code, path: n.Expr) -> bool:
    """Whether a path has a part that was made up for this request: the file is one of its own."""
    return any(
        isinstance(part, n.Call) and tail(part.func) in _MADE_UP
        for made in code.made(path)
        for part in inside(made)
    )


_MADE_UP = frozenset({"token_urlsafe", "token_hex", "uuid4", "mkdtemp", "mkstemp", "mktemp"})


def _is_sent(code: Code, path: n.Expr) -> bool:
    """Whether a path has a part that was read from the request: checked or not, it names the file."""
    waiting, seen = [path], {"request"}
    while waiting:
        made = list(inside(waiting.pop()))
        if any(isinstance(part, n.Call) and tail(part.func) not in _KEEPS for part in made):
            continue
        for part in made:
            if isinstance(part, n.Attr) and part.name in _SENT and root(part) == "request":
                return True
            if isinstance(part, n.Name) and part.id not in seen:
                seen.add(part.id)
                waiting += code.assigned(part.id)
    return False


# what leaves of a path what names the file
_KEEPS = frozenset(
    {
        "get",
        "join",
        "joinpath",
        "safe_join",
        "Path",
        "basename",
        "normpath",
        "strip",
        "lstrip",
        "rstrip",
    }
    | {"replace", "removeprefix", "removesuffix", "format", "str"}
)
_SENT = frozenset({"GET", "POST", "query_params"})


def _deletions(code: Code) -> Iterator[tuple[n.Call, n.Expr]]:
    """Yield the calls that delete a file, and its path."""
    for found in sunk(code, SinkKind.PATH):
        if tail(found.call.func) in _DELETING:
            yield found.call, found.value
    for call in code.calls("delete", "rmtree"):
        if call.args and is_of_storage(call):
            yield call, call.args[0]
