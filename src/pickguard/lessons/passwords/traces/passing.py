"""Code that all requests pass, those of the login among them."""

import re

from pickguard.kit import Code
from pickguard.site.symbols.names import ClassSymbol
from pickguard.source.python import nodes as n

_EVERY = frozenset({"__call__", "__acall__", "process_request", "process_view", "process_response"})
# What API views run before and after each method
_HOOKS = frozenset({"initial", "finalize_response"})
HIDES = re.compile(
    r"passw|sensitive|secret|mask|redact|scrub|saniti|clean|hid(e|den)|censor|obfusc|filter|exclude",
    re.IGNORECASE,
)
"""Names of what keeps passwords back."""


def sees_all(code: Code, known: frozenset[str] = frozenset()) -> bool:
    """Whether it is a middleware's code, or that of what a middleware makes: logins pass it too.

    Something in it that keeps passwords back makes it another matter; the functions whose names are `known` do not.
    """
    if code.owner is None or _hides(code.owner, known):
        return False
    made_by = code.project.flow.callers.constructing(code.owner)
    owners = [code.owner, *(body.owner for body, _call in made_by if body.owner is not None)]
    return any(_is_middleware(code, owner, known) for owner in owners)


def _hides(owner: ClassSymbol, known: frozenset[str] = frozenset()) -> bool:
    return any(map(HIDES.search, _words(owner) - known))


def _is_middleware(code: Code, owner: ClassSymbol, known: frozenset[str]) -> bool:
    if _EVERY.isdisjoint(_words(owner)) or _hides(owner, known):
        return False
    return code.project.site.classes.is_middleware(owner)


def is_hook(code: Code) -> bool:
    """Whether whatever view takes a mixin in runs this, and nothing in it keeps passwords back."""
    owner, function = code.owner, code.function
    if owner is None or function is None or not owner.node.name.endswith("Mixin"):
        return False
    return function.node.name in _HOOKS and not _hides(owner)


def _words(owner: ClassSymbol) -> frozenset[str]:
    """Return the names of the methods of a class, and those in them."""
    methods = [m for m in owner.node.body if isinstance(m, n.Function)]
    return frozenset(word for method in methods for word in (method.name, *method.words))
