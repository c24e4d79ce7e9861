"""Rows that a decorator takes for the view behind it, by the number in the address.

def with_note(view):
    def inner(request, pk):
        return view(request, get_object_or_404(Note, pk=pk))
    return inner
"""

from collections.abc import Iterator

from pickguard.kit import Hit, Project
from pickguard.kit.around import decorators
from pickguard.lessons.trust.owners.owner_functions import checks_owner, of_function
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python.accessors import func_of


def of_decorators(project: Project, function: FunctionSymbol) -> Iterator[Hit]:
    """Yield the rows that the decorators of a handler take, where neither they nor it look at whose they are."""
    if checks_owner(function):
        return
    for decorator in decorators(project, function):
        found = project.site.names.resolve(function.module, func_of(decorator))
        if isinstance(found, FunctionSymbol) and project.kind_of(found.module) is None:
            for inner in project.flow.nested(found):
                if inner.function is not None:
                    yield from of_function(project, inner.function)
