"""Password rules about cookies: the browser keeps them in the clear, and sends them with every request."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument, tail
from pickguard.lessons.passwords.names import HASHERS, is_password
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import inside

_DIGESTS = frozenset({"hexdigest", "digest", "pbkdf2_hmac", "bool", "len"})


@code_rule(
    "passwords.in-cookie",
    words=("set_cookie", "set_signed_cookie"),
    title="a password is put into a cookie",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(315, 522),
    severity=Severity.HIGH,
    gain="whoever reads the browser's cookies, a script or the next user of the machine, has the password itself",
    mend="log the user in with `django.contrib.auth.login`, which keeps nothing but a key in the browser",
)
def password_in_cookie(code: Code) -> Iterator[Hit]:
    """Find `response.set_cookie("login", f"{name}:{password}")`; a signature hides nothing."""
    for call in code.calls("set_cookie", "set_signed_cookie"):
        value = argument(call, 1, "value")
        if value is not None and _holds_password(code, value):
            yield Hit(
                (code.spot(call),),
                f"`{tail(call.func)}(…)` gives the password to the browser to keep",
                Confidence.HIGH,
                code.symbol,
            )


def _holds_password(code: Code, value: n.Expr) -> bool:
    """Whether a text is, or is put together from, what is called a password, and nothing hashes it."""
    parts = [part for made in code.made(value) for part in inside(made)]
    if any(isinstance(part, n.Call) and tail(part.func) in HASHERS | _DIGESTS for part in parts):
        return False
    return any(
        is_password(part) for part in (value, *parts) if not isinstance(part, n.Const)
    ) and not any(isinstance(part, n.Compare) for part in parts)
