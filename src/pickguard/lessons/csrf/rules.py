"""CSRF rules that look at views and settings."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.effects import Effect
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.kit.code import tail
from pickguard.site.names import ClassSymbol, FunctionSymbol
from pickguard.site.routes import Route
from pickguard.site.values import UNKNOWN
from pickguard.site.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.lower import body
from pickguard.source.python.walk import expressions

_UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
_SIGNATURE_WORDS = frozenset(
    {
        "compare_digest",
        "constant_time_compare",
        "hmac",
        "signature",
        "verify",
        "verify_signature",
        "construct_event",
        "Authorization",
        "HTTP_AUTHORIZATION",
        "authenticate",
        "token",
        "TokenAuthentication",
        "check_token",
        "introspect",
        "oauth",
        "webhook_secret",
        "api_key",
        "unsign",
        "loads",
        "client_secret",
        "client_id",
    }
)


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
    for route, view in project.views():
        if view.csrf is not False or view.kind in ("api", "viewset", "library", "unknown"):
            continue
        if view.methods is not None and not _UNSAFE & set(view.methods):
            continue
        spot = _exempting_spot(project, route, view)
        if spot is None or (spot.path, spot.span) in seen:
            continue
        seen.add((spot.path, spot.span))
        effects = _first_effect(project, view)
        if _checks_a_signature(view):
            continue
        what = f": it {effects.what}" if effects else ""
        yield Hit(
            (spot,),
            f"`{view.name.rpartition('.')[2]}` is exempt from the CSRF check{what}",
            Confidence.HIGH if effects else Confidence.LOW,
            view.name,
            Severity.HIGH if effects else Severity.MEDIUM,
        )


def _exempting_spot(project: Project, route: Route, view: View) -> Spot | None:
    symbol = view.symbol
    for applied in view.guards:
        if applied.guard.csrf_exempt and applied.call is not None:
            return Spot(applied.module.path, applied.call.span)
    if isinstance(symbol, FunctionSymbol):
        for decorator in symbol.node.decorators:
            if "csrf_exempt" in (tail(decorator), tail(getattr(decorator, "func", None))):
                return Spot(symbol.module.path, decorator.span)
    if isinstance(symbol, ClassSymbol):
        method = project.site.classes.method(symbol, "dispatch")
        if method is not None:
            for decorator in method.node.decorators:
                if "csrf_exempt" in _names(decorator):
                    return Spot(method.module.path, decorator.span)
        for ancestor in project.site.classes.own_line(symbol):
            for decorator in ancestor.node.decorators:
                if "csrf_exempt" in _names(decorator):
                    return Spot(ancestor.module.path, decorator.span)
    if any(a.guard.csrf_exempt for a in view.guards):
        return Spot(route.module.path, route.span)
    return None


def _names(expression: n.Expr) -> set[str]:
    return {tail(node) for node in expressions([n.Do(expression.span, expression)])}


def _checks_a_signature(view: View) -> bool:
    return any(set(f.node.words) & _SIGNATURE_WORDS for f in _all_functions(view))


def _all_functions(view: View) -> Iterable[FunctionSymbol]:
    return (function for _method, function in view.handlers)


def _first_effect(project: Project, view: View) -> Effect | None:
    owner = view.symbol if isinstance(view.symbol, ClassSymbol) else None
    for method, function in view.handlers:
        if method not in ("get", "head", "options"):
            for effect in project.effects.of(function, owner=owner):
                return effect
    return None


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
    """Find production settings whose middleware has sessions but no CSRF check."""
    production = project.site.production
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
    """Find origins such as `https://*` or `https://*.com` among the trusted ones."""
    production = project.site.production
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
    """Whether an origin is `*` or a wildcard below nothing but a top-level or shared domain."""
    host = origin.rpartition("//")[2].partition(":")[0]
    if not host.startswith("*"):
        return False
    rest = host.lstrip("*").lstrip(".")
    shared = ("herokuapp.com", "github.io", "ngrok.io", "vercel.app", "netlify.app", "pages.dev")
    return "." not in rest or rest in shared


@rule(
    "csrf.write-on-get",
    title="a GET request changes state",
    areas=(Area.INTEGRITY,),
    cwe=(352, 650),
    severity=Severity.MEDIUM,
    gain="a link or an image on any page makes a visitor's browser change data; no token is asked for",
    mend="answer only POST (`@require_POST`) and send a form with a token",
)
def write_on_get(project: Project) -> Iterator[Hit]:
    """Find views that a GET reaches and that write rows on that way, each write told once."""
    found: dict[tuple[str, int], Hit] = {}
    for view, function, effect in _written_on_get(project):
        place = (effect.function.module.path, effect.span)
        hit = _get_hit(view, function, effect)
        known = found.get(place)
        found[place] = hit if known is None else replace(known, spots=(*known.spots, hit.spots[1]))
    yield from found.values()


def _written_on_get(project: Project) -> Iterator[tuple[View, FunctionSymbol, Effect]]:
    seen: set[FunctionSymbol] = set()
    for _route, view in (*project.views(), *project.site.admin_pages):
        owner = view.symbol if isinstance(view.symbol, ClassSymbol) else None
        for method, function in view.handlers:
            if function in seen or not _answers_get(view, method, function):
                continue
            seen.add(function)
            effect = _effect_on_get(project, function, owner)
            if effect is not None:
                yield view, function, effect


def _answers_get(view: View, method: str, function: FunctionSymbol) -> bool:
    if method == "any":
        return view.methods is None or "GET" in view.methods
    del function
    return method == "get" and view.kind != "library"


def _effect_on_get(
    project: Project, function: FunctionSymbol, owner: ClassSymbol | None
) -> Effect | None:
    words = set(function.node.words)
    if words & {"require_POST", "form_valid"} or words & _UNGUESSABLE:
        return None
    block = tuple(_without_method_guards(body(function.node)))
    for effect in project.effects.of(function, block, owner):
        if effect.what not in _HARMFUL or _is_bookkeeping(effect):
            continue
        if not set(effect.function.node.words) & _COMPARING:
            return effect
    return None


# A link that carries one of these cannot be made by somebody else
_UNGUESSABLE = frozenset({"token", "check_token", "unsign", "signature", "signing", "secret"})
# Nor one whose value the function that writes compares with a secret
_COMPARING = frozenset({"constant_time_compare", "compare_digest", "check_token", "unsign"})
_HARMFUL = frozenset(
    {
        "deletes rows",
        "deletes a row",
        "writes rows",
        "saves a row",
        "sends mail",
        "logs the user out",
    }
)
_BOOKKEEPING = (
    "log", "audit", "track", "visit", "history", "seen", "stat", "count", "cache", "session",
    "hit", "view", "last_", "touch", "get_or_create", "ensure", "activity", "metric", "read",
    "init", "default", "sync", "refresh", "token", "state", "notif", "middleware", "download", "thumb",
)  # fmt: skip


def _is_bookkeeping(effect: Effect) -> bool:
    """Whether the write only notes that the page was looked at, by the names on the way."""
    names_on_way = [function for function, _span in effect.path[1:]]
    names = [effect.receiver, *(function.node.name for function in names_on_way)]
    if effect.path:
        names.append(effect.function.node.name)
    text = " ".join(names).lower()
    if effect.what.startswith("logs"):
        return False
    if effect.what.startswith("deletes"):
        return any(word in text for word in ("cache", "session", "token", "expire", "temp"))
    if any(function.node.name.startswith("get_") for function in (*names_on_way, effect.function)):
        return effect.path != ()  # what was worked out is kept for the next time
    return any(word in text for word in _BOOKKEEPING)


def _without_method_guards(block: tuple[n.Stmt, ...]) -> Iterator[n.Stmt]:
    """Yield the statements that a GET reaches at the top of a view."""
    for statement in block:
        if isinstance(statement, n.If):
            verdict = _asks_for_post(statement.test)
            if verdict is None:
                body_part = tuple(_without_method_guards(statement.body))
                other = tuple(_without_method_guards(statement.other))
                yield n.If(statement.span, statement.test, body_part, other)
                continue
            reached = statement.other if verdict else statement.body
            yield from _without_method_guards(reached)
            if _ends(reached):
                return
        elif isinstance(statement, n.With):
            inner = tuple(_without_method_guards(statement.body))
            yield n.With(statement.span, statement.items, inner)
        elif isinstance(statement, n.Try):
            yield _without_guards_in_try(statement)
        else:
            yield statement


def _without_guards_in_try(statement: n.Try) -> n.Try:
    def left(block: tuple[n.Stmt, ...]) -> tuple[n.Stmt, ...]:
        return tuple(_without_method_guards(block))

    handlers = tuple(n.Handler(h.type, h.name, left(h.body)) for h in statement.handlers)
    return n.Try(
        statement.span,
        left(statement.body),
        handlers,
        left(statement.other),
        left(statement.final),
    )


def _ends(block: tuple[n.Stmt, ...]) -> bool:
    return bool(block) and isinstance(block[-1], n.Return | n.Raise)


def _asks_for_post(test: n.Expr) -> bool | None:
    """Tell `request.method == "POST"` (True) from `!= "POST"` and `== "GET"` (False)."""
    if isinstance(test, n.Logic) and test.op == "and":
        verdicts = [_asks_for_post(value) for value in test.values]
        return True if True in verdicts else None
    if isinstance(test, n.Unary) and test.op == "not":
        inner = _asks_for_post(test.operand)
        return None if inner is None else not inner
    if isinstance(test, n.Attr) and test.name in ("POST", "FILES", "data"):
        return True
    if isinstance(test, n.Call) and tail(test.func) in ("is_valid", "get"):
        holder = test.func.value if isinstance(test.func, n.Attr) else None
        return True if isinstance(holder, n.Attr) and holder.name == "POST" else _form_valid(test)
    if isinstance(test, n.Name) and "post" in test.id.lower():
        return True
    return _method_compared(test)


def _form_valid(test: n.Call) -> bool | None:
    return True if tail(test.func) == "is_valid" else None


def _method_compared(test: n.Expr) -> bool | None:
    if not isinstance(test, n.Compare) or len(test.rights) != 1:
        if isinstance(test, n.Compare) and any(
            isinstance(r, n.Attr) and r.name == "POST" for r in test.rights
        ):
            return True
        return None
    right, op = test.rights[0], test.ops[0]
    if isinstance(right, n.Attr) and right.name in ("POST", "FILES") and op == "in":
        return True
    if tail(test.left) != "method":
        return None
    values = [right] if isinstance(right, n.Const) else list(getattr(right, "items", ()))
    texts = {v.value for v in values if isinstance(v, n.Const)}
    is_unsafe = bool(texts) and not texts & {"GET", "HEAD", "OPTIONS"}
    return is_unsafe if op in ("==", "in", "is") else not is_unsafe


def _weight(effect: Effect) -> Severity | None:
    if effect.what.startswith("deletes"):
        return Severity.HIGH
    return Severity.LOW if effect.what.startswith("logs") else None


def _get_hit(view: View, function: FunctionSymbol, effect: Effect) -> Hit:
    spots = [Spot(effect.function.module.path, effect.span, effect.what)]
    spots.append(Spot(function.module.path, function.node.span, "answers a GET"))
    flow = [Spot(step.module.path, span, f"`{step.node.name}` calls") for step, span in effect.path]
    if effect.path:
        flow.append(Spot(effect.function.module.path, effect.span, effect.what))
    is_near = len(effect.path) <= 1
    return Hit(
        tuple(spots),
        f"a GET of `{view.name.rpartition('.')[2]}` {effect.what}",
        Confidence.MEDIUM if is_near else Confidence.LOW,
        function.name,
        _weight(effect),
        tuple(flow),
    )


@rule(
    "csrf.api-without-check",
    title="an API takes the session cookie and asks for no token",
    areas=(Area.INTEGRITY,),
    cwe=(352,),
    severity=Severity.HIGH,
    gain="any page on the web can make a visitor's browser call the API in the visitor's name",
    mend="remove the override; clients send the token in `X-CSRFToken`, or use token authentication",
)
def api_without_check(project: Project) -> Iterator[Hit]:
    """Find subclasses of DRF's `SessionAuthentication` whose `enforce_csrf` does nothing."""
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
