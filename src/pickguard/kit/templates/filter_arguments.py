"""What a template tells a filter beside the value: `{{ text|snippet:query }}` hands `query` on to Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pickguard.flow.callees.arguments import given
from pickguard.flow.values.origin import Passed
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail
from pickguard.source.python.walk import inside

if TYPE_CHECKING:
    from pickguard.kit.code import Code
    from pickguard.site.symbols.names import FunctionSymbol

_DEPTH_LIMIT = 4
_CALLER_LIMIT = 12
_KNOWN_BY_NAME = frozenset({"autoescape"})


def is_told_to_filter(code: Code, node: n.Expr, depth: int = 0) -> bool:
    """Whether a part of a value may be what a template tells a filter, here or in what calls this code.

    What templates of the site tell it is known already; this speaks of filters that others use as well.
    """
    function = code.function
    if function is None or depth > _DEPTH_LIMIT:
        return False
    params = {param.name for param in function.node.params}
    names = _names(code, node) & params
    if _is_filter(function):
        return bool(names & _told(function))
    for caller, call, is_bound in code.project.flow.callers.of(function)[:_CALLER_LIMIT]:
        if caller.function is None or caller.function == function:
            continue
        there = code.project.code_of(caller.function)
        for name in names:
            values = given(function, call, Passed(name), is_bound=is_bound)
            if any(is_told_to_filter(there, value, depth + 1) for value in values):
                return True
    return False


def _told(function: FunctionSymbol) -> set[str]:
    """Return the names of what a filter is told, the value left out."""
    return {p.name for p in function.node.params[1:]} - _KNOWN_BY_NAME


def _is_filter(function: FunctionSymbol) -> bool:
    return any(
        tail(part) == "filter"
        for decorator in function.node.decorators
        for part in inside(decorator)
        if isinstance(part, n.Attr)
    )


def _names(code: Code, node: n.Expr) -> set[str]:
    """Return the names that a value is made of, also of what they were made of last."""
    found = {part.id for part in inside(node) if isinstance(part, n.Name)}
    for name in tuple(found):
        for made in code.assigned(name)[:_CALLER_LIMIT]:
            found |= {part.id for part in inside(made) if isinstance(part, n.Name)}
    return found
