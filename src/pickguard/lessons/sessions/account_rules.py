"""Session rules about accounts that were closed: what lets somebody in has to ask whether it still may."""

import re
from collections.abc import Iterator, Sequence

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, Project, Spot, rule
from pickguard.kit.code import tail, text
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, inside, statements

_AUTHENTICATION = (".BaseAuthentication",)
_ACTIVE = re.compile(
    r"active|disabled|enabled|can_authenticate|blocked|banned|suspended|status|deleted"
)
_FETCHERS = frozenset(
    {"get", "aget", "first", "get_object_or_404", "get_or_create", "select_related"}
)
# stand for a backend while something is tried
_DOUBLES = re.compile(r"Mock|Fake|Dummy|Stub|Test[A-Z]")
_STRANGERS = re.compile(
    r"^(do_auth|(get|load|find|fetch|lookup|resolve|retrieve|identify)_\w+_(user|account))$"
)
_DEEPEST = 2


@rule(
    "sessions.closed-account",
    title="an API lets closed accounts in",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(613, 285),
    severity=Severity.MEDIUM,
    gain="who left the company keeps the key, and with it all that the account could do",
    mend="refuse the account: `if not user.is_active: raise AuthenticationFailed(…)`",
)
def closed_account(project: Project) -> Iterator[Hit]:
    """Find authentication classes of an API that hand a user on and never look at `is_active`."""
    backends = list(_backends(project))
    yield from backends
    yield from _getters(project, {hit.symbol.rpartition(".")[0] for hit in backends})
    yield from _renewals(project)
    for symbol in project.site.classes.all:
        method = project.site.names.own_member(symbol, "authenticate")
        if not isinstance(method, FunctionSymbol) or project.kind_of(symbol.module) is not None:
            continue
        if not project.site.classes.inherits(symbol, *_AUTHENTICATION):
            continue
        user = _user(method)
        if (
            user is not None
            and _fetches(project, method, user)
            and not _is_nobody(project, method, user)
            and not _asks(project, symbol, method, _DEEPEST)
        ):
            yield Hit(
                (Spot(method.module.path, user.span),),
                f"`{symbol.node.name}` takes the account as it is, also when it is closed",
                Confidence.MEDIUM,
                method.name,
            )


def _is_nobody(project: Project, method: FunctionSymbol, user: n.Expr) -> bool:
    """Whether the account is that of a stranger: `user = AnonymousUser()`."""
    made = project.code_of(method).made(user)
    return bool(made) and all(tail(func_of(one)) == "AnonymousUser" for one in made)


_BACKENDS = (".BaseBackend",)
_KEEPS_OUT = (".ModelBackend", ".RemoteUserBackend")


def _backends(project: Project) -> Iterator[Hit]:
    """Yield the login backends that neither let in by `is_active` nor find who is logged in by it."""
    classes = project.site.classes
    for symbol in classes.all:
        if project.kind_of(symbol.module) is not None or not _is_backend(project, symbol):
            continue
        method = project.site.names.own_member(symbol, "authenticate")
        getter = classes.method(symbol, "get_user")
        if not isinstance(method, FunctionSymbol) or getter is None:
            continue
        if "check_password" not in method.node.words or _asks(project, symbol, getter, _DEEPEST):
            continue
        account = _checked(method)
        if account is not None and not _asks(project, symbol, method, _DEEPEST):
            yield Hit(
                (Spot(method.module.path, account.span),),
                f"`{symbol.node.name}` lets accounts in that are closed",
                Confidence.MEDIUM,
                method.name,
                mend="refuse them: `if not self.user_can_authenticate(user): return None`, and inherit"
                " from `ModelBackend`",
            )


def _getters(project: Project, told: set[str]) -> Iterator[Hit]:
    """Yield the `get_user` of backends of the site's own that finds closed accounts where Django's does not.

    It is asked at every request of a session: whose account is closed stays logged in. Backends that are told
    already, since they let closed accounts in, are left out.
    """
    classes = project.site.classes
    for symbol in classes.all:
        if _DOUBLES.match(symbol.node.name):
            continue
        if project.kind_of(symbol.module) is not None or not project.once(_has_active):
            continue
        if symbol.name in told:
            continue
        method = project.site.names.own_member(symbol, "get_user")
        if not isinstance(method, FunctionSymbol) or not _lets_in(project, symbol):
            continue
        finds = not _FETCHERS.isdisjoint(method.node.words)
        if finds and "super" not in method.node.words:
            if not _asks(project, symbol, method, _DEEPEST):
                yield Hit(
                    (Spot(method.module.path, method.node.span),),
                    f"`{symbol.node.name}.get_user` finds accounts that are closed, so their sessions go on",
                    Confidence.MEDIUM,
                    method.name,
                    gain="who left the company keeps the browser open, and with it all that the account could do",
                    mend="as Django's own does: `return user if self.user_can_authenticate(user) else None`",
                )


def _lets_in(project: Project, symbol: ClassSymbol) -> bool:
    """Whether a class is a backend: one of Django's, or by its name and with both of a backend's methods."""
    if project.site.classes.inherits(symbol, *_KEEPS_OUT, *_BACKENDS):
        return True
    own = project.site.names.own_member(symbol, "authenticate")
    return isinstance(own, FunctionSymbol) and symbol.node.name.endswith("Backend")


def _is_backend(project: Project, symbol: ClassSymbol) -> bool:
    """Whether a class is a login backend of its own: the settings name it, or it says so."""
    classes = project.site.classes
    if classes.inherits(symbol, *_KEEPS_OUT) or not project.once(_has_active):
        return False
    named = project.production.get("AUTHENTICATION_BACKENDS", ()) if project.production else ()
    is_named = isinstance(named, list | tuple) and symbol.name in named
    return is_named or classes.inherits(symbol, *_BACKENDS)


def _has_active(project: Project) -> bool:
    """Whether accounts can be closed: a user model of the site's own may have no `is_active`."""
    named = project.production.get("AUTH_USER_MODEL") if project.production else None
    account = project.site.models.named(named) if isinstance(named, str) else None
    if account is not None and not account.is_library:
        return account.field("is_active") is not None
    own = [
        model
        for model in project.site.models.by_label.values()
        if model.is_user and not model.is_abstract and not model.is_library
    ]
    return not own or any(model.field("is_active") is not None for model in own)


def _checked(method: FunctionSymbol) -> n.Expr | None:
    """Return the account whose password a method asks for: `user.check_password(password)`."""
    for node in expressions(body(method.node)):
        if isinstance(node, n.Call) and tail(node.func) == "check_password":
            return node.func.value if isinstance(node.func, n.Attr) else None
    return None


# Whoever renews a token looks the account up, or a row that stands for the login
_LOOKS_UP = frozenset(
    {
        "objects",
        "get_user_model",
        "get",
        "filter",
        "first",
        "exists",
        "get_object_or_404",
        "authenticate",
        "session",
    }
)
_RENEWS = re.compile(r"refresh|renew|rotate|extend", re.IGNORECASE)


def _renewals(project: Project) -> Iterator[Hit]:
    """Yield where a token is renewed by what the old one says, and nobody asks about the account."""
    for _view, function in project.handlers(_is_any, project.named_with(_ENCODES) | _ENCODES):
        code = project.code_of(function)
        if not _RENEWS.search(f"{function.node.name} {_view.name}") or code.words & _LOOKS_UP:
            continue
        read = {name for name, values in code.body.assigned.items() if _is_read(code, values)}
        for call in code.every(n.Call) if read else ():
            if _encodes(code, call) and any(
                _says_whose(part, read) for item in call.args for part in inside(item)
            ):
                yield Hit(
                    (code.spot(call),),
                    "a token is renewed by what the old one says, and nobody asks whether the account is still open",
                    Confidence.MEDIUM,
                    code.symbol,
                )
                break


_ENCODES = frozenset({"encode"})
_DECODES = frozenset({"decode"})


def _is_any(view: View) -> bool:
    return view.kind != "library"


def _encodes(code: Code, call: n.Call) -> bool:
    """Whether a call makes a signed token, itself or by a function of the site."""
    if tail(call.func) in _ENCODES and code.is_from(call.func, "jwt", "jose"):
        return True
    function = code.called_with(call, _ENCODES)
    return function is not None and "jwt" in code.project.imported_packages(function.module)


def _is_read(code: Code, values: Sequence[tuple[n.Expr, int]]) -> bool:
    """Whether a name holds what a signed token says."""
    for value, _span in values:
        if not isinstance(value, n.Call):
            continue
        if tail(value.func) in _DECODES and code.is_from(value.func, "jwt", "jose"):
            return True
        function = code.called_with(value, _DECODES)
        if function is not None and "jwt" in code.project.imported_packages(function.module):
            # what reads tokens for the site may ask about the account itself
            return not _LOOKS_UP & set(function.node.words)
    return False


def _says_whose(node: n.Expr, read: set[str]) -> bool:
    """Whether it is `claims["sub"]`."""
    return isinstance(node, n.Index) and tail(node.value) in read


def _user(method: FunctionSymbol) -> n.Expr | None:
    """Return the account that a method returns first of two: `return (token.user, token)`."""
    for statement in statements(body(method.node)):
        value = statement.value if isinstance(statement, n.Return) else None
        if isinstance(value, n.Sequence) and len(value.items) == 2:
            if tail(value.items[0]) in ("user", "account", "owner"):
                return value.items[0]
    return None


def _fetches(project: Project, method: FunctionSymbol, user: n.Expr) -> bool:
    return not _FETCHERS.isdisjoint(method.node.words) or _is_of_stranger(project, method, user)


def _is_of_stranger(project: Project, method: FunctionSymbol, user: n.Expr) -> bool:
    """Whether another library says who it is: `user = backend.do_auth(token)`."""
    for statement in statements(body(method.node)):
        value = statement.value if isinstance(statement, n.Assign) else None
        if not isinstance(value, n.Call) or not isinstance(statement, n.Assign):
            continue
        is_user = isinstance(user, n.Name) and user.id in {tail(t) for t in statement.targets}
        if is_user and _STRANGERS.search(tail(value.func)):
            return not isinstance(
                project.site.names.resolve(method.module, value.func), FunctionSymbol
            )
    return False


def _asks(project: Project, symbol: ClassSymbol, method: FunctionSymbol, depth: int) -> bool:
    """Whether a method, or what it calls, asks whether an account is open, or leaves it to others."""
    words = method.node.words
    if "super" in words or any(map(_ACTIVE.search, words)):
        return True
    nodes = list(expressions(body(method.node)))
    if any(text(node) == "is_active" for node in nodes):
        return True  # `getattr(user, "is_active", True)`
    called = (node.func for node in nodes if isinstance(node, n.Call))
    return any(_asks_there(project, symbol, method, func, depth) for func in called)


def _asks_there(
    project: Project, symbol: ClassSymbol, method: FunctionSymbol, func: n.Expr, depth: int
) -> bool:
    if tail(func) in ("authenticate", "aauthenticate"):
        return True  # the backends ask
    if isinstance(func, n.Attr) and tail(func.value) == "self":
        found = project.site.classes.method(symbol, func.name)
        if found is None:
            return True  # a library's method may well ask
    else:
        named = project.site.names.resolve(method.module, func)
        found = named if isinstance(named, FunctionSymbol) else None
    return found is not None and depth > 0 and _asks(project, symbol, found, depth - 1)
