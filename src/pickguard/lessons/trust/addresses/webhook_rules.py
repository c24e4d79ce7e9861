"""Trust rules about messages of other sites: who sent them."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, Project, Spot, rule
from pickguard.kit.code import effect_spot
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.urls.routes import Route
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import entry_of, given_to, is_true, tail, text
from pickguard.source.python.walk import inside

_HOOK = re.compile(
    r"web_?hook|(^|[_/])(ipn|hooks?)([_/]|$)|pay(ment)?[_/-]?(callback|notif\w*)", re.IGNORECASE
)
_BODY = frozenset({"body", "POST", "data"})
# Something of the sender's is verified, or the message only says what to ask the sender about
_PROVES = re.compile(
    r"sign(?!als?$|up|in$|ed_?up)|hmac|secret|verif|digest|compare|token|construct_event|construct_from|auth|api_?key"
    r"|key$|password|(^|_)ip(s|_|$)|remote_addr|allow|trust|valid|check(?!out)|permission|retrieve|fetch|requests$|jw[ts]|decode_"
    r"|decrypt|nonce|hash|credential|challenge|uuid|secure|ensure|protect",
    re.IGNORECASE,
)
# What a method is handed that may look at the signature of a message
_RAW = frozenset({"request", "headers", "body", "raw", "raw_body", "signature", "sig"})
_COMPARES = re.compile(
    r"sign(?!als?$|up|in$|ed_?up)|hmac|secret|verif|digest|compare|password", re.IGNORECASE
)
_DECIDES = re.compile(
    r"paid|pay|order|status|subscription|balance|credit|amount|active|plan|invoice|deliver|refund|success|complete"
    r"|(^|_)role(_|$)|tier|quota|entitle|licen[cs]e|expir|premium"
)


@rule(
    "trust.unsigned-webhook",
    title="a message of another site is believed, whoever sent it",
    areas=(Area.INTEGRITY,),
    cwe=(345, 347, 306),
    severity=Severity.HIGH,
    gain="a stranger posts that the order was paid for, and it is delivered",
    mend="verify the sender's signature over `request.body` first, with `hmac.compare_digest` or the sender's library",
)
def unsigned_webhook(project: Project) -> Iterator[Hit]:
    """Find webhooks that change something by what they are sent, and verify nothing of it."""
    seen: set[FunctionSymbol] = set()
    for route, view in project.views():
        if view.login or set(view.permissions) - {"AllowAny"}:
            continue
        if view.csrf and view.kind not in ("api", "viewset"):
            continue  # REST framework asks nobody for a token who is not logged in
        for method, function in view.handlers:
            if method not in ("any", "post") or function in seen:
                continue
            why = _unproved(project, route, view, function)
            if why:
                seen.add(function)
                yield from _told(project, view, function, why)


def _is_hook(route: Route, view: View) -> bool:
    if view.kind not in ("function", "class", "api"):
        return False
    if view.kind == "api" and view.login is not False:
        return False  # what its permission classes ask for could not be told
    return bool(_HOOK.search(view.name.rpartition(".")[2]) or _HOOK.search(route.known))


def _unproved(project: Project, route: Route, view: View, function: FunctionSymbol) -> str:
    """Return why it cannot be known who sent a message, nothing where it may be known, or is no message."""
    if _unread_signature(project.code_of(function)):
        return "the signature is read and never compared"
    words = function.node.words
    if _BODY.isdisjoint(words):
        return ""
    if not _is_hook(route, view) and not _settles(project, view, function):
        return ""
    if not any(map(_DECIDES.search, words)) or _asks_of_request(project, function):
        return ""
    proves = any(map(_PROVES.search, _around(project, view, function)))
    return "" if proves or _hands_to_proof(project, function) else "nothing proves who sent it"


def _settles(project: Project, view: View, function: FunctionSymbol) -> bool:
    """Whether a view says of somebody's payment that it was made, whatever the view is called."""
    if view.kind == "api" and view.login is not False:
        return False
    code = project.code_of(function)
    return any(
        isinstance(statement, n.Assign)
        and isinstance(target := statement.targets[0], n.Attr)
        and bool(_SETTLED.match(target.name))
        and (is_true(statement.value) or isinstance(statement.value, n.Call))
        and _is_of_money(code, target.value)
        for statement in code.statements
    )


def _is_of_money(code: Code, row: n.Expr) -> bool:
    """Whether a row is by its name, or by what it was taken of, a payment or an order."""
    made = code.assigned(row.id) if isinstance(row, n.Name) else []
    return any(_MONEY.search(tail(part)) for value in (row, *made) for part in inside(value))


_SETTLED = re.compile(
    r"^(is_)?(paid|successful|success|completed?|confirmed|settled|captured)(_at|_on)?$"
)
_MONEY = re.compile(r"payment|transaction|order|invoice|purchase|donation", re.IGNORECASE)


def _told(project: Project, view: View, function: FunctionSymbol, why: str) -> Iterator[Hit]:
    """Yield the hit where a handler changes something."""
    owner = view.symbol if isinstance(view.symbol, ClassSymbol) else None
    effect = next(iter(project.effects.of(function, owner=owner)), None)
    if effect is None:
        return
    changed = effect_spot(effect)
    yield Hit(
        (Spot(function.module.path, function.node.span), changed),
        f"`{function.node.name}` {effect.what} as the message says, and {why}",
        Confidence.MEDIUM,
        function.name,
    )


def _unread_signature(code: Code) -> bool:
    """Whether the header that a message is signed in gets a name, and nothing asks for the name again."""
    for statement in code.statements:
        if isinstance(statement, n.Assign) and any(map(_is_signature, inside(statement.value))):
            names = {target.id for target in statement.targets if isinstance(target, n.Name)}
            targets = {id(target) for target in statement.targets}
            read = {name.id for name in code.every(n.Name) if id(name) not in targets}
            return bool(names) and names.isdisjoint(read) and "locals" not in code.words
    return False


def _is_signature(node: n.Expr) -> bool:
    """Whether it is `request.headers.get("X-Shop-Signature")`, or the like of `META`."""
    whence, name = entry_of(node) or (None, None)
    return tail(whence) in ("headers", "META") and bool(_SIGNED.search(text(name) or ""))


_SIGNED = re.compile(r"signature|hmac", re.IGNORECASE)


def _asks_of_request(project: Project, function: FunctionSymbol) -> bool:
    """Whether a condition is a question about the whole request: `if not is_from_them(request, …)`."""
    return any(
        isinstance(node, n.Call) and any(tail(given) in ("request", "body") for given in node.args)
        for statement in project.code_of(function).statements
        if isinstance(statement, n.If)
        for node in inside(statement.test)
    )


def _hands_to_proof(project: Project, function: FunctionSymbol) -> bool:
    """Whether a function of the site's that gets the message verifies it: `handler.process(request.body, …)`."""
    code = project.code_of(function)
    for call in code.every(n.Call):
        if any(tail(given) in ("request", "body") for given in given_to(call)):
            called = code.called(call)
            if called is not None and any(map(_COMPARES.search, called.node.words)):
                return True
    return False


def _around(project: Project, view: View, function: FunctionSymbol) -> Iterator[str]:
    """Yield the words of a handler, of what stands before it, and of the methods beside it."""
    yield from set(function.node.words) - {
        "csrf_exempt",
        "permission_classes",
        "authentication_classes",
    }
    yield from (guard.name for guard in view.guards if guard.name != "csrf_exempt")
    if isinstance(view.symbol, ClassSymbol):
        others = [other for _method, other in view.handlers if other != function]
        names = {other.node.name for other in others}
        called = {word for other in others for word in other.node.words} - set(function.node.words)
        for member in project.site.classes.own_methods(view.symbol):
            if member.name in names | called:  # what a GET verifies says nothing of a POST
                continue
            if "request" in member.words or {p.name for p in member.params} & _RAW:
                yield from (member.name, *member.words)
            else:  # the names in the message are the sender's own
                yield from filter(_COMPARES.search, (member.name, *member.words))
