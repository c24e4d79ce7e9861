"""The names that code gives to values: `note` of `note = get_object_or_404(Note, pk=pk)`."""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import inside, statements


def names_of_calls(block: Iterable[n.Stmt]) -> dict[int, list[str]]:
    """Return the names that each call's result goes to, as it is, in something or one by one, by the call's span."""
    named: dict[int, list[str]] = {}
    for statement in block:
        for targets, value in _given(statement):
            for part in inside(value):
                if isinstance(part, n.Call):
                    named.setdefault(part.span, []).extend(map(tail, targets))
    return named


def _given(statement: n.Stmt) -> Iterator[tuple[tuple[n.Expr, ...], n.Expr]]:
    """Yield what a statement gives names to, with the names: `for note in notes.filter(pk__in=numbers)`."""
    if isinstance(statement, n.Assign):
        yield statement.targets, statement.value
    elif isinstance(statement, n.For):
        yield (statement.target,), statement.source


@lru_cache(maxsize=64)
def assigned_in(function: FunctionSymbol) -> dict[str, list[n.Expr]]:
    """Return what a function gives to each of its names."""
    found: dict[str, list[n.Expr]] = {}
    for statement in statements(body(function.node)):
        if isinstance(statement, n.Assign):
            for target in statement.targets:
                found.setdefault(tail(target), []).append(statement.value)
    return found
