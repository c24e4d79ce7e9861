"""Signatures whose key stands in the code."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument, tail
from pickguard.lessons.passwords.stated_keys import fallback_key, stated_key
from pickguard.source.python import nodes as n

_SIGNERS = ("Signer", "TimestampSigner")
_SERIALIZERS = (
    "Serializer",
    "TimedSerializer",
    "URLSafeSerializer",
    "URLSafeTimedSerializer",
    "JSONWebSignatureSerializer",
    "TimedJSONWebSignatureSerializer",
)
_KEYED = ("dumps", "loads", "encode", "decode", "new", "digest", "Fernet", "salted_hmac")
# where each takes its key
_POSITIONS = {
    "django.core.signing.dumps": 1,
    "django.core.signing.loads": 1,
    "jwt.encode": 1,
    "jwt.decode": 1,
    "jose.jwt.encode": 1,
    "jose.jwt.decode": 1,
    "hmac.new": 0,
    "hmac.digest": 0,
    "cryptography.fernet.Fernet": 0,
    "authlib.jose.jwt.encode": 2,
    "authlib.jose.jwt.decode": 1,
    "django.utils.crypto.salted_hmac": 2,
}


@code_rule(
    "passwords.signed-with-known-key",
    words=(*_SIGNERS, *_SERIALIZERS, "jwt", "signing", "hmac", *_KEYED),
    packages=("django", "jwt", "jose", "hmac", "cryptography", "itsdangerous", "authlib"),
    title="a signature is made with a key that is no secret",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(321, 347),
    severity=Severity.HIGH,
    gain="whoever reads the source computes the signature: a link or a token for any account",
    mend="take the key from the environment, by way of the settings; of `Signer` name the salt, `Signer(salt=…)`:"
    " the first argument is the key, `SECRET_KEY` where it is left out",
    quotes_secret=True,
)
def signed_with_known_key(code: Code) -> Iterator[Hit]:
    """Find `Signer("constant")`, `Signer(salt)` and `jwt.encode(payload, "constant")`."""
    for call, key in (*_keys_of_signers(code), *_keys(code)):
        is_salt = tail(call.func) in _SIGNERS and "salt" in tail(key).lower()
        is_stated = bool(stated_key(code, key))
        if not is_salt and not is_stated and not fallback_key(code, key):
            continue
        said = "the key of the signature stands in the code"
        if is_salt:
            said = f"`{tail(key)}` is the key of the signature, not its salt"
        elif not is_stated:
            said += ", for where nobody has set one"
        sure = Confidence.HIGH if is_salt or is_stated else Confidence.MEDIUM
        yield Hit((code.spot(key),), said, sure, code.symbol)


def _keys_of_signers(code: Code) -> Iterator[tuple[n.Call, n.Expr]]:
    for call in code.calls(*_SIGNERS):
        key = argument(call, 0, "key")
        if key is not None and code.is_from(call.func, "django.core.signing"):
            yield call, key
    for call in code.calls(*_SIGNERS, *_SERIALIZERS):
        key = argument(call, 0, "secret_key")
        if key is not None and code.is_from(call.func, "itsdangerous"):
            yield call, key


def _keys(code: Code) -> Iterator[tuple[n.Call, n.Expr]]:
    for call in code.calls(*_KEYED):
        position = _POSITIONS.get(code.name(call.func))
        is_keyword = code.is_from(call.func, "django.core.signing")
        key = (
            argument(call, -1 if is_keyword else position, "key", "secret")
            if position is not None
            else None
        )
        if key is not None and not _derives(call):
            yield call, key


def _derives(call: n.Call) -> bool:
    """Whether a secret is what is signed: a key is made of it, as RFC 5869 does with a salt for the key."""
    message = argument(call, 1, "msg") if tail(call.func) in ("new", "digest") else None
    return message is not None and bool(_SECRET.search(tail(message)))


_SECRET = re.compile(r"secret|key|passphrase|password|ikm|seed", re.IGNORECASE)
