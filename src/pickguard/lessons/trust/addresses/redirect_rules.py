"""Trust rules about addresses: where a redirect goes."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.catalog import SinkKind
from pickguard.flow.expressions.requested import ANY_PATH, OWN_PATH, POSTED, REFERER
from pickguard.flow.stored.kept import is_of_session
from pickguard.flow.values.origin import UNKNOWN, Origin
from pickguard.kit import Code, Hit, Project, code_rule
from pickguard.kit.calls.redirects import REDIRECT_CLASSES, REDIRECTS
from pickguard.kit.code import argument, tail, text
from pickguard.kit.templates.contexts import WORDS
from pickguard.kit.values.sinks import sunk
from pickguard.lessons.trust.addresses.posted_targets import is_the_senders_own
from pickguard.lessons.trust.addresses.refresh_pages import refreshed_to
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol, methods_of
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path, receiver_of
from pickguard.source.python.walk import inside

# what Django's views ask for the address that they lead to
_METHODS = frozenset({"get_success_url", "get_redirect_url"})
# and those that allauth asks its adapters for
_ADAPTERS = frozenset(
    {
        "get_login_redirect_url",
        "get_logout_redirect_url",
        "get_signup_redirect_url",
        "get_password_change_redirect_url",
        "get_email_verification_redirect_url",
        "get_connect_redirect_url",
    }
)
_HEADERS = frozenset({"Location", "HX-Redirect", "HX-Location"})
_REDIRECTS = (*REDIRECTS, "response_redirect_class", "HttpResponseClientRedirect")
_OWN_ADDRESSES = (
    "reverse",
    "get_absolute_url",
    "build_absolute_uri",
    "get_host",
    "escape_leading_slashes",
)
_HOST_CHECKS = ("url_has_allowed_host_and_scheme", "is_safe_url", "get_safe_redirect_url")
_HOST_MATCHES = "validate_host"


@code_rule(
    "trust.open-redirect",
    words=(
        *_REDIRECTS,
        *_HOST_CHECKS,
        _HOST_MATCHES,
        *_METHODS,
        *_ADAPTERS,
        "GET",
        "POST",
        "response",
        "success_url",
        "kwargs",
        "cleaned_data",
        "__init__",
        *WORDS,
    ),
    sinks=(SinkKind.REDIRECT,),
    title="the browser names the address of a redirect",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(601,),
    severity=Severity.MEDIUM,
    gain="a link to your site leads to a copy of your login page somewhere else",
    mend="check it with `url_has_allowed_host_and_scheme(url, allowed_hosts={request.get_host()})`",
)
def open_redirect(code: Code) -> Iterator[Hit]:
    """Find redirects to what the request says, with no check of the host."""
    if code.words.isdisjoint(WORDS) and not _is_telling(code):
        return
    yield from _approving_themselves(code)
    yield from _approving_any(code)
    clears = (*_OWN_ADDRESSES, *_HOST_CHECKS, *code.clears(SinkKind.REDIRECT))
    if _is_middleware(code):
        clears = (*clears, ANY_PATH)
    for node, target, what in _redirects(code):
        origin = code.beginning(target, *clears)
        if origin.is_browser and _is_lesser(origin):
            origin = _worst(code, target, clears)
        if _is_only_own(origin) or not _is_sent(origin):
            continue
        if not _is_own_path(origin) or (_is_middleware(code) and _begins_with_path(code, target)):
            yield Hit(
                (code.spot(node),),
                f"{what} goes where the browser says",
                _sureness(code, origin),
                code.symbol,
                flow=code.flow(origin, node, "is the address of the redirect"),
                gain=_CARRIED if origin.is_posted else "",
                cause=code.cause(origin),
            )


_CARRIED = (
    "a link that opens the form with an address filled in sends whoever submits it somewhere else"
)


def _is_sent(origin: Origin) -> bool:
    """Whether the browser has sent an address, now or with a request before: the session kept it, or a row."""
    if origin.is_browser:
        return True
    return bool(origin.writer) and (is_of_session(origin) or _is_next_of_link(origin))


def _is_next_of_link(origin: Origin) -> bool:
    """Whether it is where a row says that its visitor goes on to, which code took out of a link: `login.next_url`.

    An address that somebody types into a form of the site's own is meant to lead elsewhere.
    """
    is_by_function = origin.writer.strip("`").rpartition(".")[2][:1].islower()
    return origin.is_stored and is_by_function and bool(_NEXT.match(tail(origin.source)))


_NEXT = re.compile(
    r"^(next(_(url|page|path|to))?|(redirect|continue)(_(url|path|to))?|return_(to|url|path)|back_url)$"
)


def _sureness(code: Code, origin: Origin) -> Confidence:
    if _is_referer(origin) or _may_be_checked(_reading(code, origin), origin.source):
        return Confidence.LOW
    if origin.is_posted and is_the_senders_own(code, origin):
        return Confidence.LOW
    is_at_once = origin.is_browser and tail(origin.source) not in _CLEANED
    return Confidence.HIGH if is_at_once else Confidence.MEDIUM


def _reading(code: Code, origin: Origin) -> Code:
    """Return the code that reads what a form has let through: another function may have handed it on."""
    source, first = origin.source, origin.steps[0] if origin.steps else None
    if source is None or first is None or tail(source) not in _CLEANED:
        return code
    for function in code.project.flow.callers.holding(tail(source)):
        there = code.project.code_of(function) if function.module.path == first.path else None
        if there is not None and any(one.span == source.span for one in there.every(n.Attr)):
            return there
    return code


def _may_be_checked(code: Code, source: n.Expr | None) -> bool:
    """Whether a form, or a serializer, has let an address through that may look at it: not as one of its own."""
    if tail(source) not in _CLEANED or not isinstance(source, n.Attr):
        return False
    found = code.type_of(source.value, source)
    if found is None or found.model is not None:
        return True
    classes = code.project.site.classes
    if any(
        word.startswith("validat")
        for one in classes.own_line(found.symbol)
        for word in one.node.words
    ):
        return True
    methods = (m for one in classes.own_line(found.symbol) for m in methods_of(one))
    looking = [
        method
        for method in methods
        if method.node.name.startswith(_CHECKING) and any(map(_LOOKS.search, method.node.words))
    ]
    return any(not _asks_for_scheme_alone(code.project, method) for method in looking)


def _asks_for_scheme_alone(project: Project, method: FunctionSymbol) -> bool:
    """Whether a check, and what it calls, asks an address for its scheme, and says nothing of hosts."""
    words = {word for one in project.code_of(method).reached(1) for word in one.words}
    schemes = {word for word in words if "scheme" in word}
    return bool(schemes) and not any(map(_HOSTS.search, words - schemes))


_HOSTS = re.compile(
    r"netloc|host|startswith|match|search|allow|safe|intern|local|^valid(?!ation)|^is_valid",
    re.IGNORECASE,
)


_CLEANED = frozenset({"cleaned_data", "validated_data"})
_CHECKING = ("clean", "validate", "to_internal_value", "to_python")
# What a method that only tidies a value up has no use for
_LOOKS = re.compile(
    r"error|fail|raise|parse|split|startswith|netloc|match|search|super|valid|check|safe|allow|host|internal|local",
    re.IGNORECASE,
)


_TELLING = frozenset(
    (*_REDIRECTS, *_HOST_CHECKS, _HOST_MATCHES, "GET", "POST", "response", "success_url")
)


def _tells_address(code: Code) -> bool:
    """Whether it is a method that a view or an adapter is asked for the address to go to."""
    return code.function is not None and code.function.node.name in _METHODS | _ADAPTERS


def _approving_themselves(code: Code) -> Iterator[Hit]:
    """Yield the checks of an address that are told to allow the host which it names itself."""
    for call in code.calls("url_has_allowed_host_and_scheme", "is_safe_url"):
        checked = access_path(call.args[0]) if call.args else ""
        allowed = argument(call, 1, "allowed_hosts")
        if checked and allowed is not None and _comes_from(code, allowed, checked):
            yield Hit(
                (code.spot(call),),
                f"the host that `{checked}` names is allowed here, so every address passes",
                Confidence.HIGH,
                code.symbol,
            )


def _approving_any(code: Code) -> Iterator[Hit]:
    """Yield `validate_host(urlsplit(url).netloc, settings.ALLOWED_HOSTS)`: a `*` there means every host."""
    for call in code.calls(_HOST_MATCHES):
        host, allowed = argument(call, 0, "host"), argument(call, 1, "allowed_hosts")
        if allowed is None or not _is_of_address(code, host) or not _approves(code, call):
            continue
        hosts = _all_hosts(code, allowed)
        if hosts is None:
            continue
        yield Hit(
            (code.spot(call), code.spot(hosts, "all that the site answers to")),
            "where `ALLOWED_HOSTS` is `*`, the host of every address passes",
            Confidence.MEDIUM,
            code.symbol,
        )


def _approves(code: Code, call: n.Call) -> bool:
    """Whether code tells by a call if an address may be led to: it returns it, or checks the rest as well."""
    if not code.words.isdisjoint(_HOST_CHECKS):
        return True
    return any(part is call for value in code.returned for part in inside(value))


def _is_of_address(code: Code, host: n.Expr | None) -> bool:
    """Whether a host was taken out of an address: `urlsplit(url).netloc`."""
    return any(
        tail(part) in ("netloc", "hostname") for made in code.made(host) for part in inside(made)
    )


def _all_hosts(code: Code, allowed: n.Expr) -> n.Expr | None:
    """Return what takes into a set of hosts those that the site answers to, the `*` among them."""
    production = code.project.production
    hosts = production.get("ALLOWED_HOSTS") if production is not None else None
    is_known = isinstance(hosts, list | tuple) and "*" not in hosts
    if is_known or any(text(node) == "*" for node in code.every(n.Const)):
        return None
    parts = (part for made in code.made(allowed) for part in inside(made))
    return next((p for p in parts if isinstance(p, n.Attr) and p.name == "ALLOWED_HOSTS"), None)


def _comes_from(code: Code, node: n.Expr, path: str) -> bool:
    """Whether a value is made from a path: itself, or what a name in it was given."""
    for part in inside(node):
        if access_path(part) == path:
            return True
        assigned = code.body.assigned.get(part.id, ()) if isinstance(part, n.Name) else ()
        held = (value for value, span in assigned if span < node.span)
        if any(access_path(inner) == path for value in held for inner in inside(value)):
            return True
    return False


def _is_telling(code: Code) -> bool:
    told = (_TELLING, code.project.once(_own_redirects))
    if not all(map(code.words.isdisjoint, told)):
        return True
    return _tells_address(code) or _makes_answer(code)


def _own_redirects(project: Project) -> frozenset[str]:
    """Return the names of a site's own kinds of redirects: `class SeeOther(HttpResponseRedirect)`."""
    classes = project.site.classes
    return frozenset(
        one.node.name
        for one in classes.all
        if "django" in one.module.record.words and classes.inherits(one, *REDIRECT_CLASSES)
    )


def _makes_answer(code: Code) -> bool:
    """Whether it makes an answer of the project's own kind, which may lead somewhere itself."""
    if code.function is None or code.owner is None or code.function.node.name != "__init__":
        return False
    return code.project.site.classes.inherits(code.owner, "HttpResponse")


def _redirects(code: Code) -> Iterator[tuple[n.Expr, n.Expr, str]]:
    """Yield what leads somewhere, the address, and how it is told."""
    if not code.words.isdisjoint(WORDS):
        yield from ((value, value, "the page") for value in refreshed_to(code))
    if not _is_telling(code):
        return
    # an answer that nobody returns leads nowhere
    dropped = {id(one.value) for one in code.statements if isinstance(one, n.Do)}
    for call in code.calls(*_REDIRECTS, *code.project.once(_own_redirects)):
        target = argument(call, 0, "redirect_to", "to")
        if target is not None and id(call) not in dropped and not _is_of_another(code, call.func):
            yield call, target, f"`{tail(call.func)}(…)`"
    for found in sunk(code, SinkKind.REDIRECT):
        if id(found.call) not in dropped:
            yield found.call, found.value, f"`{tail(found.call.func)}(…)`"
    for value in (*_locations(code), *_answers(code)):
        yield value, value, "the redirect"


def _is_of_another(code: Code, func: n.Expr) -> bool:
    """Whether an object that is not known is told to redirect: a login, a browser in a test.

    A function of the site by that name is looked at where it stands.
    """
    if isinstance(func, n.Name) and isinstance(code.resolve(func), FunctionSymbol):
        return True
    if not isinstance(func, n.Attr) or isinstance(func.value, n.Name):
        return False
    return tail(func.value) not in ("self", "cls") and code.resolve(func) is None


def _locations(code: Code) -> Iterator[n.Expr]:
    """Yield what the header `Location` is set to, or one of htmx, and the address that a view leads to next."""
    for statement in code.statements:
        if isinstance(statement, n.Assign):
            for target in statement.targets:
                if isinstance(target, n.Index) and text(target.index) in _HEADERS:
                    yield statement.value
                if isinstance(target, n.Attr) and _is_next_page(code, target):
                    yield statement.value
    for call in code.every(n.Call):
        headers = argument(call, -1, "headers")
        if isinstance(headers, n.Mapping) and code.is_from(call.func, "django.http"):
            pairs = zip(headers.keys, headers.values, strict=True)
            yield from (value for key, value in pairs if text(key) in _HEADERS)


def _is_next_page(code: Code, target: n.Attr) -> bool:
    """Whether it is where a view leads: `self.success_url`, or the `self.url` of a `RedirectView`."""
    if tail(target.value) != "self" or code.owner is None:
        return False
    classes = code.project.site.classes
    if target.name == "url":
        return classes.inherits(code.owner, "RedirectView")
    return target.name == "success_url" and "view" in classes.kinds(code.owner)


def _answers(code: Code) -> Iterator[n.Expr]:
    """Yield the address that a method of a view or an adapter returns, which leads there itself."""
    function, owner = code.function, code.owner
    if function is None or owner is None or not _tells_address(code):
        return
    classes = code.project.site.classes
    asked = (
        classes.inherits(owner, "AccountAdapter")
        if function.node.name in _ADAPTERS
        else _is_of_view(code, owner) and _is_asked(code, function, owner)
    )
    if asked:
        for statement in code.statements:
            if isinstance(statement, n.Return) and statement.value is not None:
                yield statement.value


def _is_asked(code: Code, function: FunctionSymbol, owner: ClassSymbol) -> bool:
    """Whether Django asks a method: it hands nothing over but what a `RedirectView` was reached by."""
    if code.project.site.classes.inherits(owner, "RedirectView"):
        return True
    given = [p for p in function.node.params[1:] if p.kind == "positional" and p.default is None]
    return all(param.name in ("request", "form") for param in given)


def _is_of_view(code: Code, owner: ClassSymbol) -> bool:
    """Whether a class is a view, or a mixin that a view is made of: of this site's, or of one that installs it."""
    classes = code.project.site.classes
    heirs = tuple(classes.subclasses.get(owner, ()))[:_HEIR_LIMIT]
    is_alone = not heirs and all(tail(base) == "object" for base in owner.node.bases)
    if is_alone and owner.node.name.endswith("Mixin"):
        return True
    return any("view" in classes.kinds(one) for one in (owner, *heirs))


_HEIR_LIMIT = 12


def _is_middleware(code: Code) -> bool:
    """Whether the code sees every path, also one that begins with two slashes: another host.

    One that asks for the view that was found sees only those that a route fits.
    """
    if "resolver_match" in code.words:
        return False
    name = code.symbol.rpartition(".")[2]
    return name in OF_MIDDLEWARE or _is_called_by_middleware(code, name)


OF_MIDDLEWARE = frozenset({"process_request", "process_response", "__call__"})
"""Methods of a middleware that see every request, whatever it is for."""
# what Django calls only where a route fits
_OF_ROUTES = frozenset({"process_view", "process_exception", "process_template_response"})


def _is_called_by_middleware(code: Code, name: str) -> bool:
    """Whether it is another method of a middleware, which is not left to the views that were found."""
    classes = code.project.site.classes
    if code.owner is None or name in _OF_ROUTES or not classes.is_middleware(code.owner):
        return False
    of_views = classes.method(code.owner, "process_view")
    return of_views is None or name not in of_views.node.words


def _begins_with_path(code: Code, target: n.Expr) -> bool:
    """Whether an address may begin with the path as it was asked for: behind a host it leads nowhere else.

    Nor does a path that a route fits, or one that is asked for a beginning of its own: `path.startswith("/api")`.
    """
    asked = (
        c.args[0] for c in code.calls("startswith") if c.args and tail(receiver_of(c)) in _PATHS
    )
    if "resolve" in code.words or any((text(beginning) or "").strip("/") for beginning in asked):
        return False
    if code.owner is not None:
        methods = tuple(code.project.site.classes.own_methods(code.owner))
        calling = (method for method in methods if code.symbol.rpartition(".")[2] in method.words)
        if any("resolve" in method.words for method in calling):
            return False
        if any("escape_leading_slashes" in method.words for method in methods):
            return False
    return any(_is_path_first(code, made) for made in code.made(target))


def _is_path_first(code: Code, made: n.Expr) -> bool:
    first = made
    while isinstance(first, n.Binary) and first.op == "+":
        first = first.left
    if isinstance(first, n.Joined):
        first = first.parts[0]
    if isinstance(first, n.Formatted):
        first = first.value
    return first is made or any(
        tail(part) in _PATHS for begun in code.made(first) for part in inside(begun)
    )


_PATHS = frozenset({"path", "path_info", "get_full_path", "get_full_path_info"})


def _is_referer(origin: Origin) -> bool:
    """Whether it goes back to where the visitor came from: only that page can name another one."""
    parts = inside(origin.source) if origin.source is not None else ()
    return any((text(part) or "").upper() in ("HTTP_REFERER", "REFERER") for part in parts)


def _is_only_own(origin: Origin) -> bool:
    """Whether the source is a header that no link and no page of another site sets: `META["HTTP_REFERRER"]`."""
    parts = list(inside(origin.source)) if origin.source is not None else []
    if not any(isinstance(part, n.Attr) and part.name in ("META", "headers") for part in parts):
        return False
    names = [name.upper() for part in parts if (name := text(part))]
    return bool(names) and names[0] not in _OF_LINKS and names[0].startswith(("HTTP_", "X-", "HX-"))


# what another page decides, by where it leads and by being where the visitor was
_OF_LINKS = frozenset(
    {"HTTP_REFERER", "REFERER", "HTTP_HOST", "HTTP_X_FORWARDED_HOST", "X-FORWARDED-HOST"}
)


def _is_own_path(origin: Origin) -> bool:
    """Whether the source is the request's own path, which begins with one slash."""
    parts = list(inside(origin.source)) if origin.source is not None else []
    names = {part.name if isinstance(part, n.Attr) else text(part) for part in parts}
    return not names.isdisjoint(_SAY_PATH)


_SAY_PATH = ("path", "path_info", "get_full_path", "build_absolute_uri", "PATH_INFO")


def _is_lesser(origin: Origin) -> bool:
    return _is_referer(origin) or _is_only_own(origin) or _is_own_path(origin) or origin.is_posted


def _worst(code: Code, target: n.Expr, clears: tuple[str, ...]) -> Origin:
    """Return where an address comes from: what a link can say first, then what is not sent so easily."""
    found = (
        code.beginning(target, *_LEFT_OUT[number:], *clears) for number in range(len(_LEFT_OUT) + 1)
    )
    return next((origin for origin in found if origin.is_browser), UNKNOWN)


_LEFT_OUT = (POSTED, REFERER, OWN_PATH)
