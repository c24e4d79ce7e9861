"""Trust rules about branches: what is asked of the row in one must be asked of the row in the other."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import tail
from pickguard.lessons.trust.asking import ASKS
from pickguard.site.guards import PERMISSION_WORDS
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import expressions, inside, statements

_FETCHERS = frozenset(
    {"get_object_or_404", "get", "get_object_for_this_type", "get_object", "first"}
)
_KEYS = frozenset({"pk", "id", "uuid", "slug"})
_REFUSALS = frozenset(
    {"Http404", "PermissionDenied", "HttpResponseForbidden", "permission_denied", "NotFound"}
)


@code_rule(
    "trust.asked-in-one-branch",
    words=_FETCHERS - {"get", "first", "get_object"}
    | {"objects", "_base_manager", "_default_manager"},
    packages=("django",),
    title="a row is asked about in one branch, and taken unasked in the other",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(862, 639),
    severity=Severity.HIGH,
    gain="who is refused one kind of row names the other kind, and gets it",
    mend="ask behind both branches, where the row is used",
)
def asked_in_one_branch(code: Code) -> Iterator[Hit]:
    """Find `if page: row = …; if not may(user, row): raise; else: row = …` with no question after it."""
    if code.function is None or not code.words & _REFUSALS or "request" not in code.words:
        return
    for statement in code.statements:
        if not isinstance(statement, n.If) or not statement.other:
            continue
        for asking, other in ((statement.body, statement.other), (statement.other, statement.body)):
            found = _unasked(code, asking, other)
            if found is not None:
                yield Hit(
                    (code.spot(found), code.spot(asking[0], "asked about in this branch")),
                    "the row is taken unasked here; the other branch asks who may",
                    Confidence.MEDIUM,
                    code.symbol,
                )
                return


def _unasked(code: Code, asking: tuple[n.Stmt, ...], other: tuple[n.Stmt, ...]) -> n.Expr | None:
    """Return where the other branch takes the row, where nothing but the first one asks."""
    refusal = next((s for s in statements(asking) if _refuses(s)), None)
    rows = {name for name, _value in _rows(asking)}
    if refusal is None or not rows or _asks(expressions(other)):
        return None
    within = set(expressions(asking))
    outside = [node for node in code.expressions if node not in within]
    if _asks(iter(outside)) or any(_hands_on(node, rows) for node in outside):
        return None
    return next((value for name, value in _rows(other) if name in rows), None)


def _hands_on(node: n.Expr, rows: set[str]) -> bool:
    """Whether the row goes on with the request to what may well ask: `show(request, row)`."""
    given = {tail(value) for value in node.args} if isinstance(node, n.Call) else set()
    return "request" in given and bool(given & rows)


def _rows(block: tuple[n.Stmt, ...]) -> Iterator[tuple[str, n.Expr]]:
    """Yield the names of a block that get a row of a number, with what takes it."""
    for statement in block:
        if not isinstance(statement, n.Assign):
            continue
        for part in inside(statement.value):
            if isinstance(part, n.Call) and tail(part.func) in _FETCHERS:
                if any(keyword.name in _KEYS for keyword in part.keywords):
                    yield from ((tail(target), part) for target in statement.targets)


def _refuses(statement: n.Stmt) -> bool:
    """Whether a condition on the user ends the code: `if not may_see(request.user, row): raise Http404`."""
    if not isinstance(statement, n.If) or not statement.body:
        return False
    last = statement.body[-1]
    value = last.value if isinstance(last, n.Raise | n.Return) else None
    refused = value is not None and any(tail(part) in _REFUSALS for part in inside(value))
    return refused and any(tail(part) == "user" for part in inside(statement.test))


def _asks(nodes: Iterator[n.Expr]) -> bool:
    """Whether anything asks for a right, or compares with the user."""
    for node in nodes:
        if isinstance(node, n.Name | n.Attr) and tail(node) in PERMISSION_WORDS - _REFUSALS:
            return True
        if isinstance(node, n.Call) and ASKS.search(tail(node.func)):
            return True
        if isinstance(node, n.Compare | n.Call) and any(
            tail(part) == "user" for part in inside(node)
        ):
            return True
    return False
