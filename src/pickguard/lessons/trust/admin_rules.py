"""Trust rules about pages that a site adds to Django's admin: the admin asks nobody there by itself."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, Spot, code_rule
from pickguard.kit.code import argument, tail
from pickguard.lessons.trust.model_siblings import REFUSALS
from pickguard.site.answers import LOGIN_WORDS
from pickguard.site.guards import PERMISSION_WORDS
from pickguard.site.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of

_KINDS = frozenset({"admin", "admin_site"})
_ROUTES = ("path", "re_path", "url")
# What asks, or looks at who is there
_ASKS = PERMISSION_WORDS | LOGIN_WORDS | REFUSALS | {"user", "admin_view", "is_staff"}

_DRESSING = frozenset({"csrf_exempt", "never_cache", "require_POST", "require_GET", "atomic"})
_FOR_STRANGERS = re.compile(r"log_?(in|out)|password|i18n|public")


@code_rule(
    "trust.unwrapped-admin-page",
    words=("get_urls",),
    packages=("django",),
    title="a page of the admin that lets everybody in",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(862, 306),
    severity=Severity.HIGH,
    gain="a stranger without an account opens the address, and is where only staff was meant to be",
    mend="wrap it: `path('refund/', self.admin_site.admin_view(self.refund))`, and ask for the right in it",
)
def unwrapped_admin_page(code: Code) -> Iterator[Hit]:
    """Find methods that an admin class routes to with no `admin_view` around them."""
    function, owner = code.function, code.owner
    if function is None or owner is None or function.node.name != "get_urls":
        return
    if not _KINDS & code.project.site.classes.kinds(owner):
        return
    for call in code.calls(*_ROUTES):
        method = _method(code, argument(call, 1, "view"))
        if method is not None and not _is_guarded(method):
            yield Hit(
                (code.spot(call), Spot(method.module.path, method.node.span, "asks nobody")),
                f"`{method.node.name}` is reached without a login: nothing wraps it in `admin_view`",
                Confidence.HIGH,
                code.symbol,
            )


def _method(code: Code, view: n.Expr | None) -> FunctionSymbol | None:
    """Return the own method that a route leads to as it is: `self.refund`."""
    if not isinstance(view, n.Attr) or tail(view.value) != "self" or code.owner is None:
        return None
    return code.project.site.classes.method(code.owner, view.name)


def _is_guarded(method: FunctionSymbol) -> bool:
    """Whether a method asks by itself, by a decorator, or leaves the work to one of the admin's pages."""
    words = set(method.node.words)
    if words & _ASKS or _FOR_STRANGERS.search(method.node.name):
        return True
    if any(word.endswith("_view") for word in words - {method.node.name}):
        return True  # `return self.changelist_view(request)`
    return any(tail(func_of(d)) not in _DRESSING for d in method.node.decorators)
