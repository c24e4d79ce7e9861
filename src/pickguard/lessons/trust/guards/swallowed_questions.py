"""Two questions joined the wrong way: `if not user.is_authenticated and not user.is_staff` keeps out strangers alone.

Whoever is staff is logged in as well, so that the second question changes nothing: anybody with an account passes.
"""

from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Code, Hit
from pickguard.kit.code import tail
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path
from pickguard.source.python.walk import statements

STAFF = frozenset({"is_staff", "is_superuser"})
"""What no stranger is: `AnonymousUser` answers no."""


def swallowed(code: Code) -> Iterator[Hit]:
    """Yield the refusals in which asking for a login makes asking for staff idle."""
    if code.words.isdisjoint(STAFF) or "is_authenticated" not in code.words:
        return
    for statement in code.statements:
        if not isinstance(statement, n.If) or not leaves(statement):
            continue
        idle = _idle(code, statement.test)
        if idle is not None:
            yield Hit(
                (code.spot(idle),),
                f"`{tail(idle)}` is asked of strangers alone here: whoever is logged in passes",
                Confidence.HIGH,
                code.symbol,
                mend="refuse with `or`: `if not user.is_authenticated or not user.is_staff`",
            )


def _idle(code: Code, test: n.Expr) -> n.Expr | None:
    """Return the `user.is_staff` of `not user.is_authenticated and not user.is_staff`, or None."""
    if not isinstance(test, n.Logic) or test.op != "and":
        return None
    denied = [v.operand for v in test.values if isinstance(v, n.Unary) and v.op == "not"]
    if len(denied) < len(test.values):
        return None
    users = {_user(value) for part in denied for value in code.made(part) if _is_login(value)}
    return next((p for p in denied if tail(p) in STAFF and _user(p) in users - {""}), None)


def _is_login(value: n.Expr) -> bool:
    bare = value.func if isinstance(value, n.Call) else value
    return tail(bare) == "is_authenticated"


def _user(value: n.Expr) -> str:
    """Return whom an expression asks about: `request.user` of `request.user.is_staff`."""
    bare = value.func if isinstance(value, n.Call) else value
    return access_path(bare.value) if isinstance(bare, n.Attr) else ""


def leaves(statement: n.If) -> bool:
    """Whether a condition's block ends the function, and so refuses."""
    return any(isinstance(inner, n.Raise | n.Return) for inner in statements(statement.body))
