"""What the validators of a field let through: of a form, a serializer, or a model that they are made for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pickguard.flow.values.character_sets import is_of_harmless
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol, ValueSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument, func_of, tail, text

if TYPE_CHECKING:
    from pickguard.flow.bodies.body import Body

# what they let through holds no space, quote or slash, and begins with a letter or a digit
NARROWING = re.compile(
    r"domain|host|(^|_)ip(v?46?|v4|v6)?(_|$)|IPv?\d*|slug|uuid|alphanumeric|identifier",
    re.IGNORECASE,
)


# what they let through begins as an address or a path does
BEGUN = re.compile(r"path|location|repo|url|uri|scheme|domain|host|(^|_)ip(_|$)", re.IGNORECASE)


def has_validator(body: Body, owner: ClassSymbol, name: str, kind: re.Pattern[str]) -> bool:
    """Whether a field of a form or a model has a validator that is, by its name, of a kind."""
    return any(kind.search(tail(func_of(item))) for item in _validators(body, owner, name))


def _validators(body: Body, owner: ClassSymbol, name: str) -> tuple[n.Expr, ...]:
    made = _field(body, owner, name)
    given = argument(made, -1, "validators") if isinstance(made, n.Call) else None
    return given.items if isinstance(given, n.Sequence) else ()


def _field(body: Body, owner: ClassSymbol, name: str) -> n.Expr | None:
    found = body.flow.site.classes.value(owner, name)
    return found.value if found is not None else None


def has_harmless_pattern(body: Body, owner: ClassSymbol, name: str) -> bool:
    """Whether a field takes harmless characters alone: `validators=[RegexValidator("^[a-z0-9]+$")]`, `RegexField`."""
    made_by = (_made(body, owner, item) for item in _validators(body, owner, name))
    for made in (_field(body, owner, name), *made_by):
        if not isinstance(made, n.Call) or tail(made.func) not in _OF_PATTERNS:
            continue
        whole = _WHOLE.fullmatch(text(argument(made, 0, "regex")) or "")
        is_turned = argument(made, -1, "inverse_match") is not None
        if whole is not None and not is_turned and is_of_harmless(whole[1]):
            return True
    return False


def _made(body: Body, owner: ClassSymbol, item: n.Expr) -> n.Expr:
    """Return what a name of the class or the module stands for."""
    if not isinstance(item, n.Name):
        return item
    site = body.flow.site
    found = site.classes.value(owner, item.id) or site.names.resolve(owner.module, item)
    return found.value if isinstance(found, ValueSymbol) else item


_OF_PATTERNS = frozenset({"RegexValidator", "RegexField"})
# from the beginning to the end, and all of it the same way
_WHOLE = re.compile(r"(?:\^|\\A)([^|]+)(?:\$|\\[zZ])")


def is_let_through(body: Body, owner: ClassSymbol, name: str, clears: frozenset[str]) -> bool:
    """Whether a validator of a field, a function of the site's, raises where a value could do harm."""
    found = (
        body.flow.site.names.resolve(owner.module, item) for item in _validators(body, owner, name)
    )
    return any(
        isinstance(one, FunctionSymbol) and body.flow.predicates.lets_through(one, clears)
        for one in found
    )
