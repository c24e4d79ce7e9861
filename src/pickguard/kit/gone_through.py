"""What a request goes through on its way to an answer, and whether any of it looks who is asking."""

from collections.abc import Iterator

from msgspec.structs import replace

from pickguard.kit.around import decorators
from pickguard.kit.project import Project
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import statements

_SAFE = frozenset({"get", "head", "options"})


def acts_for_nobody(project: Project, view: View) -> bool:
    """Whether a view never looks who is asking: whoever has a page send it could have sent it themselves."""
    if view.login is not False or view.permissions:
        return False
    functions = list(asked(project, view))
    codes = [project.code_of(function) for function in functions]
    called = (code.called(call) for code in codes for call in code.every(n.Call))
    functions += [function for function in called if function is not None]
    # what is not handed the request cannot look: `get_user` there takes somebody whom the sender names
    looking = (one for one in functions if not _REQUEST.isdisjoint(one.node.words))
    return all(_WHO.isdisjoint(one.node.words) for one in looking)


_REQUEST = frozenset({"request", "req", "get_current_request", "get_current_user", "get_request"})
_WHO = frozenset(
    {"user", "session", "COOKIES", "get_signed_cookie", "get_user", "login", "authenticate"}
    | {"current_user", "is_authenticated", "auth", "account", "profile", "cart", "basket"}
)


def asked(project: Project, view: View) -> Iterator[FunctionSymbol]:
    """Yield what a request goes through: decorators of the site, `dispatch`, the handlers."""
    yield from (function for method, function in view.handlers if method not in _SAFE)
    if isinstance(view.symbol, ClassSymbol):
        for name in ("setup", "dispatch"):
            method = project.site.classes.method(view.symbol, name)
            if method is not None:
                yield method
    for applied in view.guards:
        if isinstance(applied.symbol, FunctionSymbol):
            yield from _with_nested(applied.symbol)
    if isinstance(view.symbol, FunctionSymbol):
        for decorator in decorators(project, view.symbol):
            found = project.site.names.resolve(view.symbol.module, func_of(decorator))
            if isinstance(found, FunctionSymbol):
                yield from _with_nested(found)


def _with_nested(function: FunctionSymbol) -> Iterator[FunctionSymbol]:
    yield function
    for statement in statements(body(function.node), into_functions=True):
        if isinstance(statement, n.Function):
            yield replace(function, node=statement)
