"""Whether somebody asks who may on each way on which a row gets out of a function.

What code asks for a button, for a line of the log or for another branch refuses nobody.
"""

from pickguard.flow.ways_out import Asked, WayOut, ways_out
from pickguard.kit import Code, Project
from pickguard.kit.code import tail
from pickguard.lessons.trust.asking import MAY, NOT_THERE, REFUSALS, asks_who_may
from pickguard.site.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.lower import body
from pickguard.source.python.walk import expressions, inside, statements

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
# What raises where a row is not there, or not the person's
_RAISES = REFUSALS | NOT_THERE | {"get_object_or_404", "get_list_or_404", "raise_exception"}
_DEEPEST = 1
_MAKERS = ("_class", "form", "formset", "serializer")


class _Refusing:
    """Which functions of a project may raise, themselves or in what they call."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._known: dict[FunctionSymbol, bool] = {}

    def may(self, code: Code, call: n.Call) -> bool:
        """Whether a call may raise; one of what the project does not define may."""
        found = code.called(call)
        named = self.project.flow.callers.defined(tail(call.func))
        functions = [found] if found is not None else named
        return not functions or any(self._may(one) for one in functions)

    def _may(self, function: FunctionSymbol, depth: int = 0) -> bool:
        known = self._known.get(function)
        if known is None:
            known = self._known[function] = self._raises(function, depth)
        return known

    def _raises(self, function: FunctionSymbol, depth: int) -> bool:
        if not _RAISES.isdisjoint(function.node.words) or depth > _DEEPEST:
            return True
        block = body(function.node)
        if not block or any(isinstance(one, n.Raise) for one in statements(block)):
            return True  # what does nothing is there for others to write over
        calls = [one for one in expressions(block) if isinstance(one, n.Call)]
        if any(tail(one.func) == "get" and one.keywords for one in calls):
            return True
        code = self.project.code_of(function)
        inner = (code.called(call) for call in calls)
        return any(self._may(one, depth + 1) for one in inner if one is not None)


def unasked_ways(code: Code, row: n.Call, who: frozenset[str]) -> list[WayOut]:
    """Return the ways on which a row gets out with nobody having asked.

    Args:
        code: what takes the row.
        row: the call in it that takes it.
        who: names of who asks, and of those whose rows are.

    Returns:
        The ways; none where a decorator asks.
    """
    function = code.function
    if function is None:
        return []
    decorated = {tail(part) for one in function.node.decorators for part in inside(one)}
    if asks_who_may(decorated):
        return []
    return [way for way in ways_out(function.node, row) if not is_asked(code, way, who)]


def is_asked(code: Code, way: WayOut, who: frozenset[str]) -> bool:
    """Whether anything that decides on a way asks who may, or looks at one of these names."""
    return any(_asks(code, one, who) for one in way.asked)


def _asks(code: Code, one: Asked, who: frozenset[str]) -> bool:
    if not one.decides:
        return isinstance(one.expr, n.Call) and _may_refuse(code, one.expr, who)
    said = {tail(part) for part in inside(one.expr) if isinstance(part, n.Name | n.Attr)}
    if asks_who_may(said):
        return one.truth is not False or said.isdisjoint(_ANSWERS)
    return any(_looks(part, who) or _is_told(part) for part in inside(one.expr))


def _is_told(part: n.Expr) -> bool:
    """Whether something is found by the request: `toolbar_of(request).clipboard`."""
    return isinstance(part, n.Call) and not _is_plain(part) and any(map(_tells_who, _given(part)))


def _may_refuse(code: Code, call: n.Call, who: frozenset[str]) -> bool:
    if _is_plain(call):
        return False
    is_told = any(map(_tells_who, _given(call))) or _looks(call, who)
    return (is_told or bool(MAY.search(tail(call.func)))) and code.project.once(_Refusing).may(
        code, call
    )


def _is_plain(call: n.Call) -> bool:
    """Whether a call makes something, or does something, and refuses nobody."""
    name = tail(call.func)
    return name in _ANSWERS | _TOLD or name[:1].isupper() or name.endswith(_MAKERS)


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
