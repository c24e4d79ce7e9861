"""Logins of a site's own: what they note in the session is the number of a row that has a password."""

import re

from pickguard.flow.values.instance import Sort
from pickguard.kit.code import Code, tail
from pickguard.site.models.models import Model
from pickguard.source.python import nodes as n

PASSWORD = re.compile(
    r"^(password|passwd|pwd|pswd|passw|password_hash|hashed_password|(user_?|u_?)(password|pwd|pass))$",
    re.IGNORECASE,
)
"""Matches the names of the columns and fields by which people prove who they are."""

_NUMBERS = frozenset({"pk", "id"})
_PLAIN = frozenset({"int", "str"})


def is_account(model: Model) -> bool:
    """Whether the rows of a model of the site's own are accounts: they have a password."""
    has_password = any(PASSWORD.match(field.name) for field in model.fields)
    return has_password and not (model.is_user or model.is_library or model.is_abstract)


def noted_account(code: Code, value: n.Expr) -> Model | None:
    """Return the model of the account whose number a value is, whatever it is kept under: `customer.pk`, or None."""
    if isinstance(value, n.Call) and tail(value.func) in _PLAIN and len(value.args) == 1:
        value = value.args[0]
    if not isinstance(value, n.Attr) or value.name not in _NUMBERS:
        return None
    found = code.type_of(value.value, value)
    if found is None or found.sort is not Sort.INSTANCE or found.model is None:
        return None
    return found.model if is_account(found.model) else None
