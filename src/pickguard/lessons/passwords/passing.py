"""Code that all requests pass, those of the login among them."""

import re

from pickguard.kit import Code
from pickguard.site.names import ClassSymbol
from pickguard.source.python import nodes as n

_EVERY = frozenset({"__call__", "__acall__", "process_request", "process_view", "process_response"})
# What API views run before and after each method
_HOOKS = frozenset({"initial", "finalize_response"})
_HIDES = re.compile(
    r"passw|sensitive|secret|mask|redact|scrub|saniti|clean|hid(e|den)|censor|obfusc|filter|exclude",
    re.IGNORECASE,
)


def sees_all(code: Code) -> bool:
    """Whether it is a middleware's code, with nothing in it that keeps passwords back: logins pass it too."""
    if code.owner is None:
        return False
    words = _words(code.owner)
    if _EVERY.isdisjoint(words) or any(map(_HIDES.search, words)):
        return False
    classes = code.project.site.classes
    return "get_response" in words or classes.inherits(code.owner, "MiddlewareMixin")


def is_hook(code: Code) -> bool:
    """Whether whatever view takes a mixin in runs this, and nothing in it keeps passwords back."""
    owner, function = code.owner, code.function
    if owner is None or function is None or not owner.node.name.endswith("Mixin"):
        return False
    return function.node.name in _HOOKS and not any(map(_HIDES.search, _words(owner)))


def _words(owner: ClassSymbol) -> frozenset[str]:
    """Return the names of the methods of a class, and those in them."""
    methods = [m for m in owner.node.body if isinstance(m, n.Function)]
    return frozenset(word for method in methods for word in (method.name, *method.words))
