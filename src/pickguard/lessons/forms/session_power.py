"""Power that a session keeps as the browser says: `request.session["role"] = request.POST["role"]`."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Code, Hit
from pickguard.kit.code import tail, text
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import entry_of
from pickguard.source.python.walk import heads, inside

_POWER = re.compile(r"^(user_?)?(role|type|level)$|^(is_?)?(admin|staff|superuser|manager)$")
_MOST_ASKING = 40
# Where a row is looked up by the value, it has been held against what the site knows
_LOOKUPS = frozenset({"get", "aget", "filter", "exists", "get_object_or_404", "authenticate"})


def kept_in_session(code: Code) -> Iterator[Hit]:
    """Yield the power that code puts into a session as it was sent, where the site asks the session for it."""
    for statement in code.statements:
        target = statement.targets[0] if isinstance(statement, n.Assign) else None
        key = _key(target)
        if target is None or not isinstance(statement, n.Assign) or not _POWER.search(key):
            continue
        if not code.is_said_by_browser(statement.value) or _is_held(code, statement.value):
            continue
        if _is_asked_for(code, key):
            yield Hit(
                (code.spot(target),),
                f"the browser says what `session[{key!r}]` is, and the site asks the session who may",
                Confidence.MEDIUM,
                code.symbol,
            )


def _key(node: n.Expr | None) -> str:
    """Return under which name a session keeps something: `role` of `request.session["role"]`, `….get("role")`."""
    holder, key = entry_of(node) or (None, None)
    return (text(key) or "") if tail(holder) == "session" else ""


def _is_held(code: Code, value: n.Expr) -> bool:
    """Whether what was sent is held against something, or a row is looked up by it."""
    names = {part.id for part in inside(value) if isinstance(part, n.Name)} - {"request"}
    lookups = (call for call in code.every(n.Call) if tail(call.func) in _LOOKUPS)
    given = [keyword.value for call in lookups for keyword in call.keywords]
    asked = [part for one in code.every(n.Compare) for part in (one.left, *one.rights)]
    return any(tail(one) in names for one in (*given, *asked))


def _is_asked_for(code: Code, key: str) -> bool:
    """Whether a condition of the site reads a name of the session."""
    holding = list(code.project.flow.callers.holding(key))[:_MOST_ASKING]
    return any(
        _key(part) == key
        for function in holding
        for statement in code.project.code_of(function).statements
        if isinstance(statement, n.If)
        for head in heads(statement)
        for part in inside(head)
    )
