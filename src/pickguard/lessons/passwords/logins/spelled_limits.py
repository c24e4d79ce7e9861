"""Limits that count by a name as it was typed, where an account is found by any spelling of it."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Code, Hit, Project
from pickguard.kit.code import argument, tail, text
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import entry_of, receiver_of
from pickguard.source.python.walk import inside

_NAMES = frozenset({"email", "username", "login", "user_email", "user_name"})
_ANY_SPELLING = frozenset(f"{name}__iexact" for name in _NAMES)
_LIMITS = re.compile(r"rate_?limit|throttl|consume|lock_?out|attempt", re.IGNORECASE)
_KEY = re.compile(
    r"(attempt|lock|fail|limit|throttl)\w*_key($|_)|(^|_)key_(for|of)\w*(attempt|lock|fail|limit)"
)
_ALIKE = frozenset(
    {"lower", "upper", "casefold", "normalize_email", "normalize_username", "user_id"}
)


def spelled_limits(project: Project) -> Iterator[Hit]:
    """Yield the keys of a limit that each spelling of a login has one of its own of."""
    if _ANY_SPELLING.isdisjoint(project.flow.callers.words):
        return
    for function in project.flow.callers.functions:
        if project.kind_of(function.module) is not None or not _ALIKE.isdisjoint(
            function.node.words
        ):
            continue
        key = _key(project, function)
        if key is not None:
            code = project.code_of(function)
            yield Hit(
                (code.spot(key),),
                "what is counted goes by the login as it was typed: each spelling has tries of its own",
                Confidence.MEDIUM,
                code.symbol,
                mend="count by one spelling: `email.lower()`",
            )


def _key(project: Project, function: FunctionSymbol) -> n.Expr | None:
    """Return what a function counts by, where that is a login as it was sent."""
    if _KEY.search(function.node.name):
        code = project.code_of(function)
        return next((v for one in code.returned for v in _of_login(code, one)), None)
    if not any(map(_LIMITS.search, function.node.words)):
        return None
    code = project.code_of(function)
    for call in code.every(n.Call):
        said = f"{tail(receiver_of(call))} {tail(call.func)}"
        key = argument(call, -1, "key") if _LIMITS.search(said) else None
        if key is not None and _is_login(key):
            return key
    return None


def _of_login(code: Code, value: n.Expr) -> Iterator[n.Expr]:
    """Yield the parts of a value that are a login, also by names that it was given."""
    for part in inside(value):
        values = code.assigned(part.id) if isinstance(part, n.Name) else [part]
        for made in values:
            yield from (p for p in inside(made) if _is_login(p))
            names = (p.id for p in inside(made) if isinstance(p, n.Name) and made is not part)
            yield from (
                p for name in names for v in code.assigned(name) for p in inside(v) if _is_login(p)
            )


def _is_login(node: n.Expr) -> bool:
    """Whether a value is a login by the name under which it is sent, or kept: `data["email"]`."""
    _holder, key = entry_of(node) or (None, None)
    return text(key) in _NAMES or (isinstance(node, n.Attr) and node.name in _NAMES)
