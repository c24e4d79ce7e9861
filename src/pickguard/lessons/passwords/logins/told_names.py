"""Errors that tell strangers whose an address is: `"This belongs to %s" % user.username`."""

from collections.abc import Iterator

from pickguard.flow.instance import Sort
from pickguard.kit import Code
from pickguard.kit.code import tail
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import given_to, is_own
from pickguard.source.python.walk import inside

_NAMES = frozenset(
    {"username", "get_username", "get_full_name", "first_name", "last_name", "email"}
)


def told_names(code: Code) -> Iterator[n.Expr]:
    """Yield the names of accounts, found by what was sent, that an error of a form says."""
    if code.words.isdisjoint(_NAMES) or "request" in code.words or "user" not in code.words:
        return
    for statement in code.statements:
        if not isinstance(statement, n.Raise) or not isinstance(statement.value, n.Call):
            continue
        if tail(statement.value.func) != "ValidationError":
            continue
        for part in inside(statement.value):
            if isinstance(part, n.Attr) and part.name in _NAMES and _is_found(code, part.value):
                yield part
                break


def _is_found(code: Code, account: n.Expr) -> bool:
    """Whether a name stands for an account that a lookup finds by what was sent, in another column than that."""
    if not isinstance(account, n.Name):
        return False
    found = code.project.flow.types.of(code.body, account, code.body.scope.at(account.span))
    if found is None or found.sort is not Sort.INSTANCE or found.model is None:
        return False
    users = code.project.flow.types.user()
    if users is None or found.model != users.model:
        return False
    lookups = (
        part
        for made in code.assigned(account.id)
        for part in inside(made)
        if isinstance(part, n.Call)
    )
    return any(
        code.origin(given).is_browser and not is_own(given, "user")
        for lookup in lookups
        for given in given_to(lookup)
    )
