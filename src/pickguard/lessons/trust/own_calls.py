"""The methods of a class that one of its methods calls: `check` of `self.check(note)`."""

from collections.abc import Iterator

from pickguard.kit import Project
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions


def methods_called(
    project: Project, symbol: ClassSymbol, method: FunctionSymbol
) -> Iterator[FunctionSymbol]:
    """Yield the methods of a class that one of its methods calls on `self`, itself left out.

    Args:
        project: the project.
        symbol: the class whose `self` it is.
        method: one of its methods, or of its ancestors'.
    """
    for node in expressions(body(method.node)):
        if (
            isinstance(node, n.Call)
            and isinstance(node.func, n.Attr)
            and tail(node.func.value) == "self"
        ):
            found = project.site.classes.method(symbol, node.func.name)
            if found is not None and found != method:
                yield found
