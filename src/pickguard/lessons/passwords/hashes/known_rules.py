"""Password rules about accounts that a running site makes with a password of the code's."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument, tail, text

_MAKES = ("create_user", "acreate_user", "create_superuser", "acreate_superuser")
# of any model: an account is what has a name and a password
_OF_ROWS = ("create", "acreate", "get_or_create", "update_or_create")
_SETS = "set_password"
_NAMES = frozenset({"username", "email", "user_name", "login"})
# What is there to try a site out
_TRIED_OUT = re.compile(
    r"demo|sample|seed|fixture|factor(y|ies)|fake|dummy|mock|example|test|sandbox|populate|random"
    r"|(^|_)dev(stack|elop\w*)?(_|$)"
)
_SHORTEST = 3


@code_rule(
    "passwords.known-password",
    words=(*_MAKES, *_OF_ROWS, _SETS),
    title="an account is made with a password that stands in the code",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(798, 1392),
    severity=Severity.HIGH,
    gain="whoever has read the code, or guesses it, logs in on every site that runs it",
    mend="make it with `secrets.token_urlsafe()`, or leave the account without one until its owner has chosen",
    quotes_secret=True,
)
def known_password(code: Code) -> Iterator[Hit]:
    """Find `User.objects.create_superuser("admin", password="admin")`, commands left alone."""
    module = code.module.name.rpartition(".")[2]
    if code.is_of_command or any(map(_TRIED_OUT.search, (module, code.symbol.rpartition(".")[2]))):
        return
    for call in code.calls(*_MAKES, *_OF_ROWS):
        is_row = tail(call.func) in _OF_ROWS
        if is_row and _NAMES.isdisjoint(keyword.name or "" for keyword in call.keywords):
            continue
        password = argument(call, -1 if is_row else 2, "password")
        said = next(filter(None, map(text, code.made(password))), "")
        if len(said) >= _SHORTEST:
            yield Hit(
                (code.spot(call),),
                f"`{tail(call.func)}(…)` makes an account whose password stands here",
                Confidence.HIGH if "super" in tail(call.func) else Confidence.MEDIUM,
                code.symbol,
            )
    for call in code.calls(_SETS):
        if code.function is not None and len(text(argument(call, 0)) or "") >= _SHORTEST:
            yield Hit(
                (code.spot(call),),
                "an account gets a password that stands here",
                Confidence.HIGH,
                code.symbol,
            )
