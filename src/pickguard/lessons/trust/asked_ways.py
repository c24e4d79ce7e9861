"""Whether somebody asks who may on each way on which a row gets out of a function.

What code asks for a button, for a line of the log or for another branch refuses nobody.
"""

from pickguard.flow.ways_out import Asked, WayOut, ways_out
from pickguard.kit.code import tail
from pickguard.lessons.trust.asking import MAY, asks_who_may
from pickguard.site.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import inside

# Answers, of which a condition alone makes something
_ANSWERS = frozenset({"has_perm", "has_perms", "has_module_perms", "is_staff", "is_superuser"})
_SENT = frozenset({"GET", "POST", "FILES", "data", "body", "META", "headers", "COOKIES", "session", "method",
                   "path", "query_params", "resolver_match"})  # fmt: skip
# Calls that are told who asks, and refuse nobody
_TOLD = frozenset({
    "filter", "exclude", "all", "count", "exists", "values", "values_list", "order_by", "select_related",
    "create", "append", "update", "render", "render_to_string", "reverse", "redirect", "get_current_site",
    "success", "error", "info", "warning", "add_message", "debug", "exception", "print", "log", "login", "logout",
    "str", "repr", "format", "_", "gettext", "dict", "update_session_auth_hash",
})  # fmt: skip


_MAKERS = ("_class", "form", "formset", "serializer")


def unasked_way(function: FunctionSymbol, row: n.Call, who: frozenset[str]) -> int | None:
    """Return the span of the first statement by which a row gets out with nobody having asked.

    Args:
        function: what takes the row.
        row: the call in it that takes it.
        who: names of who asks, and of those whose rows are.

    Returns:
        The span; None where each way asks, where a decorator does, and where no way is seen.
    """
    decorated = {tail(part) for one in function.node.decorators for part in inside(one)}
    if asks_who_may(decorated):
        return None
    for way in ways_out(function.node, row):
        if not is_asked(way, who):
            return way.span
    return None


def is_asked(way: WayOut, who: frozenset[str]) -> bool:
    """Whether anything that decides on a way asks who may, or looks at one of these names."""
    return any(_asks(one, who) for one in way.asked)


def _asks(one: Asked, who: frozenset[str]) -> bool:
    if not one.decides:
        return isinstance(one.expr, n.Call) and _may_refuse(one.expr, who)
    said = {tail(part) for part in inside(one.expr) if isinstance(part, n.Name | n.Attr)}
    if asks_who_may(said):
        return one.truth is not False or said.isdisjoint(_ANSWERS)
    return any(_looks(part, who) for part in inside(one.expr))


def _may_refuse(call: n.Call, who: frozenset[str]) -> bool:
    name = tail(call.func)
    if name in _ANSWERS or name in _TOLD or name[:1].isupper() or name.endswith(_MAKERS):
        return False
    return bool(MAY.search(name)) or any(map(_tells_who, _given(call))) or _looks(call, who)


def _tells_who(value: n.Expr) -> bool:
    """Whether a value is the request, or what a middleware made of it: `request.user_acl`, `request.tenant`."""
    if isinstance(value, n.Attr) and tail(value.value) == "request":
        return value.name not in _SENT
    return tail(value) == "request"


def _looks(part: n.Expr, who: frozenset[str]) -> bool:
    """Whether an expression compares with who asks, chooses by them, or hands them to what may."""
    if isinstance(part, n.Compare):
        return any(tail(inner) in who for inner in inside(part))
    if not isinstance(part, n.Call):
        return False
    by = {keyword.name.partition("__")[0] for keyword in part.keywords if keyword.name}
    return bool(by & who) or any(map(who.__contains__, _people(part)))


def _people(call: n.Call) -> list[str]:
    """Return the names of what a call is given, of what that hangs on, and of what it is called on."""
    parts = [*_given(call), *(one.value for one in _given(call) if isinstance(one, n.Attr))]
    if isinstance(call.func, n.Attr):
        parts.append(call.func.value)
    return [tail(part) for part in parts]


def _given(call: n.Call) -> tuple[n.Expr, ...]:
    return (*call.args, *(keyword.value for keyword in call.keywords))
