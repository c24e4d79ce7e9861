"""Decorators of a site's own that keep the answer of a view for everybody, as `cache_page` does.

def kept(view):
    def inner(request, *args):
        key = "page:" + request.path
        return cache.get(key) or keep(key, view(request, *args))
"""

import re
from collections.abc import Iterator

from pickguard.kit import Project
from pickguard.kit.code import tail
from pickguard.lessons.deployment.caches.shared_value_rules import is_cache
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, statements

_KEEPS = frozenset({"set", "get_or_set", "add"})
# What tells one visitor from another, or leaves the page of whoever is known alone
_TELLS_APART = re.compile(
    r"user|session|cookie|auth|account|member|tenant|vary|anonym|staff|logged|sub_?domain|cache_key|make_key|key_?(func|maker|prefix)",
    re.IGNORECASE,
)


def keeping_decorators(project: Project) -> frozenset[FunctionSymbol]:
    """Return the site's own decorators by which the first one's answer is everybody's."""
    found = (f for word in _KEEPS for f in project.flow.callers.holding(word))
    return frozenset(one for one in found if _keeps_for_all(project, one))


def _keeps_for_all(project: Project, function: FunctionSymbol) -> bool:
    if function.owner is not None or project.kind_of(function.module) is not None:
        return False
    inner = _answering(function.node)
    if inner is None or any(map(_TELLS_APART.search, _words(project, function))):
        return False
    return any(_is_kept(node) for node in expressions(body(inner)))


def _answering(outer: n.Function) -> n.Function | None:
    """Return the function in a decorator that takes the request and runs the view, or None."""
    for one in statements(body(outer)):
        if not isinstance(one, n.Function):
            continue
        taken = {param.name for param in outer.params}
        if one.params and one.params[0].name == "request":
            return one if any(_runs(node, taken) for node in expressions(body(one))) else None
        if (inner := _answering(one)) is not None:
            return inner
    return None


def _runs(node: n.Expr, names: set[str]) -> bool:
    """Whether it is `view(request, …)`, of what the decorator stands on."""
    if not isinstance(node, n.Call) or tail(node.func) not in names or not node.args:
        return False
    return tail(node.args[0]) == "request"


def _is_kept(node: n.Expr) -> bool:
    if not isinstance(node, n.Call) or tail(node.func) not in _KEEPS:
        return False
    receiver = receiver_of(node)
    return receiver is not None and is_cache(receiver)


def _words(project: Project, function: FunctionSymbol) -> Iterator[str]:
    """Yield the words of a decorator, and of the functions of the site that it names."""
    yield from function.node.words
    for word in function.node.words:
        found = project.site.names.resolve(function.module, n.Name(0, word))
        if isinstance(found, FunctionSymbol):
            yield from found.node.words
