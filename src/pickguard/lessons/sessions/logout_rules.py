"""Session rules about the way out: a cookie that is taken away ends nothing at the server."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.values.vocabulary import TRANSLATIONS
from pickguard.kit import Code, Hit, Project, Spot, code_rule, rule
from pickguard.kit.code import argument, tail, text
from pickguard.kit.templates.pages import PAGES
from pickguard.kit.values.spread import loops, names_of
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import items_of
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, statements

_ENDS = frozenset(
    {"logout", "alogout", "auth_logout", "django_logout", "flush", "aflush", "cycle_key", "delete", "adelete"}
)  # fmt: skip
# Whoever mends a broken session, as the library's own middleware does, logs nobody out
_MENDS = frozenset(
    {
        "super",
        "is_empty",
        "process_response",
        "process_request",
        "__call__",
        "exists",
        "get_response",
    }
)


@code_rule(
    "sessions.logout-keeps-session",
    words=("delete_cookie",),
    title="a logout takes the cookie away, and the session lives on",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(613,),
    severity=Severity.MEDIUM,
    gain="whoever has a copy of the cookie, from a log, a proxy or a borrowed computer, is still logged in",
    mend="call `django.contrib.auth.logout(request)`; it throws the session away at the server",
)
def logout_keeps_session(code: Code) -> Iterator[Hit]:
    """Find `response.delete_cookie(settings.SESSION_COOKIE_NAME)` with no `logout()` about it."""
    function = code.function
    if function is None or code.words & (_ENDS | _MENDS) or function.node.name in _MENDS:
        return
    for call in code.calls("delete_cookie"):
        if not any(map(_is_of_session, _keys(code, argument(call, 0, "key")))):
            continue
        callers = code.project.flow.callers.of(function)
        if any(
            _ends(caller.function.node.words)
            for caller, _call, _bound in callers
            if caller.function
        ):
            return
        yield Hit(
            (code.spot(call),),
            "the cookie goes, and the session that it opens stays",
            Confidence.MEDIUM,
            code.symbol,
        )
        return


@rule(
    "sessions.logout-ends-nothing",
    title="a logout page logs nobody out",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(613,),
    severity=Severity.MEDIUM,
    gain="the next one at the computer goes back, or opens the address again, and is still logged in",
    mend="call `django.contrib.auth.logout(request)`, or route to `LogoutView`",
)
def logout_ends_nothing(project: Project) -> Iterator[Hit]:
    """Find views named and routed as a logout that do nothing but answer."""
    seen: set[str] = set()
    for route, view in project.views():
        name = view.name.rpartition(".")[2]
        if view.name in seen or view.guards or not _LOGOUT.match(name):
            continue
        if not _LOGOUT_ADDRESS.search(route.known):
            continue
        seen.add(view.name)
        functions = _functions(project, view)
        if functions and all(map(_only_answers, functions)):
            yield Hit(
                (Spot(functions[0].module.path, functions[0].node.span),),
                f"`{name}` answers, and ends no session",
                Confidence.MEDIUM,
                view.name,
            )


def _functions(project: Project, view: View) -> list[FunctionSymbol]:
    """Return what answers the requests of a view; none where a library's class answers some."""
    if isinstance(view.symbol, ClassSymbol):
        line = project.site.classes.line(view.symbol)
        is_plain = all(isinstance(one, ClassSymbol) or one.name.endswith(".View") for one in line)
        return list(project.site.classes.own_functions(view.symbol)) if is_plain else []
    return [function for _method, function in view.handlers]


_LOGOUT = re.compile(r"^(user|account|do)?_?(log|sign)_?out_?(view|user|page)?$", re.IGNORECASE)
_LOGOUT_ADDRESS = re.compile(r"(log|sign)[-_]?out/?\$?$", re.IGNORECASE)
_ANSWERS = frozenset(
    {"redirect", "reverse", "HttpResponseRedirect", "HttpResponse"}
    | PAGES
    | {"success", "info", "add_message"}
    | TRANSLATIONS
)


def _only_answers(function: FunctionSymbol) -> bool:
    """Whether a function calls nothing but what makes an answer, of Django's."""
    block = body(function.node)
    calls = [node for node in expressions(block) if isinstance(node, n.Call)]
    if any(map(_takes_away, statements(block))):
        return False
    return bool(calls) and all(tail(call.func) in _ANSWERS for call in calls)


def _takes_away(statement: n.Stmt) -> bool:
    """Whether a statement ends a login of the site's own: `del session["user"]`, `session["user"] = None`."""
    if isinstance(statement, n.Delete):
        return True
    targets = statement.targets if isinstance(statement, n.Assign) else ()
    return any(isinstance(one, n.Index) and tail(one.value) == "session" for one in targets)


def _keys(code: Code, key: n.Expr | None) -> Iterator[n.Expr]:
    """Yield what a key may be, also that of a loop over names that stand in the module."""
    if key is None:
        return
    yield from code.made(key)
    for target, source in loops(code) if isinstance(key, n.Name) else ():
        if isinstance(key, n.Name) and key.id in names_of(target):
            for made in code.made(source):
                yield from items_of(made)


def _ends(words: tuple[str, ...] | frozenset[str]) -> bool:
    return not (_ENDS | _MENDS).isdisjoint(words)


def _is_of_session(key: n.Expr | None) -> bool:
    return text(key) == "sessionid" or tail(key) == "SESSION_COOKIE_NAME"
