"""Functions that turn strangers away themselves, before they do anything else.

def edit(request, pk):                          def edit(request, pk):
    user = request.user                             if request.user.is_authenticated:
    if not user.is_authenticated:                       …
        return redirect("welcome")                  else:
    …                                                   return redirect("welcome")
"""

from __future__ import annotations

from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail
from pickguard.source.python.lower import body
from pickguard.source.python.walk import inside

_ANSWERS = frozenset({
    "redirect", "HttpResponseRedirect", "HttpResponseForbidden", "JsonResponse", "HttpResponse",
    "redirect_to_login", "handle_no_permission",
})  # fmt: skip


def turns_strangers_away(function: n.Function) -> bool:
    """Whether a view goes on for those alone who are logged in, by what stands first in it."""
    users: set[str] = set()
    block = body(function)
    for place, statement in enumerate(block):
        if isinstance(statement, n.Assign) and not _works(statement.value):
            if _is_user(statement.value, users):
                users |= {target.id for target in statement.targets if isinstance(target, n.Name)}
            continue
        if isinstance(statement, n.Do) and isinstance(statement.value, n.Const):
            continue
        if not isinstance(statement, n.If):
            return False
        known = _is_known(statement.test, users)
        rest = statement.other or tuple(block[place + 1 :])
        if known is False:
            return _ends(statement.body)
        return known is True and _only_answers(rest)
    return False


def _works(value: n.Expr) -> bool:
    """Whether a value takes more than looking at the request: it may read or write rows."""
    return any(
        isinstance(part, n.Call) and tail(part.func) not in ("dict", "list", "get")
        for part in inside(value)
    )


def _is_user(value: n.Expr, users: set[str]) -> bool:
    if isinstance(value, n.Name):
        return value.id in users
    return isinstance(value, n.Attr) and value.name == "user" and tail(value.value) == "request"


def _is_known(test: n.Expr, users: set[str]) -> bool | None:
    """Return whether those go on here who are logged in, or those who are not; None of anything else."""
    if isinstance(test, n.Unary) and test.op == "not":
        found = _is_known(test.operand, users)
        return None if found is None else not found
    if not isinstance(test, n.Attr) or not _is_user(test.value, users):
        return None
    return {"is_authenticated": True, "is_anonymous": False}.get(test.name)


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
