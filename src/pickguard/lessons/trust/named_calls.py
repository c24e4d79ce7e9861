"""The names that the results of calls go to: `note` of `note = get_object_or_404(Note, pk=pk)`."""

from collections.abc import Iterable

from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail
from pickguard.source.python.walk import inside


def names_of_calls(statements: Iterable[n.Stmt]) -> dict[int, list[str]]:
    """Return the names that each call's result goes to, as it is or in something, by the call's span."""
    named: dict[int, list[str]] = {}
    for statement in statements:
        if isinstance(statement, n.Assign):
            targets = [tail(target) for target in statement.targets]
            for part in inside(statement.value):
                if isinstance(part, n.Call):
                    named.setdefault(part.span, []).extend(targets)
    return named
