"""Signatures whose key stands in the code."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument, tail
from pickguard.source.python import nodes as n

_SIGNERS = ("Signer", "TimestampSigner")


@code_rule(
    "passwords.signed-with-known-key",
    words=(*_SIGNERS, "jwt"),
    packages=("django", "jwt", "jose"),
    title="a signature is made with a key that is no secret",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(321, 347),
    severity=Severity.HIGH,
    gain="whoever reads the source computes the signature: a link or a token for any account",
    mend="take the key from the environment, by way of the settings; of `Signer` name the salt, `Signer(salt=…)`:"
    " the first argument is the key, `SECRET_KEY` where it is left out",
)
def signed_with_known_key(code: Code) -> Iterator[Hit]:
    """Find `Signer("constant")`, `Signer(salt)` and `jwt.encode(payload, "constant")`."""
    for call, key in (*_keys_of_signers(code), *_keys_of_tokens(code)):
        is_salt = tail(call.func) in _SIGNERS and "salt" in tail(key).lower()
        if is_salt or _stands_in_code(code, key):
            yield Hit(
                (code.spot(key),),
                f"`{tail(key)}` is the key of the signature, not its salt"
                if is_salt
                else "the key of the signature stands in the code",
                Confidence.HIGH,
                code.symbol,
            )


def _keys_of_signers(code: Code) -> Iterator[tuple[n.Call, n.Expr]]:
    for call in code.calls(*_SIGNERS):
        key = argument(call, 0, "key")
        if key is not None and code.is_from(call.func, "django.core.signing"):
            yield call, key


def _keys_of_tokens(code: Code) -> Iterator[tuple[n.Call, n.Expr]]:
    for call in code.calls("encode", "decode"):
        key = argument(call, 1, "key")
        if key is not None and code.is_from(call.func, "jwt", "jose"):
            yield call, key


def _stands_in_code(code: Code, key: n.Expr) -> bool:
    """Whether a key is a text of the code, under whatever name; everybody may read one that only verifies."""
    said = code.body.said(key)
    return bool(said) and "PUBLIC KEY" not in (said or "")
