"""What a row is taken from, and which of a call's keywords say which: `deleted=False` leaves the choice as it is."""

import re

from pickguard.site.models.models import Model
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of, root, tail

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
    """Return the keywords that choose rows, those left out that only say how such rows stand."""
    if tail(call.func) == "in_bulk" and len(call.args) == 1 and not call.keywords:
        return (n.Keyword("pk__in", call.args[0]),)
    keywords = call.keywords or (
        _of_dict(call.args[1]) if is_shortcut(call) and call.args[1:] else ()
    )
    return tuple(keyword for keyword in keywords if not _says_how_it_stands(keyword))


def is_key(model: Model, name: str) -> bool:
    """Whether no two rows of a model have the same under a name: its number, or a unique field."""
    field = model.field(name)
    return name in _NUMBERS or (field is not None and field.options.get("unique") is True)


_NUMBERS = frozenset({"pk", "id", "uuid", "guid"})


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


def says_how_rows_stand(call: n.Call) -> bool:
    """Whether a call keeps the rows that stand in one way, whoever's they are: `filter(status=Status.OPEN)`."""
    is_choosing = tail(call.func) in ("filter", "exclude") and not call.args
    return is_choosing and bool(call.keywords) and all(map(_says_how_it_stands, call.keywords))


def is_for_all(words: str) -> bool:
    """Whether names tell of rows that are there for everybody, or for some people: `is_public`, `members`."""
    return bool(_FOR_ALL.search(words))


_FOR_ALL = re.compile(
    r"publi[cs]|visib|listed|approved|(^|_)live|shared|every|anyone|(^|_)all|global|featured|template"
    r"|group|staff|owner|user|author|member|role|team|tenant|compan|organi[sz]",
    re.IGNORECASE,
)


def _says_how_it_stands(keyword: n.Keyword) -> bool:
    """Whether a condition is the site's own, and about neither the number of a row nor for whom it is."""
    name, value = keyword.name or "", keyword.value
    if _STANDS.match(name) and isinstance(value, n.Const) and isinstance(value.value, bool):
        return True
    is_key = name in _NUMBERS or name == "slug" or is_for_all(name)
    return bool(name) and not is_key and _is_stated(value)


def _is_stated(value: n.Expr) -> bool:
    if isinstance(value, n.Sequence):
        return all(map(_is_stated, value.items))
    if isinstance(value, n.Const):
        return not is_for_all(str(value.value))
    return isinstance(value, n.Attr) and root(value)[:1].isupper() and not is_for_all(tail(value))
