"""Password rules about comparing in clear, and with passwords that stand in the code."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import tail
from pickguard.lessons.passwords.compared import compared, is_typed, lets_nobody_in
from pickguard.lessons.passwords.hashes.stated_passwords import compared_by_statement
from pickguard.lessons.passwords.names import (
    COLUMN,
    HASHERS,
    PASSWORD,
    is_password,
    is_shown_key,
    unencoded,
)
from pickguard.lessons.passwords.stated_keys import fallback_key, stated_key
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import (
    called_by,
    func_of,
    receiver_of,
)
from pickguard.source.python.queries import MANAGERS
from pickguard.source.python.walk import expressions, inside

# What somebody gets in by who has forgotten a password
_ANSWERS = ("security_answer", "secret_answer", "recovery_answer")
_ANSWER = re.compile(rf"^({'|'.join(_ANSWERS)})$")


@code_rule(
    "passwords.compared-in-clear",
    words=("password", "passwd", "pwd", *_ANSWERS),
    title="a password is compared with `==`",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(256, 208),
    severity=Severity.HIGH,
    gain="it can only be compared like this if it is stored in clear text",
    mend="store a hash, and compare with `check_password`",
)
def compared_in_clear(code: Code) -> Iterator[Hit]:
    """Find a stored password compared with what the browser sent."""
    for node in code.every(n.Compare):
        if node.ops[0] not in ("==", "!="):
            continue
        sides = (node.left, node.rights[0])
        stored = [side for side in sides if _is_stored(code, side)]
        given = [
            s
            for s in sides
            if s not in stored[:1] and (code.origin(s).is_browser or _is_named_password(code, s))
        ]
        if stored and given:
            yield Hit(
                (code.spot(node),),
                "a stored password is compared in clear text",
                Confidence.HIGH if code.origin(given[0]).is_browser else Confidence.MEDIUM,
                code.symbol,
            )
        elif any(_is_stored(code, side, _ANSWER) for side in sides) and any(
            code.origin(side).is_browser for side in sides
        ):
            yield Hit(
                (code.spot(node),),
                "a stored answer, which lets somebody in, is compared in clear text",
                Confidence.MEDIUM,
                code.symbol,
            )
        elif any(_is_stored(code, side, COLUMN) for side in sides) and any(
            _is_as_typed(code, side) for side in sides
        ):
            yield Hit(
                (code.spot(node),),
                "what is stored of a password is compared with the password itself",
                Confidence.HIGH,
                code.symbol,
            )
    yield from _looked_up(code)
    for call in compared_by_statement(code):
        yield Hit(
            (code.spot(call),),
            "the database compares a column with the password as it was typed",
            Confidence.HIGH,
            code.symbol,
        )


def _is_named_password(code: Code, side: n.Expr) -> bool:
    """Whether a name says that it is a password; one that a query gave is as it is stored."""
    if not isinstance(side, n.Name) or not PASSWORD.match(side.id):
        return False
    made = code.assigned(side.id)
    return not any(tail(part) in MANAGERS for value in made for part in inside(value))


def _is_as_typed(code: Code, side: n.Expr) -> bool:
    """Whether it is the password as the browser sent it, in bytes at most: `request.POST["password"].encode()`."""
    typed = unencoded(code, side)
    made = code.assigned(typed.id) if isinstance(typed, n.Name) else [typed]
    return bool(made) and all(is_password(one) and code.origin(one).is_browser for one in made)


def _is_stored(code: Code, side: n.Expr, called: re.Pattern[str] = PASSWORD) -> bool:
    """Whether it is the password of a row, or a name that was given it last: `password = user.password`."""
    values = code.assigned(side.id)[-1:] if isinstance(side, n.Name) else [side]
    return any(
        isinstance(value, n.Attr)
        and bool(called.match(value.name))
        and not code.origin(value).is_browser
        and not _is_config(value)
        and not _is_of_address(code, value)
        for value in values
    )


def _is_of_address(code: Code, password: n.Attr) -> bool:
    """Whether a password is a part of an address that was taken apart: `urlsplit(url).password`."""
    made = code.made(password.value)
    return any(tail(func_of(one)) in ("urlparse", "urlsplit") for one in made)


def _looked_up(code: Code) -> Iterator[Hit]:
    """Yield the rows that are looked for by a password as it was typed: `filter(name=name, password=password)`."""
    for call in code.calls(*_LOOKUPS):
        if not _asks_rows(call):
            continue
        for keyword in call.keywords:
            column = (keyword.name or "").removesuffix("__exact")
            if PASSWORD.match(column) and code.origin(keyword.value, *HASHERS).is_browser:
                yield Hit(
                    (code.spot(call),),
                    "a row is looked for by the password as it was typed",
                    Confidence.HIGH,
                    code.symbol,
                    flow=code.flow(code.origin(keyword.value), call, "is compared by the database"),
                )


_LOOKUPS = ("filter", "get", "aget", "exclude", "get_object_or_404", "aget_object_or_404")


def _asks_rows(call: n.Call) -> bool:
    return tail(call.func).endswith("_or_404") or any(
        tail(part) in MANAGERS for part in inside(call.func)
    )


@code_rule(
    "passwords.password-in-code",
    words=("password", "passwd", "pwd", "pass", "passphrase", "GET", "POST", "META", "headers"),
    needs_browser=True,
    title="a password that stands in the code lets somebody in",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(798, 259),
    severity=Severity.HIGH,
    gain="whoever reads the code, a package of it or an old copy logs in, on every site that runs it",
    mend="make it an account with `createsuperuser`, or keep it outside the code: a hash that `check_password` asks,"
    " or for a program's key a setting from the environment that `constant_time_compare` asks",
    quotes_secret=True,
)
def password_in_code(code: Code) -> Iterator[Hit]:
    """Find `name == "admin" and password == "…"` where the browser says the password."""
    for node, one, other in compared(code):
        if isinstance(node, n.Compare) and (lets_nobody_in(code, node) or _complains(code, node)):
            continue
        for typed, known in ((one, other), (other, one)):
            if not _is_named(code, typed) or not is_typed(code, typed):
                continue
            is_stated = _is_key(stated_key(code, known))
            if not is_stated and not _is_key(fallback_key(code, known)):
                continue
            yield Hit(
                (code.spot(node),),
                f"{_called(typed)} is compared with a text of the code"
                f"{'' if is_stated else ', for where nobody has set another'}",
                Confidence.HIGH if is_stated else Confidence.MEDIUM,
                code.symbol,
                flow=code.flow(code.origin(typed), node, "is compared"),
            )
            break


def _called(typed: n.Expr) -> str:
    """Return how a message names what was typed: by its name, or by the key that it is sent under."""
    name = called_by(typed)
    return f"`{name}`" if name else "what lets somebody in"


def _is_key(said: str) -> bool:
    return len(said) >= _SHORTEST and not _STANDS_FOR.search(said)


_SHORTEST = 4
# what a form shows in the place of a password, and what says that there is none
_STANDS_FOR = re.compile(
    r"^(\W+|x+|none|null|undefined|true|false|unchanged|keep|hidden|masked|redacted|password"
    r"|(not|no|un)[ _-]?(set|specified|given|provided|changed|used|password))$",
    re.IGNORECASE,
)
_COMPLAINS = frozenset({"add_error", "ValidationError", "weak", "too_common", "error"})


def _is_named(code: Code, node: n.Expr, depth: int = 0) -> bool:
    """Whether a value is a password by its name: `password`, `data["pwd"]`, `request.POST.get("pwd").strip()`.

    A name may stand for it: `key = request.GET.get("api_key")`.
    """
    if isinstance(node, n.Call) and tail(node.func) in ("strip", "decode"):
        inner = receiver_of(node)
        return inner is not None and _is_named(code, inner, depth)
    if is_password(node) or tail(node) == "pass" or is_shown_key(node) or _is_sent_token(node):
        return True
    made = code.assigned(node.id) if isinstance(node, n.Name) and depth < _DEEPEST else []
    return (
        len(made) == 1 and not isinstance(made[0], n.Name) and _is_named(code, made[0], depth + 1)
    )


_DEEPEST = 3


def _is_sent_token(node: n.Expr) -> bool:
    """Whether a value is a token by the name under which it is sent: `request.headers["X-Token"]`."""
    return isinstance(node, n.Index | n.Call) and bool(_TOKEN_SENT.match(called_by(node)))


_TOKEN_SENT = re.compile(
    r"^(http[-_])?(x[-_])?((api|access|admin|auth|secret|webhook)[-_]?(key|token|secret)|token|secret)$",
    re.IGNORECASE,
)


def _complains(code: Code, node: n.Compare) -> bool:
    """Whether the password is one that nobody may choose: `if password == "12345678": …add_error(…)`."""
    if node.ops[0] == "!=":
        return False
    return any(
        isinstance(statement, n.If)
        and any(part is node for part in inside(statement.test))
        and any(tail(part) in _COMPLAINS for part in expressions(statement.body))
        for statement in code.statements
    )


def _is_data(code: Code, node: n.Attr) -> bool:
    return code.origin(node).is_browser


def _is_config(node: n.Attr) -> bool:
    return "settings" in tail(node.value).lower() or tail(node.value) in ("self", "cls")
