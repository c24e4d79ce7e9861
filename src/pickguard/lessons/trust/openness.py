"""What tells that a view is open on purpose: its name, or a proof that the request brings."""

import re
from functools import lru_cache

from pickguard.site.views.view import View

UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
PUBLIC = re.compile(
    r"login|logout|authenticat|(?<![a-z])otp|auth_?(begin|start|complete)|begin_?auth|register|registrat|sign_?up"
    r"|sign_?in|password|public|health|webhook|hook|index|home|error|callback|confirm|activat"
    r"|verify|contact(?!s)|about|terms|privacy|imprint|legal|licen[cs]e|robots|sitemap|feed|static|media|landing|invite|token|oauth|(?<![a-z])sso(?![a-z])"
    r"|saml|oidc|magic_?link|status|ping|handler|cookie|lang|search|redirect|unsubscribe|accept|reset|challenge"
    r"|(two|second|multi)_?factor|2fa|(?<![a-z])mfa|enrol|manifest|favicon|widget|embed|share|download|schema|version|metrics|serve",
    re.IGNORECASE,
)

# Fields by which people show their rows to others
SHOWN = re.compile(r"public|publish|visib|share|slug|draft|approv|privacy|featur")

# What people have on their pages for others to see
SOCIAL = re.compile(
    r"post|article|comment|review|rating|photo|picture|image|video|follow|like|profile|member|tweet|blog|recipe"
    r"|portfolio|project|badge|achievement|skill|question|answer|topic|thread|stor(y|ies)|event|listing|product"
    r"|song|playlist|snippet|contribution|avatar|biography|friend|vote|score|rank|game|course|book|schedule|avail",
    re.IGNORECASE,
)

# what code mentions that looks at who is asking
KNOWS_WHO = frozenset(
    {"user", "viewer", "session", "request_user", "current_user", "get_user", "app", "requestor"}
    | {"check_permissions", "permissions", "permission_classes", "is_authenticated", "token"}
)


_PROOFS = frozenset(
    {"token", "signature", "check_token", "compare_digest", "secret", "api_key", "apikey"}
)
# `verify_sns_message`, `is_valid_webhook`, `construct_event` of Stripe
_PROOF = re.compile(
    r"verif(y|ies|ied)_?\w*(message|webhook|payload|sender|event|notification|request|callback)"
    r"|signature|hmac|valid\w*webhook|webhook\w*valid|webhook_?secret|^construct_event$",
    re.IGNORECASE,
)


def proves_itself(view: View) -> bool:
    """Whether the code checks a token or a signature that the request brings."""
    words = view.words
    return not _PROOFS.isdisjoint(words) or any(map(_says_proof, words))


@lru_cache(maxsize=10_000)
def _says_proof(word: str) -> bool:
    return _PROOF.search(word) is not None
