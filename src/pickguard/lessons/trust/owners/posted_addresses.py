"""What is taken from somebody whom the browser names by an address: `each.unsubscribe(request.POST["email"])`."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project
from pickguard.kit.around import decorators
from pickguard.kit.code import argument, tail, text
from pickguard.site.access.guards import PERMISSION_WORDS
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import inside

_TAKING = ("unsubscribe", "unregister", "remove_member", "remove_subscriber", "delete_subscriber")
_ADDRESS = re.compile(
    r"(^|_)(e?mail|address|member|subscriber|username)(_address)?$", re.IGNORECASE
)
# whoever looks at one of these may well ask whose address it is
_ASKS = frozenset({"user", "owner", "is_owner", "token", "signer", "signing", "unsign", "loads"})


def of_posted_addresses(project: Project, function: FunctionSymbol) -> Iterator[Hit]:
    """Yield what a view takes from an address of the form that it does not compare with the user's own."""
    code = project.code_of(function)
    if code.words & (PERMISSION_WORDS | _ASKS):
        return
    for call in code.calls(*_TAKING):
        given = argument(call, 0, "email", "address", "member", "username")
        if given is None or not isinstance(call.func, n.Attr) or not _is_address(code.made(given)):
            continue
        origin = code.origin(given)
        if origin.is_browser:
            yield Hit(
                (code.spot(call),),
                f"`{tail(call.func)}` is told an address that the browser names, and not whether it is the user's own",
                Confidence.MEDIUM,
                code.symbol,
                flow=code.flow(origin, given, f"is given to `{tail(call.func)}`"),
                mend="look whether it is one of `request.user`'s verified addresses",
            )


def of_decorated_methods(project: Project, view: View) -> Iterator[Hit]:
    """Yield the same of methods that ask for a login each for itself, in views that ask for none."""
    for _method, function in view.handlers:
        names = {tail(node) for asked in decorators(project, function) for node in inside(asked)}
        if "login_required" in names and PERMISSION_WORDS.isdisjoint(names - {"login_required"}):
            yield from of_posted_addresses(project, function)


def _is_address(made: list[n.Expr]) -> bool:
    """Whether a value is by its name, or by the key that it is read with, what somebody is known by."""
    return any(_ADDRESS.search(text(node) or "") for value in made for node in inside(value))
