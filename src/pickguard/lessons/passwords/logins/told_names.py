"""Errors that tell strangers whose an address is: `"This belongs to %s" % user.username`."""

from collections.abc import Iterator
from functools import partial
from itertools import islice

from pickguard.flow.values.instance import Sort
from pickguard.kit import Code
from pickguard.kit.code import tail
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import inside

_NAMES = frozenset(
    {"username", "get_username", "get_full_name", "first_name", "last_name", "email"}
)


def told_names(code: Code) -> Iterator[n.Expr]:
    """Yield the names of accounts, found by what was sent, that an error of a form says."""
    if code.words.isdisjoint(_NAMES) or "request" in code.words or "user" not in code.words:
        return
    for statement in code.statements:
        raised = statement.value if isinstance(statement, n.Raise) else None
        if isinstance(raised, n.Call) and tail(raised.func) == "ValidationError":
            yield from islice(filter(partial(_is_told, code), inside(raised)), 1)


def _is_told(code: Code, part: n.Expr) -> bool:
    """Whether it is `user.username` of an account that was found by another column."""
    if not isinstance(part, n.Attr) or part.name not in _NAMES or not _is_account(code, part.value):
        return False
    columns = _found_by(code, part.value)
    return bool(columns) and part.name.removeprefix("get_") not in columns


def _is_account(code: Code, node: n.Expr) -> bool:
    types = code.project.flow.types
    found, users = types.of(code.body, node, code.body.scope.at(node.span)), types.user()
    if found is None or users is None or found.sort is not Sort.INSTANCE:
        return False
    return found.model is not None and found.model == users.model


def _found_by(code: Code, account: n.Expr) -> set[str]:
    """Return the columns in which a lookup looks for what was sent: `User.objects.get(email__exact=sent)`."""
    return {
        keyword.name.partition("__")[0]
        for made in code.made(account)
        for part in inside(made)
        if isinstance(part, n.Call)
        for keyword in part.keywords
        if keyword.name and code.origin(keyword.value).is_browser
    }
