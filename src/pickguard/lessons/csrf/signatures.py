"""Whether a request proves by itself who sends it: by a signature, a token, a message of SAML."""

import re
from collections.abc import Iterable, Iterator
from itertools import chain

from pickguard.kit import Project
from pickguard.kit.gone_through import asked
from pickguard.lessons.csrf.header_keys import is_known_by_header
from pickguard.lessons.csrf.middleware_methods import middleware_methods
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.urls.routes import Route
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import given_to, root, tail, text, texts
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, inside

_WORDS = frozenset(
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
        "check_password",
        "token",
        "TokenAuthentication",
        "check_token",
        "introspect",
        "oauth",
        "webhook_secret",
        "api_key",
        "unsign",
        "register_complete",  # of WebAuthn: bound to a challenge of the session, and to the origin
        "authenticate_complete",
        "client_secret",
        "client_id",
    }
)
_PROOF = re.compile(
    r"(valid|verif|check|decod|sign)\w*_token|(^|_)jw[st](_|$)|saml|signature|hmac|(verify|check|validate)_sign(ed)?$|verify_with_\w+"
    r"|verif(y|ies|ied)_(\w+_)?(transaction|payment|webhook|sender|checksum)",
    re.IGNORECASE,
)
_HEADER = re.compile(r"^[\w-]*(?:signature|hmac)(?:[_-]\w+)*$", re.IGNORECASE)


def proves(words: Iterable[str]) -> bool:
    """Whether code by these words verifies a signature, or a token that nobody else can make."""
    return any(map(_PROOF.search, words))


def is_signed(
    project: Project, route: Route, view: View, besides: frozenset[str] = frozenset()
) -> bool:
    """Whether anything that a request to a view goes through asks for such a proof, besides by some words."""
    words = _WORDS - besides
    return _brings_token(view) or any(
        not words.isdisjoint(function.node.words)
        or proves(function.node.words)
        or _reads_what_was_signed(function)
        or _asks_for_signature(function)
        or _asks_for_key(project, function)
        or _is_held_against_secret(function)
        or _is_handed_to_proof(project, function)
        or is_known_by_header(project, function)
        for function in chain(asked(project, view), _before(project, route))
    )


def _brings_token(view: View) -> bool:
    """Whether a page for strangers takes a token out of its address: `answer(request, survey, answer_token)`."""
    params = (param.name for _method, function in view.handlers for param in function.node.params)
    return view.login is False and any(map(_TOKEN.search, params))


_TOKEN = re.compile(r"(^|_)token$")


def checks_the_token(project: Project, view: View) -> bool:
    """Whether what a request to an exempt view goes through runs the check of CSRF itself, a few calls away."""
    seen: set[FunctionSymbol] = set()
    waiting = [(function, 0) for function in asked(project, view)]
    while waiting:
        function, depth = waiting.pop()
        if function in seen:
            continue
        seen.add(function)
        if any(map(_CHECK.search, function.node.words)):
            return True
        if depth < _CHECK_DEPTH:
            waiting += [(called, depth + 1) for called in _given_request(project, function)]
    return False


_CHECK = re.compile(
    r"csrf.*(check|valid|verif|fail|protect|reject|enforce|middleware)|(check|valid|verif|protect|reject|enforce).*csrf",
    re.IGNORECASE,
)
_CHECK_DEPTH = 3


def _given_request(project: Project, function: FunctionSymbol) -> Iterator[FunctionSymbol]:
    """Yield what a function hands the request to: functions of the site, and classes as they are made."""
    for node in expressions(body(function.node)):
        if isinstance(node, n.Call) and any(tail(given) == "request" for given in node.args):
            found = project.site.names.resolve(function.module, node.func)
            if isinstance(found, ClassSymbol):
                found = project.site.classes.method(found, "__init__")
            if isinstance(found, FunctionSymbol):
                yield found


def _before(project: Project, route: Route) -> Iterator[FunctionSymbol]:
    """Yield what middlewares of the site ask where the address begins as the route's: `/api/`, and what they call."""
    if route.route is None:
        return
    address = route.route.removeprefix("^")
    for function, beginning in project.once(_asking_by_address):
        if address.startswith(beginning):
            yield function
            for call in expressions(body(function.node)):
                if isinstance(call, n.Call):
                    called = project.site.names.resolve(function.module, call.func)
                    if isinstance(called, FunctionSymbol):
                        yield called


def _asking_by_address(project: Project) -> list[tuple[FunctionSymbol, str]]:
    """Return the methods of the site's middlewares that look at how an address begins, with each beginning."""
    return [
        (function, beginning)
        for _symbol, function in middleware_methods(project)
        if "startswith" in function.node.words
        for beginning in _beginnings(function)
    ]


def _beginnings(function: FunctionSymbol) -> Iterator[str]:
    for node in expressions(body(function.node)):
        if isinstance(node, n.Call) and tail(node.func) == "startswith" and node.args:
            for said in (text(node.args[0]), *texts(node.args[0])):
                if said and said.strip("/"):
                    yield said.removeprefix("/")


def _asks_for_key(project: Project, function: FunctionSymbol) -> bool:
    """Whether what a function gives the request to looks for the key of a program in its headers."""
    for node in expressions(body(function.node)):
        if isinstance(node, n.Call) and node.args and tail(node.args[0]) == "request":
            called = project.site.names.resolve(function.module, node.func)
            words = called.node.words if isinstance(called, FunctionSymbol) else ()
            if {"META", "headers"} & set(words) and any(map(_API_KEY.search, words)):
                return True
    return False


def _is_handed_to_proof(project: Project, function: FunctionSymbol) -> bool:
    """Whether a function of the site's that gets what was sent verifies a signature of it: `read(request.POST)`."""
    code = project.code_of(function)
    for call in code.every(n.Call):
        sent = (made for given in given_to(call) for made in code.made(given))
        called = code.called(call) if any(map(_is_whole_request, sent)) else None
        if called is not None and (
            proves(called.node.words) or not _VERIFYING.isdisjoint(called.node.words)
        ):
            return True
    return False


_VERIFYING = frozenset(
    {"verify", "compare_digest", "constant_time_compare", "hmac", "construct_event", "unsign"}
)


def _is_whole_request(node: n.Expr) -> bool:
    return tail(node) == "request" or (isinstance(node, n.Attr) and node.name in ("POST", "body"))


_API_KEY = re.compile(r"api_?key", re.IGNORECASE)


def _is_held_against_secret(function: FunctionSymbol) -> bool:
    """Whether what was sent is held against a secret, of a row or of the site: `request.POST["key"] != device.key`."""
    if not any(_SECRET.search(word) or word.endswith("_KEY") for word in function.node.words):
        return False
    for node in expressions(body(function.node)):
        if isinstance(node, n.Call) and any(tail(given) == "request" for given in node.args):
            # among what a function is given with the request, a setting may be a name to look up
            sides = [one for one in node.args if not _is_of_settings(one)]
        elif isinstance(node, n.Compare) and any(map(_is_sent, (node.left, *node.rights))):
            sides = [node.left, *node.rights]
            if any(_is_of_settings(one) and tail(one).endswith("_KEY") for one in sides):
                return True
        else:
            continue
        if any(isinstance(one, n.Attr) and _is_secret(one) for one in sides):
            return True
    return False


# a constant that ends in `_KEY` is most often a name to look up
_SECRET = re.compile(
    r"(^|_)(key|secret|token|SECRET|TOKEN|(API|SECRET|ACCESS|PRIVATE|SHARED|WEBHOOK)_KEY)$"
)


def _is_sent(node: n.Expr) -> bool:
    return any(root(part) == "request" for part in inside(node) if isinstance(part, n.Attr))


def _is_of_settings(node: n.Expr) -> bool:
    return isinstance(node, n.Attr) and tail(node.value).endswith("settings")


def _is_secret(node: n.Attr) -> bool:
    is_of_other = tail(node.value) == "self" or root(node) == "request"
    return bool(_SECRET.search(node.name)) and not is_of_other


def _asks_for_signature(function: FunctionSymbol) -> bool:
    """Whether a header is named that another machine signs in: `Stripe-Signature`."""
    if not {"headers", "META"} & set(function.node.words):
        return False
    texts = (text(node) for node in expressions(body(function.node)))
    return any(found and _HEADER.search(found) for found in texts)


def _reads_what_was_signed(function: FunctionSymbol) -> bool:
    """Whether `loads` is that of a signature, or of a message that no visitor's session speaks for."""
    words = function.node.words
    if "loads" not in words:
        return False
    return "signing" in words or "user" not in words
