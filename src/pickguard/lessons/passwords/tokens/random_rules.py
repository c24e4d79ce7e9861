"""Password rules about tokens and codes from a source that can be predicted."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument, tail, text
from pickguard.kit.values.spelling import spelled
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import inside

_TOKEN_NAME = re.compile(
    r"(^|_)(token|ticket(?=$|_id$|_key$)|password|passwd|secret|otp|pin|verification|reset|invite|api_key|(activation|access|login|recovery)_key"
    r"|(activation|confirm(ation)?|unsubscribe|recovery)_code)"
    r"(_|$|s$)",
    re.IGNORECASE,
)


@code_rule(
    "passwords.predictable-token",
    words=("random", "choice", "choices", "randint", "sample", "randrange", "getrandbits", "uuid1"),
    packages=("random", "uuid", "numpy"),
    title="a token is made with `random`",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(330, 338),
    severity=Severity.HIGH,
    gain="`random` can be predicted: whoever has seen some of the values computes the next one",
    mend="use `secrets.token_urlsafe()` or `django.utils.crypto.get_random_string`",
)
def predictable_token(code: Code) -> Iterator[Hit]:
    """Find the `random` module, and `uuid1`, where a name says token, password, code or key."""
    for call in code.calls(
        "choice", "choices", "randint", "sample", "randrange", "random", "getrandbits", "uuid1"
    ):
        made_by = code.name(call.func)
        if not made_by.startswith(_GUESSABLE) or "SystemRandom" in made_by:
            continue
        name = _made_for(code, call)
        if name and not _is_beside_chance(code, call):
            yield Hit(
                (code.spot(call),),
                f"`{name}` is made with `{made_by}`",
                Confidence.MEDIUM,
                code.symbol,
            )


_GUESSABLE = ("random.", "uuid.", "numpy.random.")


def _is_beside_chance(code: Code, call: n.Call) -> bool:
    """Whether what is made is put beside what nobody can guess: `f"{uuid1()}-{uuid4()}"`."""
    for statement in code.statements:
        value = statement.value if isinstance(statement, n.Assign | n.Return) else None
        parts = list(inside(value)) if value is not None else []
        if any(part is call for part in parts):
            return any(isinstance(p, n.Call) and tail(p.func) in _OF_CHANCE for p in parts)
    return False


_OF_CHANCE = frozenset({"uuid4", "token_hex", "token_urlsafe", "token_bytes", "urandom"})


def _says_token(name: str) -> bool:
    """Whether a name is that of a token; `token_id` only tells one from another, `version_token` who was first."""
    is_number = name.endswith("_id") and "ticket" not in name
    return bool(_TOKEN_NAME.search(name)) and not is_number and not _OF_VERSION.search(name)


_OF_VERSION = re.compile(r"(^|_)(consistency|concurrency|version|revision|lock)_", re.IGNORECASE)


def _made_for(code: Code, call: n.Call) -> str:
    """Return the name that says what the random value is for, or an empty text."""
    held: set[str] = set()
    is_number = tail(call.func) in _NUMBERS
    for statement in code.statements:
        if not isinstance(statement, n.Assign):
            continue
        if _is_of(statement.value, call, held if is_number else set()):
            for target in statement.targets:
                if _says_token(tail(target)):
                    return tail(target)
                if isinstance(target, n.Name):
                    held.add(target.id)
        if isinstance(statement, n.Assign) and _is_short_code(code, statement, call):
            return tail(statement.targets[0])
    kept = _kept_as(code, call, held)
    if kept:
        return kept
    function = code.function.node.name if code.function else ""
    is_returned = any(
        isinstance(s, n.Return)
        and s.value is not None
        and any(
            part is call or (isinstance(part, n.Name) and part.id in held)
            for made in code.made(s.value)
            for part in inside(made)
        )
        for s in code.statements
    )
    if not is_returned:
        return ""
    if _says_token(function):
        return function
    return _default_of(code) or _taken_for(code)


# what they return is put together with more before it is a token
_NUMBERS = frozenset({"random", "randint", "randrange", "getrandbits"})
_MOST_CALLERS = 20


def _taken_for(code: Code) -> str:
    """Return the name under which a caller keeps what the function returns: `secret = random_hex_key(20)`."""
    if code.function is None:
        return ""
    for caller, call, _is_bound in code.project.flow.callers.of(code.function)[:_MOST_CALLERS]:
        for name, values in caller.assigned.items():
            if _says_token(name) and any(value is call for value, _span in values):
                return name
        kept = (
            _kept_as(code.project.code_of(caller.function), call, set()) if caller.function else ""
        )
        if kept:
            return kept
    return ""


def _kept_as(code: Code, call: n.Call, held: set[str]) -> str:
    """Return the column that a value, or a name that holds it, is put into: `create(token=value)`."""
    for statement in code.statements:
        if isinstance(statement, n.Assign) and _holds(statement.value, call, held):
            for target in statement.targets:
                if isinstance(target, n.Attr | n.Index) and _says_token(_called(target)):
                    return _called(target)
    for other in code.every(n.Call):
        for keyword in other.keywords:
            if keyword.name and _says_token(keyword.name):
                if _holds(keyword.value, call, held):
                    return keyword.name
    return ""


def _holds(value: n.Expr, call: n.Call, held: set[str]) -> bool:
    """Whether a value is what a call returns, or what is made of a number that it returns."""
    if isinstance(value, n.Name) or tail(call.func) in _NUMBERS:
        return _is_of(value, call, held)
    return _is_of(value, call, set())


def _is_of(value: n.Expr, call: n.Call, held: set[str]) -> bool:
    """Whether a value is made of what a call returns, or of a name that holds it."""
    return any(
        part is call or (isinstance(part, n.Name) and part.id in held) for part in inside(value)
    )


def _called(target: n.Attr | n.Index) -> str:
    return target.name if isinstance(target, n.Attr) else text(target.index) or ""


_CODE = re.compile(
    r"^((v|verif\w*|auth|login|sms|otp|confirm\w*|access|security|reset)_?)?(code|passcode)$"
)
_KEY = re.compile(r"(^|_)(code|key)$")
_PROVES = re.compile(
    r"(^|_)(otp|sms|login|verif\w*|two_?factor|2fa|mfa)(_|$)",
    re.IGNORECASE,
)


def _is_short_code(code: Code, statement: n.Assign, call: n.Call) -> bool:
    """Whether `code = randint(…)` is sent to somebody who shall prove who they are with it."""
    if not any(part is call for part in inside(statement.value)):
        return False
    named = any(_CODE.search(tail(target)) for target in statement.targets)
    owner = spelled(code.owner.node.name) if code.owner is not None else ""
    holders = (owner, code.symbol.rpartition(".")[2])
    return named and any(map(_PROVES.search, (*code.words, *holders)))


_HOLDER = re.compile(
    r"(api|access|auth)_?(key|token)|token|secret|invit|reset|recover|session|activation|verif|confirm|otp|sms"
    r"|(phone|mail|login|pass)_?code",
    re.IGNORECASE,
)


def _default_of(code: Code) -> str:
    """Return the column of keys or tokens that is filled by the function, or an empty text."""
    if code.function is None or code.owner is not None:
        return ""
    functions = [code.function, *_returning(code, code.function)]
    for model in code.project.site.models.all:
        for field in model.fields:
            is_key = _says_token(field.name) or (
                _KEY.search(field.name) and _HOLDER.search(model.name)
            )
            if is_key and any(_is_filled_by(code, model, field.name, f) for f in functions):
                return f"{model.name}.{field.name}"
    return ""


def _returning(code: Code, function: FunctionSymbol) -> Iterator[FunctionSymbol]:
    """Yield the functions of modules that return what a function returns: `code = digits(6)`, `return code`."""
    for caller, call, _is_bound in code.project.flow.callers.of(function)[:_MOST_CALLERS]:
        if caller.function is not None and caller.owner is None:
            there = code.project.code_of(caller.function)
            if any(made is call for value in there.returned for made in there.made(value)):
                yield caller.function


def _is_filled_by(code: Code, model: Model, name: str, function: FunctionSymbol) -> bool:
    declared = code.project.site.classes.value(model.symbol, name)
    call = declared.value if declared is not None else None
    default = argument(call, -1, "default") if isinstance(call, n.Call) else None
    if declared is None or default is None or tail(default) != function.node.name:
        return False
    return code.project.site.names.resolve(declared.module, default) == function
