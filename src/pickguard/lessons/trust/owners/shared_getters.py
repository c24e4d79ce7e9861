"""Rows that a class of the site's takes for many views, by whatever model each of them names.

class Edit:                                                         class EditNote(LoginRequiredMixin, Edit, View):
    def get_object(self):                                               model = Note
        return get_object_or_404(self.model, pk=self.kwargs["pk"])
"""

from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import tail
from pickguard.lessons.trust.owners.own_methods import HOOKS, called_methods
from pickguard.lessons.trust.owners.owner_classes import looks_anywhere
from pickguard.lessons.trust.ownership import MADE, WHOLE, narrowing_owner, rows_of_class
from pickguard.lessons.trust.row_keys import choosing, is_key, is_shortcut
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of
from pickguard.source.python.bodies import body
from pickguard.source.python.queries import MANAGERS
from pickguard.source.python.walk import expressions

_DEEPEST = 2
_ROWS = frozenset({"model", "queryset"})


def of_shared_getters(project: Project, view: View, symbol: ClassSymbol) -> Iterator[Hit]:
    """Yield the view whose row a class that it inherits from takes by its number, of all that there are."""
    if view.kind != "class" or project.site.classes.has_unknown_gate(symbol):
        return
    found = rows_of_class(project, symbol)
    owner = narrowing_owner(project, found[0]) if found is not None else None
    if found is None or owner is None or MADE.search(owner) or looks_anywhere(project, symbol):
        return
    for method in _methods(project, view, symbol):
        row = next(_rows(method, found[0]), None)
        if row is not None and method.owner != symbol:
            yield Hit(
                (
                    Spot(symbol.module.path, symbol.node.span),
                    Spot(method.module.path, row.span, "the row is taken"),
                ),
                f"`{symbol.node.name}` takes any `{found[0].name}` by its number, whoever its `{owner}` is",
                Confidence.MEDIUM,
                symbol.name,
            )
            return


def _methods(project: Project, view: View, symbol: ClassSymbol) -> Iterator[FunctionSymbol]:
    """Yield the handlers of a view, and the methods that run before them or that they call."""
    handlers = {function for _method, function in view.handlers}
    hooks = (project.site.classes.method(symbol, name) for name in HOOKS)
    begun = {*handlers, *filter(None, hooks)}
    yield from sorted(begun, key=lambda one: one.name)
    yield from called_methods(project, symbol, begun, _DEEPEST)


def _rows(method: FunctionSymbol, model: Model) -> Iterator[n.Call]:
    """Yield the calls that take a row of the view's own model by its number alone."""
    for node in expressions(body(method.node)):
        if not isinstance(node, n.Call):
            continue
        if is_shortcut(node):
            rows: n.Expr | None = node.args[0]
        else:
            rows = receiver_of(node) if tail(node.func) == "get" else None
        keys = choosing(node) if rows is not None and _are_all(rows) else ()
        if keys and all(is_key(model, key.name or "") for key in keys):
            yield node


def _are_all(rows: n.Expr) -> bool:
    """Whether it is all rows of the view's own model: `self.model`, `self.model.objects.all()`, `self.queryset`."""
    while True:
        if isinstance(rows, n.Call) and isinstance(rows.func, n.Attr) and not rows.args:
            if rows.func.name not in WHOLE:
                return False
            rows = rows.func.value
        elif isinstance(rows, n.Attr) and rows.name in MANAGERS:
            rows = rows.value
        else:
            break
    return isinstance(rows, n.Attr) and rows.name in _ROWS and tail(rows.value) in ("self", "cls")
