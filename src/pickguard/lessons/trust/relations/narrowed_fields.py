"""Serializers that look at what a relation of theirs chooses, or at who chooses it."""

import re
from collections.abc import Set as AbstractSet

from pickguard.kit import Project
from pickguard.site.access.guards import PERMISSION_WORDS
from pickguard.site.forms.forms import Form
from pickguard.site.symbols.modules import Module
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, inside

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
    """Whether a method of the serializer, or of one around it, looks at what was chosen, or at who chooses."""
    own = project.site.classes.own_methods(form.symbol)
    return any(_narrows(member, name) for member in own) or any(
        _narrows_inside(member, field, name)
        or _hands_on(project, around.symbol.module, member, field, name)
        for around in project.site.forms.all
        for field, kind in around.declared.items()
        if kind == form.symbol.node.name
        for member in project.site.classes.own_methods(around.symbol)
    )


def _hands_on(project: Project, module: Module, method: n.Function, field: str, name: str) -> bool:
    """Whether a method hands what was given inside to a function that looks at one entry, and refuses."""
    if method.name in _WRITES or field not in method.words:
        return False
    for node in expressions(body(method)):
        if isinstance(node, n.Call) and any(_names(given, field) for given in node.args):
            found = project.site.names.resolve(module, node.func)
            if isinstance(found, FunctionSymbol) and refuses(set(found.node.words)):
                return any(_names(part, name) for part in expressions(body(found.node)))
    return False


def _names(node: n.Expr, name: str) -> bool:
    return any(isinstance(part, n.Const) and part.value == name for part in inside(node))


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


def _narrows_inside(method: n.Function, field: str, name: str) -> bool:
    """Whether a method looks at one entry of what a serializer inside of its own was given."""
    if method.name == f"validate_{field}":
        return True
    if method.name in _WRITES or _LOOKING.isdisjoint(method.words):
        return False
    return any(_names(node, name) for node in expressions(body(method)))
