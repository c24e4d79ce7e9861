"""Methods by which a class view takes its row, or the rows that the browser lists, for its handlers.

class Export(LoginRequiredMixin, View):
    def get_orders(self):
        return Order.objects.filter(pk__in=self.request.GET.getlist("ids"))

    def get(self, request):
        return as_csv(self.get_orders())
"""

from collections.abc import Iterator

from pickguard.kit import Hit, Project
from pickguard.kit.code import tail
from pickguard.lessons.trust.owners.owner_classes import looks_anywhere
from pickguard.lessons.trust.owners.owner_functions import SENT, of_function, taken
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, inside

_DEEPEST = 2
# What the library's own handlers call
HOOKS = ("dispatch", "setup", "get_context_data", "form_valid", "get_initial", "get_object")
_HOOKS_OF_SETS = ("initial", "get_queryset", "perform_create", "get_serializer_context")


def of_own_methods(project: Project, view: View, symbol: ClassSymbol) -> Iterator[Hit]:
    """Yield the rows that a method of the class takes by their numbers, where nothing of it looks at who asks."""
    if view.kind not in ("class", "api", "viewset") or project.site.classes.has_unknown_gate(
        symbol
    ):
        return
    if looks_anywhere(project, symbol):
        return
    handlers = {function for _method, function in view.handlers}
    names = _HOOKS_OF_SETS if view.kind == "viewset" else HOOKS
    hooks = [project.site.classes.method(symbol, name) for name in names]
    begun = {hook for hook in hooks if hook is not None}
    called = called_methods(project, symbol, handlers | begun, _DEEPEST)
    for method in dict.fromkeys((*sorted(begun, key=lambda one: one.name), *called)):
        if method not in handlers and _takes_what_is_sent(project, method):
            yield from of_function(project, method)


def called_methods(
    project: Project, symbol: ClassSymbol, functions: set[FunctionSymbol], depth: int
) -> Iterator[FunctionSymbol]:
    """Yield the methods of the class that some of its methods call on `self`, and what those call."""
    found = {
        method
        for function in functions
        for node in expressions(body(function.node))
        if isinstance(node, n.Attr)
        and tail(node.value) == "self"
        and (method := project.site.classes.method(symbol, node.name)) is not None
    }
    yield from sorted(found, key=lambda method: method.name)
    if depth > 1 and found - functions:
        yield from called_methods(project, symbol, found, depth - 1)


def _takes_what_is_sent(project: Project, method: FunctionSymbol) -> bool:
    """Whether a method takes a row by a number that it is given, reads, or works out of what was sent."""
    return any(
        tail(part) in SENT or (isinstance(part, n.Name) and part.id != "self")
        for call, _model, _owner in taken(project, method)
        for keyword in call.keywords
        for part in inside(keyword.value)
    )
