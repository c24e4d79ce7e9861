"""Accounts that a cookie names, in whatever it holds: `User.objects.get(username=cookie.split(":")[0])`."""

from collections.abc import Iterator

from pickguard.kit import Code
from pickguard.kit.code import tail
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import inside

_TAKES = ("get", "aget", "filter", "get_object_or_404", "aget_object_or_404")
_NAMES = frozenset({"username", "user_name", "user", "user_id", "email", "account_id"})


def accounts_of_cookies(code: Code) -> Iterator[tuple[n.Call, str]]:
    """Yield the calls that take rows by a user's name or number alone which a cookie holds, with that field."""
    for call in code.calls(*_TAKES):
        names = [keyword.name or "" for keyword in call.keywords]
        # what is asked for besides may be the password, or a token
        if len(names) != 1 or names[0].removesuffix("__iexact") not in _NAMES:
            continue
        origin = code.origin(call.keywords[0].value)
        if origin.is_browser and origin.source is not None and reads_cookie(origin.source):
            yield call, names[0]


def reads_cookie(source: n.Expr) -> bool:
    """Whether an expression reads a plain cookie."""
    return any(isinstance(part, n.Attr) and tail(part) == "COOKIES" for part in inside(source))
