"""Accounts that the browser names: by a number, a name or an address, which prove nothing."""

import re

from pickguard.kit import Code
from pickguard.kit.code import tail
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path
from pickguard.source.python.walk import inside

FETCHES = frozenset({"get", "aget", "first", "afirst", "last", "get_object_or_404", "get_or_create",
                      "get_by_natural_key", "filter"})  # fmt: skip
# What says which account it is, and proves nothing
NAMES = frozenset(
    {"pk", "id", "user_id", "username", "email", "phone", "phone_number", "mobile", "login"}
)
EXACT = re.compile(r"__i?exact$")
# Something was verified before, whatever it is
PROVES = re.compile(
    r"authenticate|check_|verif|token|sign(?!als?$|up|in|ed_?up)|otp|code|compare_digest|secret|password|valid"
    r"|nonce|hash|digest|assert|oauth|saml|ticket|session|hmac|decode|decrypt|backend_|challenge|credential|magic"
)


def named_account(code: Code, account: n.Expr) -> n.Call | None:
    """Return the query that takes an account by what the browser says of it alone."""
    values = (
        code.assigned(access_path(account)) if isinstance(account, n.Name | n.Attr) else [account]
    )
    for value in values:
        found = _asked(code, value) or _handed_back(code, value)
        if found is not None:
            return found
    return None


def _asked(code: Code, value: n.Expr) -> n.Call | None:
    for node in inside(value):
        if isinstance(node, n.Call) and tail(node.func) in FETCHES and node.keywords:
            keys = {EXACT.sub("", k.name or "") for k in node.keywords} - {"is_active", "defaults"}
            if keys <= NAMES and any(_is_said(code, k.value) for k in node.keywords):
                return node
    return None


def _is_said(code: Code, node: n.Expr) -> bool:
    """Whether the browser says it, also as a number of the address."""
    return code.origin(node).is_browser or (isinstance(node, n.Name) and node.id in code.from_url)


def _handed_back(code: Code, value: n.Expr) -> n.Call | None:
    """Return the call of a function of the site that takes the account so, and proves nothing either."""
    if not isinstance(value, n.Call):
        return None
    function = code.called(value)
    if (
        function is None
        or function == code.function
        or any(map(PROVES.search, function.node.words))
    ):
        return None
    there = code.project.code_of(function)
    return value if any(_asked(there, one) for one in there.returned) else None
