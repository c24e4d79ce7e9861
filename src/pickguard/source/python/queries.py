"""Queries in one form: `Note.objects.all().filter(Q(pk=pk)).get(done=True)` is `Note.objects.get(pk=pk, done=True)`.

Rows that a manager gives and all of its rows are the same ones; conditions in a row are those of one call.
"""

from __future__ import annotations

from collections.abc import Iterator

from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail

_SHORTCUTS = ("get_object_or_404", "get_list_or_404", "aget_object_or_404", "aget_list_or_404")
_CHOOSING = ("filter", "exclude", "get", "aget")
_FURTHER = (
    *("order_by", "values", "values_list", "first", "afirst", "last", "alast", "count", "acount"),
    *("exists", "aexists", "select_related", "prefetch_related", "annotate", "aggregate"),
    *(
        "distinct",
        "only",
        "defer",
        "select_for_update",
        "latest",
        "earliest",
        "in_bulk",
        "iterator",
    ),
)
"""Methods of rows that a manager has as well."""
MANAGERS = frozenset({"objects", "_default_manager", "_base_manager"})
"""What all rows of a model are asked of, as Django names it."""
METHODS = (*_SHORTCUTS, *_CHOOSING, *_FURTHER)


def queried(call: n.Call) -> n.Expr | None:
    """Return a query in its one form, or None where it has it, or is no query."""
    if type(call.func) is n.Attr and type(call.func.value) is not n.Call:
        if not call.args or type(call.args[0]) is n.Const:
            return None  # most often it is the entry of a mapping
    name = tail(call.func)
    if isinstance(call.func, n.Attr) and name not in _SHORTCUTS:
        return _of_method(call, call.func)
    return _of_shortcut(call) if name in _SHORTCUTS and call.args else None


def _of_method(call: n.Call, func: n.Attr) -> n.Call | None:
    holder = _without_all(func.value)
    is_choosing = func.name in _CHOOSING
    args, keywords = _by_name(call) if is_choosing and call.args else (call.args, call.keywords)
    if is_choosing and func.name != "exclude" and not args:
        holder, keywords = _with_earlier(holder, keywords)
    if holder is func.value and args is call.args:
        return None
    return n.Call(call.span, n.Attr(func.span, holder, func.name), args, keywords)


def _of_shortcut(call: n.Call) -> n.Call | None:
    """Return `get_object_or_404(Note, pk=pk)` for what takes it from `Note.objects`, or among some of its rows."""
    rest = n.Call(call.span, call.func, call.args[1:], call.keywords)
    args, keywords = _by_name(rest) if rest.args else (rest.args, rest.keywords)
    rows = _without_all(call.args[0])
    if not args:
        rows, keywords = _with_earlier(rows, keywords)
    if isinstance(rows, n.Attr) and rows.name in MANAGERS:
        rows = rows.value
    if rows is call.args[0] and args is rest.args:
        return None
    return n.Call(call.span, call.func, (rows, *args), keywords)


def _without_all(rows: n.Expr) -> n.Expr:
    """Return `Note.objects` of `Note.objects.all()`."""
    if isinstance(rows, n.Call) and not rows.args and not rows.keywords:
        if isinstance(rows.func, n.Attr) and rows.func.name == "all":
            return rows.func.value
    return rows


def _with_earlier(
    rows: n.Expr, keywords: tuple[n.Keyword, ...]
) -> tuple[n.Expr, tuple[n.Keyword, ...]]:
    """Return what rows are chosen from that were chosen before, with all that chooses."""
    is_chosen = isinstance(rows, n.Call) and isinstance(rows.func, n.Attr)
    if not is_chosen or not isinstance(rows, n.Call) or rows.args:
        return rows, keywords
    every = (*rows.keywords, *keywords)
    names = {keyword.name for keyword in every}
    if tail(rows.func) != "filter" or None in names or len(names) < len(every):
        return rows, keywords
    holder = rows.func.value if isinstance(rows.func, n.Attr) else rows
    return holder, every


def _by_name(call: n.Call) -> tuple[tuple[n.Expr, ...], tuple[n.Keyword, ...]]:
    """Return what a call is given, where `Q(pk=pk)` is `pk=pk`."""
    found = [list(_of_conditions(arg)) for arg in call.args]
    named = [*(one for each in found for one in each), *call.keywords]
    names = {keyword.name for keyword in named}
    if not all(found) or len(names) < len(named):
        return call.args, call.keywords
    return (), tuple(named)


def _of_conditions(node: n.Expr) -> Iterator[n.Keyword]:
    """Yield what `Q(a=b)`, or `Q(a=b) & Q(c=d)`, asks for; nothing of any other condition."""
    if isinstance(node, n.Binary) and node.op == "&":
        left, right = list(_of_conditions(node.left)), list(_of_conditions(node.right))
        if left and right:
            yield from (*left, *right)
    elif isinstance(node, n.Call) and tail(node.func) == "Q" and not node.args:
        # `_connector` and `_negated` say how the others are joined
        if all(keyword.name and keyword.name[0] != "_" for keyword in node.keywords):
            yield from node.keywords
