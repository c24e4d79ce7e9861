"""Answers that are taken from the cache by the number in the address, before the row is asked about.

key = stats_key(pk)
data = cache.get(key)
if data is None:
    data = self.get_object().statistics()
    cache.set(key, data)
return Response(data)
"""

from collections.abc import Iterator

from pickguard.kit import Code
from pickguard.kit.code import tail
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import is_none, receiver_of
from pickguard.source.python.walk import expressions, inside

_SCOPES = frozenset({"user", "has_object_permission", "check_object_permissions"})


def answered_before(code: Code) -> Iterator[tuple[n.Call, n.Call]]:
    """Yield what is read from the cache unasked, with the call that would have asked who may have the row.

    Only of viewsets whose rows are those of whoever asks.
    """
    if code.owner is None or code.function is None or "cache" not in code.words:
        return
    asking = [call for call in code.calls("get_object") if tail(receiver_of(call)) == "self"]
    if not asking or not _is_scoped(code) or "user" in code.words:
        return
    for statement in code.statements:
        read = _read(statement)
        if read is None or not _is_of_address(code, read):
            continue
        names = {tail(t) for t in statement.targets} if isinstance(statement, n.Assign) else set()
        inside_miss = {id(node) for node in _where_missing(code, names)}
        if all(id(call) in inside_miss for call in asking):
            yield read, asking[0]


def _is_scoped(code: Code) -> bool:
    """Whether `get_object` refuses other people's rows: what the class takes them from looks at who asks."""
    classes = code.project.site.classes
    names = ("get_queryset", "get_object", "check_object_permissions")
    methods = (m for name in names for m in classes.methods(code.owner, name)) if code.owner else ()
    return any(not _SCOPES.isdisjoint(method.node.words) for method in methods)


def _read(statement: n.Stmt) -> n.Call | None:
    """Return the `cache.get(key)` that a name is given."""
    value = statement.value if isinstance(statement, n.Assign) else None
    is_read = isinstance(value, n.Call) and tail(value.func) == "get" and len(value.args) > 0
    if not is_read or not isinstance(value, n.Call):
        return None
    return value if tail(receiver_of(value)).lower().endswith("cache") else None


def _is_of_address(code: Code, read: n.Call) -> bool:
    """Whether the key is made of the number in the address."""
    named = code.project.url_origins(code.function).keys() if code.function else ()
    made = [part for value in code.made(read.args[0]) for part in inside(value)]
    return any(isinstance(part, n.Name) and part.id in named for part in made) or any(
        tail(part) == "kwargs" for part in made
    )


def _where_missing(code: Code, names: set[str]) -> Iterator[n.Expr]:
    """Yield what runs only where nothing was in the cache: `if data is None:`, `if not data:`."""
    for statement in code.statements:
        if not isinstance(statement, n.If):
            continue
        test = statement.test
        is_miss = (
            isinstance(test, n.Compare)
            and test.ops == ("is",)
            and is_none(test.rights[0])
            and tail(test.left) in names
        ) or (isinstance(test, n.Unary) and test.op == "not" and tail(test.operand) in names)
        if is_miss:
            yield from expressions(statement.body)
