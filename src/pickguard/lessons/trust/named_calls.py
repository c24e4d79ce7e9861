"""The names that code gives to values: `note` of `note = get_object_or_404(Note, pk=pk)`."""

from collections.abc import Iterable
from functools import lru_cache

from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import inside, statements


def names_of_calls(block: Iterable[n.Stmt]) -> dict[int, list[str]]:
    """Return the names that each call's result goes to, as it is or in something, by the call's span."""
    named: dict[int, list[str]] = {}
    for statement in block:
        if isinstance(statement, n.Assign):
            targets = [tail(target) for target in statement.targets]
            for part in inside(statement.value):
                if isinstance(part, n.Call):
                    named.setdefault(part.span, []).extend(targets)
    return named


@lru_cache(maxsize=64)
def assigned_in(function: FunctionSymbol) -> dict[str, list[n.Expr]]:
    """Return what a function gives to each of its names."""
    found: dict[str, list[n.Expr]] = {}
    for statement in statements(body(function.node)):
        if isinstance(statement, n.Assign):
            for target in statement.targets:
                found.setdefault(tail(target), []).append(statement.value)
    return found
