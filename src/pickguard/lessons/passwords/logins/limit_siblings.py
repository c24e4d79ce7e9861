"""The one login that takes any number of tries, where other views of the site have a limit in front of them."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.around import decorators
from pickguard.kit.code import tail
from pickguard.lessons.passwords.doors import LOGINS, is_open
from pickguard.site.names import ClassSymbol, FunctionSymbol
from pickguard.site.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, inside

_LIMIT = re.compile(
    r"rate_?limit|throttl|axes_dispatch|watch_login|lock_?out|attempts?(_|$)", re.IGNORECASE
)
_TRIED = re.compile(
    r"log_?in|sign_?in|second_?factor|two_?factor|2fa|otp|mfa|verify_?\w*code|code_?(verif|check)",
    re.IGNORECASE,
)
# What follows where a try was right: somebody is in, or is given a link that sets the password
_OPENS = frozenset({*LOGINS, "make_token"})
# Who comes that way is known by another site, or by a key that cannot be guessed
_NO_TRY = re.compile(
    r"social|oauth|oidc|saml|sso|callback|by_?token|webauthn|passkey|credential|impersonat|hijack|switch|as_?user",
    re.IGNORECASE,
)
_FEWEST = 3


def unlimited(project: Project) -> Iterator[Hit]:
    """Yield the logins without the limit that at least three other views have as a decorator."""
    views = {view.symbol: view for _route, view in project.views()}
    limited = [view for view in views.values() if _limits(project, view)]
    if len(limited) < _FEWEST:
        return
    for symbol, view in views.items():
        if not isinstance(symbol, ClassSymbol | FunctionSymbol) or not is_open(view):
            continue
        name = view.name.rpartition(".")[2]
        if not _TRIED.search(name) or _NO_TRY.search(view.name) or view in limited:
            continue
        functions = list(_functions(project, view))
        words = {word for function in functions for word in function.node.words}
        if words.isdisjoint(_OPENS) or _is_limited_inside(project, view, functions):
            continue
        yield Hit(
            (Spot(symbol.module.path, symbol.node.span),),
            f"`{name}` takes any number of tries; {len(limited)} other views have a limit",
            Confidence.MEDIUM,
            symbol.name,
        )


def _functions(project: Project, view: View) -> Iterator[FunctionSymbol]:
    """Yield what answers a view, and all methods of its class and the site's bases."""
    symbol = view.symbol
    if isinstance(symbol, FunctionSymbol):
        yield symbol
    if isinstance(symbol, ClassSymbol):
        yield from project.site.classes.own_functions(symbol)


def _limits(project: Project, view: View) -> bool:
    """Whether a decorator on a view, its class or one of its methods limits how often it is asked."""
    symbol = view.symbol
    if view.throttled:
        return True
    if isinstance(symbol, FunctionSymbol):
        return _is_named(decorators(project, symbol))
    if not isinstance(symbol, ClassSymbol):
        return False
    members = (m for m in symbol.node.body if isinstance(m, n.Function))
    return _is_named(symbol.node.decorators) or any(_is_named(m.decorators) for m in members)


def _is_named(marks: tuple[n.Expr, ...]) -> bool:
    return any(_LIMIT.search(tail(part)) for one in marks for part in inside(one))


def _is_limited_inside(project: Project, view: View, functions: list[FunctionSymbol]) -> bool:
    """Whether the code of a view, of its forms, or of what it calls, counts or limits by its words."""
    words = {word for function in functions for word in function.node.words}
    for form in view.forms:
        for method in project.site.classes.own_methods(form.symbol):
            words.update(method.words)
    for function in functions:
        words.update(
            part for d in decorators(project, function) for p in inside(d) if (part := tail(p))
        )
        for node in expressions(body(function.node)):
            called = (
                project.site.names.resolve(function.module, node.func)
                if isinstance(node, n.Call)
                else None
            )
            if isinstance(called, FunctionSymbol):
                words.update(called.node.words)
    return any(map(_LIMIT.search, words))
