"""What a row is taken from, and which of a call's keywords say which: `deleted=False` leaves the choice as it is."""

import re

from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of, tail

# How rows stand, which is the same for everybody's; that they are shown to others is another matter
_STANDS = re.compile(
    r"^(is_)?(active|enabled|disabled|(soft_)?deleted|removed|trashed|archived|closed|done|completed|used"
    r"|expired|revoked|accepted|cancell?ed|paid)$"
)

# Also those of a site or a library: `get_or_none(Note, pk=pk)`, `get_object_or_json_404(Note, pk=pk)`
_SHORTCUT = re.compile(
    r"^a?get_(?!list|all|many)(\w+_)?or_(?!create|update|insert|make|new|add|build)\w+$"
)


def is_shortcut(call: n.Call) -> bool:
    """Whether a call takes one row of the model that it is given first: `get_object_or_404(Note, pk=pk)`."""
    is_plain = isinstance(call.func, n.Name) or _is_of_module(call.func)
    return is_plain and bool(call.args) and bool(_SHORTCUT.match(tail(call.func)))


def _is_of_module(func: n.Expr) -> bool:
    return isinstance(func, n.Attr) and isinstance(func.value, n.Name) and func.value.id.islower()


def taken_from(call: n.Call) -> n.Expr | None:
    """Return what a row is taken from: `Note` of `get_object_or_404(Note, …)`, `notes` of `notes.get(…)`."""
    if tail(call.func).endswith("get_object_or_404"):
        return call.args[0] if call.args else None
    return receiver_of(call)


def choosing(call: n.Call) -> tuple[n.Keyword, ...]:
    """Return the keywords that choose a row, those left out that only say how such rows stand."""
    keywords = call.keywords or (
        _of_dict(call.args[1]) if is_shortcut(call) and call.args[1:] else ()
    )
    return tuple(keyword for keyword in keywords if not _says_how_it_stands(keyword))


def _of_dict(value: n.Expr) -> tuple[n.Keyword, ...]:
    """Return the keywords that a shortcut is given in a dict: `take_or_404(Note, {"pk": pk})`."""
    if isinstance(value, n.Call) and tail(value.func) == "dict":
        return value.keywords
    if not isinstance(value, n.Mapping):
        return ()
    return tuple(
        n.Keyword(key.value, given)
        for key, given in zip(value.keys, value.values, strict=True)
        if isinstance(key, n.Const) and isinstance(key.value, str)
    )


def _says_how_it_stands(keyword: n.Keyword) -> bool:
    value = keyword.value
    is_flag = isinstance(value, n.Const) and isinstance(value.value, bool)
    return is_flag and keyword.name is not None and bool(_STANDS.match(keyword.name))
