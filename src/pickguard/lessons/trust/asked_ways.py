"""Whether somebody asks who may on each way on which a row gets out of a function.

What code asks for a button, for a line of the log or for another branch refuses nobody.
"""

import re
from collections.abc import Callable, Container

from pickguard.flow.bodies.ways_out import Asked, WayOut, ways_out, writes_by_name
from pickguard.flow.values.vocabulary import TRANSLATIONS
from pickguard.kit import Code, Project
from pickguard.kit.around import decorators
from pickguard.kit.code import tail
from pickguard.kit.templates.pages import PAGES
from pickguard.lessons.trust.asking import MAY, NOT_THERE, REFUSALS, asks_who_may
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import given_to
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, inside, statements

# Answers, of which a condition alone makes something
_ANSWERS = frozenset({"has_perm", "has_perms", "has_module_perms", "is_staff", "is_superuser"})
_SENT = frozenset({"GET", "POST", "FILES", "data", "body", "META", "headers", "COOKIES", "session", "method",
                   "path", "query_params", "resolver_match"})  # fmt: skip
# Calls that are told who asks, and refuse nobody
_TOLD = TRANSLATIONS | PAGES | frozenset({
    "filter", "exclude", "all", "count", "exists", "values", "values_list", "order_by", "select_related",
    "create", "append", "update", "reverse", "redirect", "get_current_site",
    "success", "error", "info", "warning", "add_message", "debug", "exception", "print", "log", "login", "logout",
    "str", "repr", "format", "dict", "update_session_auth_hash",
})  # fmt: skip
# What raises where a row is not there, or not the person's
_RAISES = REFUSALS | NOT_THERE | {"get_object_or_404", "get_list_or_404", "raise_exception"}
_DEEPEST = 1
# What says yes or no by its name; a row that it does not find is no refusal
_TELLS = re.compile(r"_*(is|has|can|may)_")
# What gives rights, or takes them, asks for none: `assign_perms(photo)`
_GIVES = re.compile(r"_*(assign|set|add|give|grant|revoke|remove|clear|copy|sync)_")
_MAKERS = ("_class", "form", "formset", "serializer")


class _Refusing:
    """Which functions of a project may raise, themselves or in what they call."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._known: dict[tuple[FunctionSymbol, int], bool] = {}

    def may(self, code: Code, call: n.Call) -> bool:
        """Whether a call may raise; one of what the project does not define may."""
        found = code.called(call)
        named = self.project.flow.callers.defined(tail(call.func))
        functions = [found] if found is not None else named
        return not functions or any(self._may(one) for one in functions)

    def _may(self, function: FunctionSymbol, depth: int = 0) -> bool:
        known = self._known.get((function, depth))
        if known is None:
            known = self._known[function, depth] = self._raises(function, depth)
        return known

    def _raises(self, function: FunctionSymbol, depth: int) -> bool:
        if not _RAISES.isdisjoint(function.node.words) or depth > _DEEPEST:
            return True
        block = body(function.node)
        if not block or any(isinstance(one, n.Raise) for one in statements(block)):
            return True  # what does nothing is there for others to write over
        if _TELLS.match(function.node.name):
            return False
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
    decorated = {tail(part) for one in decorators(code.project, function) for part in inside(one)}
    if asks_who_may(decorated):
        return []
    return [
        way for way in ways_out(function.node, row, writing(code)) if not is_asked(code, way, who)
    ]


def writing(code: Code) -> Callable[[n.Call], bool]:
    """Return what tells of a method that a function calls on a row whether it writes: by its name, or its effects."""
    effects = code.project.effects

    def writes(call: n.Call) -> bool:
        if writes_by_name(call):
            return True
        method = effects.target(code.function, call) if code.function is not None else None
        if method is None or asks_who_may(method.node.words):
            return False
        return any(effect.changes_rows for effect in effects.of(method, owner=method.owner))

    return writes


def is_asked(code: Code, way: WayOut, who: frozenset[str]) -> bool:
    """Whether anything that decides on a way asks who may, or looks at one of these names."""
    asking = _Asking(code, who, way.held)
    return any(map(asking.asks, way.asked))


class _Asking:
    """What tells whether an expression asks for somebody, in one function."""

    def __init__(self, code: Code, who: frozenset[str], rows: frozenset[str]) -> None:
        self.code = code
        self.who = who
        self.rows = rows

    def asks(self, one: Asked) -> bool:
        """Whether a part of a way asks, by its answer or by what it may raise."""
        if not one.decides:
            return isinstance(one.expr, n.Call) and self._may_refuse(one.expr)
        said = {tail(part) for part in inside(one.expr) if isinstance(part, n.Name | n.Attr)}
        if asks_who_may(said):
            return one.truth is not False or said.isdisjoint(_ANSWERS)
        return any(self._looks(part) or _is_told(part) for part in inside(one.expr))

    def _may_refuse(self, call: n.Call) -> bool:
        if _is_plain(call):
            return False
        is_told = any(map(_tells_who, given_to(call))) or self._looks(call)
        name = tail(call.func)
        is_question = bool(MAY.search(name)) and not _GIVES.match(name)
        refusing = self.code.project.once(_Refusing)
        return (is_told or is_question) and refusing.may(self.code, call)

    def _looks(self, part: n.Expr) -> bool:
        """Whether an expression compares with who asks, chooses by them, or hands them to what may."""
        if isinstance(part, n.Compare):
            return any(map(self._is_who, inside(part))) or self._is_held_against_own(part)
        if not isinstance(part, n.Call):
            return False
        by = {keyword.name.partition("__")[0] for keyword in part.keywords if keyword.name}
        return bool(by & self.who) or any(map(self._is_who, _people(part)))

    def _is_held_against_own(self, part: n.Compare) -> bool:
        """Whether a row is compared with one of whoever asks: `box.pk == request.toolbar.clipboard.pk`."""
        names = {one.id for one in inside(part) if isinstance(one, n.Name)}
        return not names.isdisjoint(self.rows) and any(map(is_put_on_request, inside(part)))

    def _is_who(self, part: n.Expr) -> bool:
        return is_named_asker(part, self.who, self.rows)


def _is_told(part: n.Expr) -> bool:
    """Whether something is found by the request: `toolbar_of(request).clipboard`."""
    return isinstance(part, n.Call) and not _is_plain(part) and any(map(_tells_who, given_to(part)))


def _is_plain(call: n.Call) -> bool:
    """Whether a call makes something, or does something, and refuses nobody."""
    name = tail(call.func)
    return name in _ANSWERS | _TOLD or name[:1].isupper() or name.endswith(_MAKERS)


def _tells_who(value: n.Expr) -> bool:
    return tail(value) == "request" or is_put_on_request(value)


def is_put_on_request(value: n.Expr) -> bool:
    """Whether something that ran before has put a value on the request: `request.user_acl`, `request.tenant`."""
    return isinstance(value, n.Attr) and tail(value.value) == "request" and value.name not in _SENT


def is_named_asker(part: n.Expr, who: Container[str], rows: Container[str]) -> bool:
    """Whether an expression is who asks, by its name; a row may be called `user` as well, and is not."""
    is_row = isinstance(part, n.Name) and part.id in rows
    return tail(part) in who and not is_row


def _people(call: n.Call) -> list[n.Expr]:
    """Return what a call is given, what that hangs on, and what it is called on."""
    parts = [*given_to(call), *(one.value for one in given_to(call) if isinstance(one, n.Attr))]
    if isinstance(call.func, n.Attr):
        parts.append(call.func.value)
    return parts
