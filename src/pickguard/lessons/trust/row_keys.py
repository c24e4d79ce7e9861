"""What a row is taken from, and which of a call's keywords say which: `deleted=False` leaves the choice as it is."""

import re

from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of, tail

# How rows stand, which is the same for everybody's; that they are shown to others is another matter
_STANDS = re.compile(
    r"^(is_)?(active|enabled|disabled|(soft_)?deleted|removed|trashed|archived|closed|done|completed|used"
    r"|expired|revoked|accepted|cancell?ed|paid)$"
)


def taken_from(call: n.Call) -> n.Expr | None:
    """Return what a row is taken from: `Note` of `get_object_or_404(Note, …)`, `notes` of `notes.get(…)`."""
    if tail(call.func).endswith("get_object_or_404"):
        return call.args[0] if call.args else None
    return receiver_of(call)


def choosing(call: n.Call) -> tuple[n.Keyword, ...]:
    """Return the keywords that choose a row, those left out that only say how such rows stand."""
    return tuple(keyword for keyword in call.keywords if not _says_how_it_stands(keyword))


def _says_how_it_stands(keyword: n.Keyword) -> bool:
    value = keyword.value
    is_flag = isinstance(value, n.Const) and isinstance(value.value, bool)
    return is_flag and keyword.name is not None and bool(_STANDS.match(keyword.name))
