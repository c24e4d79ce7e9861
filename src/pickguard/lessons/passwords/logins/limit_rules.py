"""Logins that take any number of tries."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, reading, rule
from pickguard.kit.code import tail
from pickguard.lessons.passwords.logins.limit_siblings import left_aside, unlimited
from pickguard.site.symbols.names import ClassSymbol, External
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import is_empty
from pickguard.source.python.walk import inside


@rule(
    "passwords.no-attempt-limit",
    title="passwords can be tried without a limit",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(307,),
    severity=Severity.MEDIUM,
    gain="a robot tries the thousand most common passwords on every account, and gets some right",
    mend="install `pickguard.attempts` with its backend first: it counts each attempt before the"
    " password is hashed, so that many at once gain nothing, and locks no owner out",
)
def no_attempt_limit(project: Project) -> Iterator[Hit]:
    """Find a login route that nothing throttles, or that lacks the limit which other views have."""
    yield from unlimited(project)
    aside = list(left_aside(project)) if project.production is None else []
    yield from aside
    if aside or project.limits_attempts:
        return
    # the site that installs an app may have a limit of its own in its settings
    sure = Confidence.MEDIUM if project.production is not None else Confidence.LOW
    led_away: set[str] = set()
    for route, view in project.views():
        if view.name.endswith(".RedirectView"):
            led_away.add(route.known)
        is_login = _checks_passwords(project, view) and route.known not in led_away
        if (
            is_login
            and not view.throttled
            and not route.is_admin
            and not _asks_riddle(project, view)
        ):
            address = route.known.replace("/^", "/").lstrip("^/").removesuffix("$")
            message = f"`/{address}` takes any number of wrong passwords"
            if _counts_in(project, view, _OF_VISITOR):
                message += ": wrong ones are counted in the visitor's own session"
            if project.counts_first is False:
                message += ": `AttemptsBackend` is not the first of `AUTHENTICATION_BACKENDS`"
            spot = Spot(route.module.path, route.span)
            yield Hit((spot,), message, sure, view.name)
            return


def _asks_riddle(project: Project, view: View) -> bool:
    """Whether a form of a view asks for what a robot does not know: `captcha = ReCaptchaField()`."""
    classes = project.site.classes
    asked = [form.symbol for form in view.forms]
    if isinstance(view.symbol, ClassSymbol):
        found = classes.named(view.symbol, "authentication_form")  # of Django's `LoginView`
        asked += [found] if isinstance(found, ClassSymbol) else []
    return any(_RIDDLE.search(word) for one in asked for word in one.node.words)


_RIDDLE = re.compile(r"captcha|turnstile", re.IGNORECASE)


def _checks_passwords(project: Project, view: View) -> bool:
    if view.name.startswith("django.contrib.auth.") and view.name.endswith(".LoginView"):
        return True
    symbol = view.symbol
    if isinstance(symbol, ClassSymbol) and project.site.classes.inherits(symbol, ".LoginView"):
        return True
    if _gives_tokens(project, view):
        return not _limits_apis(project) or _switches_off(project, view)
    if _counts_in(project, view, _OF_SITE):
        return False
    if not re.search(r"log_?in|sign_?in", view.name, re.IGNORECASE):
        return False
    by_hand = (_takes_password(frozenset(f.node.words)) for _method, f in view.handlers)
    return any(by_hand) or any(_authenticates(project, form.symbol) for form in view.taken)


def _authenticates(project: Project, form: ClassSymbol) -> bool:
    """Whether a form asks who it is that logs in, and none of its methods counts what failed."""
    words = [method.words for method in project.site.classes.own_methods(form)]
    asks = any(_AUTHENTICATES.search(word) for one in words for word in one)
    return asks and not any(_COUNTER.search(word) for one in words for word in one)


_AUTHENTICATES = re.compile(r"(^|_)a?authenticate$")


def _takes_password(words: frozenset[str]) -> bool:
    """Whether a login by these words looks at a password, or has Django's own form or page do so."""
    if words & {"AuthenticationForm", "LoginView"}:
        return True
    begins = {"authenticate", "check_password", "session", "set_cookie"} & words
    return "password" in words and bool(begins or {"login", "POST"} <= words)


_COUNTER = re.compile(r"attempt|block|lock|fail|too_many|throttl|limit|tries", re.IGNORECASE)


_OF_SITE = frozenset({"cache", "caches", "incr", "objects", "redis"})


# who sends no cookie begins anew each time
_OF_VISITOR = frozenset({"session"})


def _counts_in(project: Project, view: View, where: frozenset[str]) -> bool:
    """Whether a view has functions of the site count what failed, and keep the number in one of some places."""
    for _method, function in view.handlers:
        code = project.code_of(function)
        for call in code.every(n.Call):
            if any(_COUNTER.search(tail(part)) for part in inside(call.func)):
                called = code.called_with(call, where)
                if called is not None and (
                    where is _OF_SITE or _OF_SITE.isdisjoint(called.node.words)
                ):
                    return True
    return False


# Views of APIs that answer a name and a password with a token
_TOKEN_VIEWS = (".ObtainAuthToken", ".TokenObtainPairView", ".TokenObtainSlidingView", ".obtain_auth_token",
                ".ObtainJSONWebToken", ".obtain_jwt_token")  # fmt: skip


def _gives_tokens(project: Project, view: View) -> bool:
    symbol = view.symbol
    if isinstance(symbol, ClassSymbol):
        return project.site.classes.inherits(symbol, *_TOKEN_VIEWS)
    return isinstance(symbol, External) and symbol.name.endswith(_TOKEN_VIEWS)


def _switches_off(project: Project, view: View) -> bool:
    """Whether a view leaves the limit of all APIs out: REST framework's own `ObtainAuthToken` does so."""
    symbol = view.symbol
    if not isinstance(symbol, ClassSymbol):
        return view.name.endswith((".ObtainAuthToken", ".obtain_auth_token"))
    own = project.site.classes.value(symbol, "throttle_classes")
    if own is None or own.value is None:
        return project.site.classes.inherits(symbol, ".ObtainAuthToken")
    return is_empty(own.value)


def _limits_apis(project: Project) -> bool:
    """Whether all APIs have a limit by the settings, or what it is could not be told."""
    found = reading(project, "REST_FRAMEWORK", {})
    if found is None or not isinstance(found.value, dict):
        return True
    return bool(found.value.get("DEFAULT_THROTTLE_CLASSES"))
