"""The one login that takes any number of tries, where other views of the site have a limit in front of them."""

import re
from collections.abc import Iterable, Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.around import decorators
from pickguard.kit.code import tail
from pickguard.lessons.passwords.doors import LOGINS, is_open
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.views.view import View
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
    for symbol, view in _without_limit(project):
        yield Hit(
            (Spot(symbol.module.path, symbol.node.span),),
            f"`{_name(view)}` takes any number of tries; {len(limited)} other views have a limit",
            Confidence.MEDIUM,
            symbol.name,
        )


def left_aside(project: Project) -> Iterator[Hit]:
    """Yield the logins of an API without a limit, where a class that limits logins stands beside them unused."""
    unused = next(_unused_limits(project), None)
    if unused is None:
        return
    for symbol, view in _without_limit(project):
        if view.kind in ("api", "viewset"):
            yield Hit(
                (
                    Spot(symbol.module.path, symbol.node.span),
                    Spot(unused.module.path, unused.node.span, "no view has this limit"),
                ),
                f"`{_name(view)}` takes any number of tries; `{unused.node.name}` is there, and limits nothing",
                Confidence.MEDIUM,
                symbol.name,
                mend=f"name it in the view: `throttle_classes = [{unused.node.name}]`",
            )


def _name(view: View) -> str:
    return view.name.rpartition(".")[2]


def _without_limit(project: Project) -> Iterator[tuple[ClassSymbol | FunctionSymbol, View]]:
    """Yield the views by which strangers get in, and that limit nothing as far as is seen."""
    for symbol, view in {view.symbol: view for _route, view in project.views()}.items():
        if not isinstance(symbol, ClassSymbol | FunctionSymbol) or not is_open(view):
            continue
        if not _TRIED.search(_name(view)) or _NO_TRY.search(view.name) or _limits(project, view):
            continue
        functions = list(_functions(project, view))
        words = {word for function in functions for word in function.node.words}
        if words & _OPENS and not _is_limited_inside(project, view, functions):
            yield symbol, view


_THROTTLES = (".SimpleRateThrottle", ".AnonRateThrottle", ".UserRateThrottle", ".BaseThrottle")
_OF_LOGINS = re.compile(r"log_?in|sign_?in|password|credential|attempt", re.IGNORECASE)


def _unused_limits(project: Project) -> Iterator[ClassSymbol]:
    """Yield the classes that limit logins, by their names, and that nothing in the site names again."""
    for symbol in project.site.classes.all:
        name = symbol.node.name
        if not _OF_LOGINS.search(name) or not project.site.classes.inherits(symbol, *_THROTTLES):
            continue
        others = (module for module in project.served() if module != symbol.module)
        if any(_names(module.record.words, name) for module in others):
            continue
        beside = expressions(symbol.module.record.body, into_functions=True)
        if not any(tail(node) == name for node in beside):
            yield symbol


def _names(words: Iterable[str], name: str) -> bool:
    """Whether one of some words is a name, or a dotted one that ends in it."""
    return any(word == name or word.endswith(f".{name}") for word in words)


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
