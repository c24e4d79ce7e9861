"""Functions that turn strangers away themselves, before they do anything else.

def edit(request, pk):                          def edit(request, pk):
    user = request.user                             if request.user.is_authenticated:
    if not user.is_authenticated:                       …
        return redirect("welcome")                  else:
    …                                                   return redirect("welcome")

Sites with a login of their own look into the session: `if "user_id" not in request.session`.
"""

from __future__ import annotations

import re

from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import is_none, receiver_of, tail, text
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, inside

_ANSWERS = frozenset({
    "redirect", "HttpResponseRedirect", "HttpResponseForbidden", "JsonResponse", "HttpResponse",
    "redirect_to_login", "handle_no_permission",
})  # fmt: skip
# The entry of a session that says who is logged in
_WHO = re.compile(
    r"(^|_)(user|username|userid|uid|member|account|customer|student|teacher|staff|admin|logged_?in|loggedin|login"
    r"|authenticated|is_auth)(_?(id|pk|name|email))?$",
    re.IGNORECASE,
)


def turns_strangers_away(function: n.Function) -> bool:
    """Whether a view goes on for those alone who are logged in, by what stands first in it."""
    return _gate(function) is not None


def words_behind_login(function: n.Function) -> frozenset[str]:
    """Return the names that a view mentions, but for those by which it only turns strangers away."""
    gate = _gate(function)
    if gate is None or gate.other:
        return frozenset(function.words)
    rest = tuple(statement for statement in body(function) if statement is not gate)
    saying = {tail(part) for part in expressions(gate.body)}
    return frozenset(function.words) - (saying - {tail(part) for part in expressions(rest)})


def _gate(function: n.Function) -> n.If | None:
    """Return the condition that tells those who are logged in from others, where others get no further."""
    users: set[str] = set()
    entries: set[str] = set()
    block = body(function)
    for place, statement in enumerate(block):
        if isinstance(statement, n.Assign) and not _works(statement.value):
            named = {target.id for target in statement.targets if isinstance(target, n.Name)}
            if _is_user(statement.value, users):
                users |= named
            elif _is_entry(statement.value, entries):
                entries |= named
            continue
        if isinstance(statement, n.Placed):
            continue
        if not isinstance(statement, n.If):
            return None
        known = _is_known(statement.test, users, entries)
        rest = statement.other or tuple(block[place + 1 :])
        if known is False:
            return statement if _ends(statement.body) else None
        return statement if known is True and _only_answers(rest) else None
    return None


def _works(value: n.Expr) -> bool:
    """Whether a value takes more than looking at the request: it may read or write rows."""
    return any(
        isinstance(part, n.Call) and tail(part.func) not in ("dict", "list", "get", "auser")
        for part in inside(value)
    )


def _is_user(value: n.Expr, users: set[str]) -> bool:
    if isinstance(value, n.Name):
        return value.id in users
    if isinstance(value, n.Wrapped) and value.value is not None:
        value = value.value  # `await request.auser()`
    if isinstance(value, n.Call) and tail(value.func) == "auser":
        return True
    return isinstance(value, n.Attr) and value.name == "user" and tail(value.value) == "request"


def _is_known(test: n.Expr, users: set[str], entries: set[str]) -> bool | None:
    """Return whether those go on here who are logged in, or those who are not; None of anything else."""
    match test:
        case n.Unary(op="not"):
            found = _is_known(test.operand, users, entries)
            return None if found is None else not found
        case n.Attr() if _is_user(test.value, users):
            return {"is_authenticated": True, "is_anonymous": False}.get(test.name)
        case n.Compare(ops=("in" | "not in",)) if _is_session(test.rights[0]):
            return test.ops[0] == "in" if _WHO.search(text(test.left) or "") else None
        case n.Compare(ops=("is" | "==" | "is not" | "!=",)) if is_none(test.rights[0]):
            return test.ops[0] in ("is not", "!=") if _is_entry(test.left, entries) else None
    return True if _is_entry(test, entries) else None


def _is_entry(value: n.Expr, entries: set[str]) -> bool:
    """Whether a value is what the session says of who is logged in: `request.session.get("user_id")`."""
    if isinstance(value, n.Name):
        return value.id in entries
    key: n.Expr | None = None
    if isinstance(value, n.Index) and _is_session(value.value):
        key = value.index
    elif isinstance(value, n.Call) and tail(value.func) == "get" and len(value.args) == 1:
        key = value.args[0] if _is_session(receiver_of(value)) else None
    return bool(_WHO.search(text(key) or ""))


def _is_session(value: n.Expr | None) -> bool:
    return isinstance(value, n.Attr) and value.name == "session" and tail(value.value) == "request"


def _ends(block: tuple[n.Stmt, ...]) -> bool:
    return bool(block) and isinstance(block[-1], n.Return | n.Raise)


def _only_answers(block: tuple[n.Stmt, ...]) -> bool:
    """Whether nothing is done but to send somebody away: `return redirect("welcome")`."""
    if len(block) != 1 or not isinstance(block[0], n.Return | n.Raise):
        return False
    value = block[0].value if isinstance(block[0], n.Return) else None
    return isinstance(block[0], n.Raise) or (
        isinstance(value, n.Call) and tail(value.func) in _ANSWERS
    )
