"""APIs whose callers are known by a cookie, or by the session, without a check of the token.

REST framework leaves it to the class that reads them: `SessionAuthentication` makes it; Django's middleware
does not, as the views of an API are exempt.
"""

from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import text
from pickguard.site.symbols.names import ClassSymbol, External, FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions

_OF_SAME_SITE = ("lax", "strict")


def known_by_cookie(project: Project) -> Iterator[Hit]:
    """Yield the authentication classes that know the caller by a cookie or the session, and look at nothing else."""
    callers = project.flow.callers
    for function in dict.fromkeys(f for word in _HOLDERS for f in callers.holding(word)):
        owner = function.owner
        if owner is None or function.node.name != "authenticate" or not _is_of_api(project, owner):
            continue
        read = next(_known_by(function), None)
        if read is None or project.kind_of(function.module) is not None:
            continue
        if any("csrf" in word.lower() for word in _words(project, owner)):
            continue
        if "super" in function.node.words and _makes_the_check(project, owner):
            continue
        by, sure = "the session", Confidence.MEDIUM
        if read.name == "COOKIES":
            by = "a cookie"
            sure = Confidence.LOW if project.once(_keeps_cookies_home) else sure
        yield Hit(
            (Spot(function.module.path, read.span),),
            f"`{owner.node.name}` knows the caller by {by}, and asks for no CSRF token",
            sure,
            function.name,
            mend="ask for the token as `SessionAuthentication` does, `self.enforce_csrf(request)`"
            + (", or set the cookie with `samesite='Strict'`" if by == "a cookie" else ""),
        )


_HOLDERS = ("COOKIES", "session", "_request")


def _makes_the_check(project: Project, owner: ClassSymbol) -> bool:
    return project.site.classes.inherits(owner, ".SessionAuthentication")


def _is_of_api(project: Project, owner: ClassSymbol) -> bool:
    """Whether a class tells REST framework who is calling, by what it is made of."""
    line = project.site.classes.line(owner)
    return any(isinstance(one, External) and one.name.endswith("Authentication") for one in line)


def _known_by(function: FunctionSymbol) -> Iterator[n.Attr]:
    """Yield the cookies, the session, and the request of Django's, whose user is that of the session."""
    for node in expressions(body(function.node)):
        if isinstance(node, n.Attr) and _tells_who(node, function):
            yield node


def _tells_who(node: n.Attr, function: FunctionSymbol) -> bool:
    if node.name == "_request":
        return not {"user", "get_user"}.isdisjoint(function.node.words)
    return node.name == "COOKIES" or (
        node.name == "session" and tail(node.value) in ("request", "_request")
    )


def _words(project: Project, owner: ClassSymbol) -> Iterator[str]:
    """Yield the words of a class, of the site's own ones that it is made of, and of what it calls."""
    for one in project.site.classes.own_line(owner):
        yield from one.node.words
    for method in project.site.classes.own_methods(owner):
        function = project.site.classes.method(owner, method.name)
        calls = project.code_of(function).every(n.Call) if function is not None else ()
        for call in calls:
            called = project.code_of(function).called(call) if function is not None else None
            yield from (*(called.node.words if called is not None else ()), tail(call.func))


def _keeps_cookies_home(project: Project) -> bool:
    """Whether the site sets a cookie that no other site's requests carry: `samesite="Lax"`."""
    for function in project.flow.callers.holding("set_cookie"):
        for call in project.code_of(function).calls("set_cookie"):
            for keyword in call.keywords:
                if (
                    keyword.name == "samesite"
                    and (text(keyword.value) or "").lower() in _OF_SAME_SITE
                ):
                    return True
    return False
