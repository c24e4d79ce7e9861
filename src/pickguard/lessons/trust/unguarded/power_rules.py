"""Trust rules about pages that make somebody an administrator without asking who wants it."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.kit.code import is_asker, is_true, tail
from pickguard.lessons.trust.login_alone import asks_login_alone
from pickguard.lessons.trust.openness import proves_itself
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import keywords
from pickguard.source.python.bodies import body
from pickguard.source.python.queries import MANAGERS
from pickguard.source.python.walk import expressions, inside, statements

_POWERS = frozenset({"is_superuser", "is_staff"})
_MAKERS = frozenset({"create_superuser", "acreate_superuser"})
_SAVES = ("save", "clean", "form_valid", "create")
# The page that sets a site up serves once, before there is anybody; others need a word that was sent to one
_ONCE = frozenset({"exists", "aexists", "count", "acount", "first", "has_users", "token", "invitation", "invite",
                   "signing", "loads", "check_password", "environ", "getenv", "DEBUG"})  # fmt: skip
# What asks whether the site is new, by its name
_SETS_UP = re.compile(
    r"(need|requir|complete|done|finish|pending)\w*_(set_?up|install)|(set_?up|install)\w*_(need|requir|complete|done|finish|pending)"
    r"|is_(installed|configured|set_?up|initiali[sz]ed)|(^|_)first_(run|user|time|start)"
)


@rule(
    "trust.power-for-anybody",
    title="a page makes whoever calls it an administrator",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(269, 862),
    severity=Severity.HIGH,
    gain="a stranger registers, opens the admin, and owns the data of everybody",
    mend="leave `is_staff` and `is_superuser` alone there; an administrator gives them in the admin",
)
def power_for_anybody(project: Project) -> Iterator[Hit]:
    """Find `user.is_superuser = True` in pages, and forms of pages, that ask for no more than a login."""
    seen: set[FunctionSymbol] = set()
    for route, view in project.views():
        if route.is_admin or view.stopped or not _is_for_all(project, view):
            continue
        for function in _functions(project, view):
            if function in seen:
                continue
            seen.add(function)
            given = _given(function)
            if given is not None and not _asks(function):
                node, what = given
                yield Hit(
                    (Spot(function.module.path, node.span),),
                    f"`{view.name.rpartition('.')[2]}` gives `{what}` to whoever calls it",
                    Confidence.HIGH,
                    function.name,
                )


def _is_for_all(project: Project, view: View) -> bool:
    if view.login is None or view.kind not in ("function", "class", "api", "viewset"):
        return False
    return asks_login_alone(project, view) and not proves_itself(view)


def _functions(project: Project, view: View) -> Iterator[FunctionSymbol]:
    """Yield what answers for a view, and what its forms do with what was sent."""
    yield from (function for _method, function in view.handlers)
    for form in view.taken:
        for name in _SAVES:
            method = project.site.classes.method(form.symbol, name)
            if method is not None:
                yield method


def _asks(function: FunctionSymbol) -> bool:
    """Whether it looks at who asks, or serves once: a right of whoever asks, an invitation, no account yet."""
    nodes = list(expressions(body(function.node)))
    if not _ONCE.isdisjoint(function.node.words) or any(map(_SETS_UP.search, function.node.words)):
        return True
    return any(isinstance(node, n.Attr) and is_asker(node.value) for node in nodes)


def _given(function: FunctionSymbol) -> tuple[n.Stmt | n.Call, str] | None:
    """Return where power is given whatever else holds, and which."""
    if (_POWERS | _MAKERS).isdisjoint(function.node.words):
        return None
    for statement in statements(body(function.node)):
        if isinstance(statement, n.Assign) and is_true(statement.value):
            for target in statement.targets:
                if isinstance(target, n.Attr) and target.name in _POWERS:
                    return statement, target.name
    for node in expressions(body(function.node)):
        if isinstance(node, n.Call) and _is_making(node):
            words = keywords(node)
            name = next((word for word in _POWERS if is_true(words.get(word))), "")
            if name or tail(node.func) in _MAKERS:
                return node, name or "is_superuser"
    return None


def _is_making(call: n.Call) -> bool:
    """Whether a call makes an account: `create_user(…, is_staff=True)`, `User(…)`; a filter makes none."""
    name = tail(call.func)
    if name in _MAKERS or name in ("create_user", "create", "get_or_create"):
        return any(isinstance(part, n.Attr) and part.name in MANAGERS for part in inside(call.func))
    return name.endswith("User")
