"""Whether a request proves by itself who sends it: by a signature, a token, a message of SAML."""

import re
from collections.abc import Iterator

from msgspec.structs import replace

from pickguard.kit import Project
from pickguard.site.names import ClassSymbol, FunctionSymbol
from pickguard.site.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of, text
from pickguard.source.python.lower import body
from pickguard.source.python.walk import expressions, statements

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
_PROOF = re.compile(r"(valid|verif|check|decod|sign)\w*_token|saml|signature|hmac", re.IGNORECASE)
_HEADER = re.compile(r"^[\w-]*(?:signature|hmac)(?:[_-]\w+)*$", re.IGNORECASE)


def is_signed(project: Project, view: View) -> bool:
    """Whether anything that a request to a view goes through asks for such a proof."""
    return any(
        not _WORDS.isdisjoint(function.node.words)
        or any(_PROOF.search(word) for word in function.node.words)
        or _reads_what_was_signed(function)
        or _asks_for_signature(function)
        for function in _asked(project, view)
    )


def _asked(project: Project, view: View) -> Iterator[FunctionSymbol]:
    """Yield what a request goes through: decorators of the site, `dispatch`, the handlers."""
    yield from (function for _method, function in view.handlers)
    if isinstance(view.symbol, ClassSymbol):
        for name in ("setup", "dispatch"):
            method = project.site.classes.method(view.symbol, name)
            if method is not None:
                yield method
    if isinstance(view.symbol, FunctionSymbol):
        for decorator in view.symbol.node.decorators:
            found = project.site.names.resolve(view.symbol.module, func_of(decorator))
            if isinstance(found, FunctionSymbol):
                yield from _with_nested(found)


def _with_nested(function: FunctionSymbol) -> Iterator[FunctionSymbol]:
    yield function
    for statement in statements(body(function.node), into_functions=True):
        if isinstance(statement, n.Function):
            yield replace(function, node=statement)


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
