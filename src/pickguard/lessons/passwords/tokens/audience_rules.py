"""Password rules about tokens of other sites: each names the app that it was made for."""

import re
from collections.abc import Iterator
from itertools import chain

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument, is_false, text
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import is_none

# Where a site asks what somebody else's token says
_TELLS = re.compile(r"https://[\w.]*google[\w.]*/[\w/]*tokeninfo\b")
# Something tells for whom a token was made
_FOR_WHOM = re.compile(
    r"^(aud|azp|audiences?|aud(ience)?_claim|issued_to|issued_for|app_?id|client_?ids?)$"
    r"|audience|client_?id(s|$)|(^|_)aud(_|$)",
    re.IGNORECASE,
)
_ASKED_NOTHING = frozenset({"verify_aud"})
_KEYS_OF_ISSUER = re.compile(r"PyJWK|jwks|get_signing_key|certs", re.IGNORECASE)


@code_rule(
    "passwords.token-of-another-app",
    words=(
        "verify_oauth2_token",
        "verify_token",
        "decode",
        "get",
        "post",
        "get_json",
        "request",
        "urlopen",
    ),
    packages=("google", "jwt", "jose", "requests", "httpx", "aiohttp", "urllib", "social_core"),
    title="a token is believed that was made for another app",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(287, 345),
    severity=Severity.HIGH,
    gain="whoever runs another site takes the token that a member signed in there with, and is that member here",
    mend="compare the token's `aud` with your own client id: `verify_oauth2_token(token, request, CLIENT_ID)`",
)
def token_of_another_app(code: Code) -> Iterator[Hit]:
    """Find tokens of Google and other providers that are verified, and never asked for whom they are."""
    if code.function is None:
        return
    found = next(chain(_of_google(code), _of_provider(code), _of_keys(code)), None)
    if found is not None and not _asks_for_whom(code):
        yield Hit(
            (code.spot(found),),
            "nobody asks for which app the token was made",
            Confidence.MEDIUM,
            code.symbol,
        )


def _of_google(code: Code) -> Iterator[n.Expr]:
    """Yield `id_token.verify_oauth2_token(token, request)`, which looks at no audience by itself."""
    for call in code.calls("verify_oauth2_token", "verify_token"):
        given = argument(call, 2, "audience")
        if code.is_from(call.func, "google") and (given is None or is_none(given)):
            yield call


def _of_provider(code: Code) -> Iterator[n.Expr]:
    """Yield the address where a provider tells what a token says, whoever it is for."""
    for node in code.every(n.Const):
        if isinstance(node.value, str) and _TELLS.match(node.value):
            yield node


def _of_keys(code: Code) -> Iterator[n.Expr]:
    """Yield a token that is verified with a provider's public keys, its audience expressly not."""
    if not any(map(_KEYS_OF_ISSUER.search, code.words)):
        return
    for call in code.calls("decode"):
        options = argument(call, -1, "options")
        if not isinstance(options, n.Mapping) or not code.is_from(call.func, "jwt", "jose"):
            continue
        for key, value in zip(options.keys, options.values, strict=False):
            if text(key) == "verify_aud" and is_false(value):
                yield call


def _asks_for_whom(code: Code) -> bool:
    """Whether the code, its class or what calls it looks at whom the token is for."""
    if _names_it(code):
        return True
    function, owner = code.function, code.owner
    around = code.project.site.classes.own_functions(owner) if owner is not None else ()
    calling = code.project.flow.callers.holding(function.node.name) if function is not None else ()
    return any(_names_it(code.project.code_of(other)) for other in (*around, *calling))


def _names_it(code: Code) -> bool:
    said = {node.value for node in code.every(n.Const) if isinstance(node.value, str)}
    return any(map(_FOR_WHOM.search, (code.words | said) - _ASKED_NOTHING))
