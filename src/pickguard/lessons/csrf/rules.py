"""CSRF rules that look at views and settings."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.bodies.effects import Effect
from pickguard.flow.catalog import SinkKind
from pickguard.kit import Code, Hit, Project, Spot, rule
from pickguard.kit.around import decorators
from pickguard.kit.calls.storages import is_of_storage
from pickguard.kit.code import argument, tail, text
from pickguard.kit.gone_through import acts_for_nobody, asked
from pickguard.kit.values.sinks import sunk
from pickguard.lessons.csrf.api_cookies import known_by_cookie
from pickguard.lessons.csrf.file_deletions import DELETES_FILE, file_deletion
from pickguard.lessons.csrf.header_guards import demands_header
from pickguard.lessons.csrf.signatures import checks_the_token, is_signed
from pickguard.lessons.csrf.switching_off import switching_off
from pickguard.site.symbols.modules import Module
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.symbols.unknown import UNKNOWN
from pickguard.site.urls.routes import Route
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions

_UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
# A stranger's page sends its own, and the visitor goes on in the stranger's session
_CREDENTIALS = frozenset({"authenticate", "check_password"})


@rule(
    "csrf.exempt-view",
    title="a view that changes state is exempt from the CSRF check",
    areas=(Area.INTEGRITY,),
    cwe=(352,),
    severity=Severity.HIGH,
    gain="any page on the web can make a visitor's browser send this request in the visitor's name",
    mend="remove `csrf_exempt`; for a webhook, check a signature instead and say so",
)
def exempt_view(project: Project) -> Iterator[Hit]:
    """Find views that are exempt, change something, and check no signature or token instead."""
    seen: set[tuple[str, int]] = set()
    for route, view in (*project.views(), *project.site.waiting):
        if view.csrf is not False or view.kind in ("api", "viewset", "library", "unknown"):
            continue
        if view.methods is not None and not _UNSAFE & set(view.methods):
            continue
        spot = _exempting_spot(project, route, view)
        if spot is None or (spot.path, spot.span) in seen:
            continue
        seen.add((spot.path, spot.span))
        effects = list(_effects(project, view))
        logs_in = any(effect.what == "logs a user in" for effect in effects)
        if is_signed(project, route, view, _CREDENTIALS if logs_in else frozenset()):
            continue
        if checks_the_token(project, view) or demands_header(asked(project, view)):
            continue
        runs = "" if effects else _runs(project, view) or _edits(project, view)
        does = effects[0].what if effects else runs
        changes = bool(does) and not (logs_in and is_signed(project, route, view))
        for_nobody = effects and not logs_in and acts_for_nobody(project, view)
        yield Hit(
            (spot,),
            f"`{view.name.rpartition('.')[2]}` is exempt from the CSRF check{f': it {does}' if does else ''}"
            f"{', whoever asks' if for_nobody else ''}",
            Confidence.HIGH if changes else Confidence.MEDIUM if does else Confidence.LOW,
            view.name,
            Severity.HIGH if changes and not for_nobody else Severity.MEDIUM,
            gain=_FOR_NOBODY if for_nobody else "",
        )


_FOR_NOBODY = (
    "any page on the web has its visitors send this, from addresses that no limit and no ban knows"
)


def _edits(project: Project, view: View) -> str:
    """Return what a generic view of Django's does to a POST by itself, or an empty text."""
    symbol = view.symbol
    if not isinstance(symbol, ClassSymbol) or any(method == "post" for method, _f in view.handlers):
        return ""
    classes = project.site.classes
    return next((does for base, does in _EDITING.items() if classes.inherits(symbol, base)), "")


_EDITING = {
    ".DeleteView": "deletes a row",
    ".CreateView": "saves a form",
    ".UpdateView": "saves a form",
}


def _runs(project: Project, view: View) -> str:
    """Return that a view runs what was sent on the machine of the site, or keeps it; an empty text otherwise."""
    for method, function in view.handlers:
        if method in ("get", "head", "options"):
            continue
        code = project.code_of(function)
        for kind, does in _RUNS.items():
            if any(code.origin(found.value).is_browser for found in sunk(code, kind)):
                return does
        evaluated = (call.args[0] for call in code.calls("eval", "exec") if call.args)
        if any(code.origin(value).is_browser for value in evaluated):
            return "runs code"
        if "FILES" in code.words and any(map(_stores_upload, code.reached(_STEPS_TO_FILE))):
            return "stores a file"
        if file_deletion(code) is not None:
            return DELETES_FILE
    return ""


def _stores_upload(code: Code) -> bool:
    """Whether code gives an upload to a storage, `default_storage.save(name, upload)`, or writes a file itself."""
    if any(map(is_of_storage, code.calls("save"))):
        return True
    modes = (text(argument(call, 1, "mode")) for call in code.calls("open"))
    return any(mode is not None and mode[:1] in _WRITING for mode in modes)


_STEPS_TO_FILE = 2
_WRITING = ("w", "a", "x")


_RUNS = {
    SinkKind.SHELL: "runs a command",
    SinkKind.CODE: "runs code",
    SinkKind.UNPICKLED: "runs code",
}


def _exempting_spot(project: Project, route: Route, view: View) -> Spot | None:
    exempting = [applied for applied in view.guards if applied.guard.csrf_exempt]
    if not exempting:
        return None
    for applied in exempting:
        if applied.call is not None:
            return Spot(applied.module.path, applied.call.span)
    names = {"csrf_exempt", *(applied.name for applied in exempting)}
    for module, decorator in _decorators(project, view):
        if names & _names(decorator):
            return Spot(module.path, decorator.span)
    return Spot(route.module.path, route.span)


def _decorators(project: Project, view: View) -> Iterator[tuple[Module, n.Expr]]:
    """Yield what stands on a view: on its function, its `dispatch`, its class and the classes above."""
    symbol = view.symbol
    if isinstance(symbol, FunctionSymbol):
        yield from ((symbol.module, decorator) for decorator in decorators(project, symbol))
    if isinstance(symbol, ClassSymbol):
        dispatch = project.site.classes.method(symbol, "dispatch")
        if dispatch is not None:
            yield from ((dispatch.module, decorator) for decorator in dispatch.node.decorators)
        for ancestor in project.site.classes.own_line(symbol):
            yield from ((ancestor.module, decorator) for decorator in ancestor.node.decorators)


def _names(expression: n.Expr) -> set[str]:
    return {tail(node) for node in expressions([n.Do(expression.span, expression)])}


def _effects(project: Project, view: View) -> Iterator[Effect]:
    owner = view.symbol if isinstance(view.symbol, ClassSymbol) else None
    for method, function in view.handlers:
        if method not in ("get", "head", "options"):
            yield from project.effects.of(function, owner=owner)


@rule(
    "csrf.no-middleware",
    title="the CSRF middleware is missing",
    areas=(Area.INTEGRITY,),
    cwe=(352,),
    severity=Severity.HIGH,
    gain="any page on the web can make a visitor's browser change data in the visitor's name",
    mend="put `django.middleware.csrf.CsrfViewMiddleware` back into `MIDDLEWARE`",
)
def no_middleware(project: Project) -> Iterator[Hit]:
    """Find production settings whose middleware has sessions but no CSRF check, or switches it off."""
    yield from switching_off(project)
    production = project.production
    setting = production.values.get("MIDDLEWARE") if production else None
    if setting is None or not isinstance(setting.default, list | tuple):
        return
    names = [item for item in setting.default if isinstance(item, str)]
    if UNKNOWN in setting.default or not any(x.endswith("SessionMiddleware") for x in names):
        return
    if any("csrf" in name.lower() for name in names):
        return
    if any(_inherits_csrf(project, name) for name in names):
        return
    yield Hit(
        (project.setting_spot(setting),),
        "`MIDDLEWARE` has sessions but no `CsrfViewMiddleware`",
        symbol="MIDDLEWARE",
    )


def _inherits_csrf(project: Project, name: str) -> bool:
    symbol = project.site.names.dotted(name)
    return isinstance(symbol, ClassSymbol) and project.site.classes.inherits(
        symbol, "CsrfViewMiddleware"
    )


@rule(
    "csrf.wildcard-origin",
    title="a wildcard among the trusted origins",
    areas=(Area.INTEGRITY,),
    cwe=(352, 183),
    severity=Severity.MEDIUM,
    gain="whoever can put a page on any matching host can send requests in a visitor's name",
    mend="name each trusted origin in `CSRF_TRUSTED_ORIGINS`",
)
def wildcard_origin(project: Project) -> Iterator[Hit]:
    """Find origins such as `https://*.com` among the trusted ones; `*` alone trusts nobody."""
    production = project.production
    setting = production.values.get("CSRF_TRUSTED_ORIGINS") if production else None
    if setting is None or not isinstance(setting.default, list | tuple):
        return
    for origin in setting.default:
        if isinstance(origin, str) and _is_wide(origin):
            yield Hit(
                (project.setting_spot(setting),),
                f"`CSRF_TRUSTED_ORIGINS` trusts `{origin}`",
                symbol="CSRF_TRUSTED_ORIGINS",
            )


def _is_wide(origin: str) -> bool:
    """Whether an origin is a wildcard below nothing but a top-level or shared domain."""
    host = origin.rpartition("//")[2].partition(":")[0]
    rest = host.lstrip("*").lstrip(".")
    if not host.startswith("*") or not rest:
        return False
    shared = ("herokuapp.com", "github.io", "ngrok.io", "vercel.app", "netlify.app", "pages.dev")
    return "." not in rest or rest in shared


@rule(
    "csrf.api-without-check",
    title="an API takes a cookie and asks for no token",
    areas=(Area.INTEGRITY,),
    cwe=(352,),
    severity=Severity.HIGH,
    gain="any page on the web can make a visitor's browser call the API in the visitor's name",
    mend="remove the override; clients send the token in `X-CSRFToken`, or use token authentication",
)
def api_without_check(project: Project) -> Iterator[Hit]:
    """Find subclasses of DRF's `SessionAuthentication` whose `enforce_csrf` does nothing, and tokens in cookies."""
    yield from known_by_cookie(project)
    for symbol in project.site.classes.of_kind("authentication"):
        method = project.site.names.own_member(symbol, "enforce_csrf")
        if isinstance(method, FunctionSymbol) and _does_nothing(method):
            yield Hit(
                (Spot(method.module.path, method.node.span),),
                f"`{symbol.node.name}` accepts the session cookie without a CSRF token",
                Confidence.HIGH,
                method.name,
            )


def _does_nothing(method: FunctionSymbol) -> bool:
    return not any(isinstance(node, n.Call) for node in expressions(body(method.node)))
