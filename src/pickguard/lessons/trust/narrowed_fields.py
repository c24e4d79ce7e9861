"""Serializers that look at what a relation of theirs chooses, or at who chooses it."""

import re
from collections.abc import Set as AbstractSet

from pickguard.kit import Project
from pickguard.site.forms import Form
from pickguard.site.guards import PERMISSION_WORDS
from pickguard.source.python import nodes as n

_REFUSING = PERMISSION_WORDS | {
    "ValidationError",
    "permission_denied",
    "Http404",
    "check_object_permissions",
}
_ENSURES = re.compile(
    r"_?(ensure|check|require|assert|enforce|verify)_(\w+_)?(access|owner(ship)?|member(ship)?|scope|tenant|rights?)$"
)
_LOOKING = PERMISSION_WORDS | {"queryset", "user", "context", "request"}
_WRITES = frozenset({"create", "update", "save"})


def refuses(words: AbstractSet[str]) -> bool:
    """Whether a piece of code refuses somebody, or asks for a right, by the names in it."""
    return not _REFUSING.isdisjoint(words) or any(map(_ENSURES.match, words))


def is_narrowed(project: Project, form: Form, name: str) -> bool:
    """Whether a method of the serializer looks at what was chosen, or at who chooses."""
    return any(_narrows(member, name) for member in project.site.classes.own_methods(form.symbol))


def _narrows(method: n.Function, name: str) -> bool:
    """Whether a method says which rows may be chosen; to write down who wrote says nothing of them."""
    words = set(method.words)
    if method.name == f"validate_{name}":
        return True
    if _LOOKING.isdisjoint(words):
        return False
    if method.name not in _WRITES:
        return True
    return {"filter", name} <= words or "queryset" in words or not _REFUSING.isdisjoint(words)
