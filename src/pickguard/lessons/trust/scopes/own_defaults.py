"""Rows that are looked up by what is sent, or else by one's own: whoever sends something gets somebody else's.

User.objects.get(pk=request.GET.get("user", request.user.pk))

firm = request.GET.get("firm") or request.user.firm_id
return Bill.objects.filter(firm_id=firm)
"""

from collections.abc import Iterator

from pickguard.kit import Code
from pickguard.kit.code import is_asker, tail
from pickguard.lessons.trust.ownership import narrowing_owner, rows_of
from pickguard.lessons.trust.row_keys import is_shortcut
from pickguard.site.access.guards import PERMISSION_WORDS
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of
from pickguard.source.python.walk import inside

_SENT = frozenset({"GET", "POST", "query_params", "data"})
_WHOSE = frozenset({"pk", "id", "user", "username", "owner", "account", "employee", "customer", "member"})  # fmt: skip
# What only takes a row, or its number
_OF_ROWS = frozenset({"pk", "id", "uuid", "username", "first", "get", "all", "last"})


def own_by_default(code: Code) -> Iterator[tuple[n.Call, n.Expr]]:
    """Yield the first query by such a value, with what is one's own; none where anything asks who it is."""
    if "user" not in code.words or code.words.isdisjoint(_SENT) or code.words & PERMISSION_WORDS:
        return
    asked = [
        call for call in code.calls("get") if _is_read(code, call, 2) and _is_own(call.args[1])
    ]
    named = dict(_given_either(code, asked))
    if not asked and not named:
        return
    if any(_is_user(part) for node in code.every(n.Compare) for part in inside(node)):
        return
    for call in code.calls("get", "filter", "get_object_or_404", "aget"):
        for keyword in call.keywords:
            own = named.get(tail(keyword.value))
            own = own or next((one.args[1] for one in asked if keyword.value is one), None)
            if own is None:
                continue
            if any(map(is_asker, inside(call.func))):
                return  # it is looked up among what whoever asks belongs to
            if _says_whose(code, call, keyword, own):
                yield call, own
                return


def _given_either(code: Code, asked: list[n.Call]) -> Iterator[tuple[str, n.Expr]]:
    """Yield the names that get what is sent, or else one's own, with the latter; `a or b` gives a name twice."""
    for name, given in code.body.assigned.items():
        values = [value for value, _span in given]
        yield from ((name, one.args[1]) for one in asked if any(value is one for value in values))
        if any(isinstance(value, n.Call) and _is_read(code, value, 1) for value in values):
            yield from ((name, value) for value in values if _is_own(value))


def _is_read(code: Code, call: n.Call, count: int) -> bool:
    """Whether it is `request.GET.get(…)`, with so many arguments."""
    holder = receiver_of(call)
    is_sent = isinstance(holder, n.Attr) and holder.name in _SENT and len(call.args) == count
    return is_sent and isinstance(holder, n.Attr) and code.body.is_request(holder.value)


def _says_whose(code: Code, call: n.Call, keyword: n.Keyword, own: n.Expr) -> bool:
    """Whether a keyword of a query says whose rows it takes: a person, or what people belong to."""
    name = (keyword.name or "").partition("__")[0].removesuffix("_id")
    if _is_user(own):
        return name in _WHOSE
    if name not in _singular(_belonging(own)) or code.function is None:
        return False
    rows = call.args[0] if is_shortcut(call) else receiver_of(call)
    model = rows_of(code.project, code.function, rows)
    return model is not None and narrowing_owner(code.project, model) is not None


def _is_own(node: n.Expr) -> bool:
    """Whether it is who asks, or what they belong to: `request.user.firm_id`, `request.user.firms.first().pk`."""
    return _is_user(node) or bool(_belonging(node))


def _is_user(node: n.Expr) -> bool:
    """Whether it is who asks: `request.user.pk`, `request.user`."""
    if isinstance(node, n.Attr) and node.name in ("pk", "id", "username"):
        node = node.value
    return is_asker(node)


def _belonging(node: n.Expr) -> str:
    """Return the name of what whoever asks belongs to: `firm` of `request.user.firm.pk`, or an empty text."""
    names: list[str] = []
    while isinstance(node, n.Attr | n.Call):
        if is_asker(node):
            kept = [name for name in names if name not in _OF_ROWS]
            return kept[-1].removesuffix("_id") if kept else ""
        if isinstance(node, n.Attr):
            names.append(node.name)
        node = node.func if isinstance(node, n.Call) else node.value
    return ""


def _singular(name: str) -> frozenset[str]:
    """Return what one of several may be called: `companies` are of a `company`."""
    return frozenset({name, name.removesuffix("s"), f"{name.removesuffix('ies')}y"}) - {"", "y"}
