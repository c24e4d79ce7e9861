"""A row that is handed, with who asks, to a function or form of the site's own that compares the two or says no.

def _mine(request, order):                          order = get_object_or_404(Order, pk=pk)
    if order.customer_id != request.user.pk:        _mine(request, order)
        raise PermissionDenied
"""

from pickguard.kit import Project
from pickguard.kit.code import tail
from pickguard.lessons.trust.asking import NOT_THERE, REFUSALS, asks_who_may
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, inside, statements

_WHO = frozenset({"request", "user"})
_KEEPS = frozenset({"save", "asave", "delete", "adelete"})


def is_asked_elsewhere(project: Project, function: FunctionSymbol, names: set[str]) -> bool:
    """Whether a row of these names goes with who asks to what looks at both, before it is changed for good."""
    for node in expressions(body(function.node)) if names else ():
        if not isinstance(node, n.Call):
            continue
        if tail(node.func) in _KEEPS and isinstance(node.func, n.Attr):
            if tail(node.func.value) in names:
                return False
        given = [tail(value) for value in node.args]
        held = {k.name or "": tail(k.value) for k in node.keywords}
        if not _WHO.isdisjoint((*given, *held.values())):
            if _looks(project, function, node, [name in names for name in given], held, names):
                return True
    return False


def _looks(
    project: Project,
    function: FunctionSymbol,
    call: n.Call,
    is_row: list[bool],
    held: dict[str, str],
    names: set[str],
) -> bool:
    """Whether a function brings together, in a comparison or a call that asks, the row it is given and the user."""
    found = project.site.names.resolve(function.module, call.func)
    if isinstance(found, ClassSymbol):
        return "instance" in held and _looks_in_form(project, found)
    if not isinstance(found, FunctionSymbol) or "user" not in found.node.words:
        return False
    params = [param.name for param in found.node.params]
    rows = {name for name, one in zip(params, is_row, strict=False) if one}
    rows |= {name for name, value in held.items() if value in names}
    says_no = not (REFUSALS | NOT_THERE).isdisjoint(found.node.words)
    return any(
        _brings_together(node, rows)
        for statement in statements(body(found.node))
        if says_no or isinstance(statement, n.Return)
        for node in expressions((statement,))
    )


def _looks_in_form(project: Project, form: ClassSymbol) -> bool:
    """Whether what a form asks before it is saved brings its row and the user together."""
    return any(
        _brings_together(node, {"instance"})
        for method in project.site.classes.own_methods(form)
        if method.name.startswith("clean") and "user" in method.words
        for node in expressions(body(method))
    )


def _brings_together(node: n.Expr, rows: set[str]) -> bool:
    if not isinstance(node, n.Compare) and not (
        isinstance(node, n.Call) and asks_who_may({tail(node.func)})
    ):
        return False
    said = {tail(part) for part in inside(node) if isinstance(part, n.Name | n.Attr)}
    return "user" in said and bool(said & rows)
