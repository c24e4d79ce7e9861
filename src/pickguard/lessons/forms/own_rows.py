"""By which relation a view hands out the rows of whoever asks: `Expense.objects.filter(spender=request.user)`."""

from collections.abc import Iterator

from pickguard.kit import Project
from pickguard.kit.code import tail, text
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, statements

_CHOOSES = "get_queryset"
_TO_ONE = ("ForeignKey", "OneToOneField")
_FILLS = ("perform_create", "perform_update", "create", "form_valid", "get_serializer")


def chosen_by(project: Project, view: View, model: Model) -> frozenset[str]:
    """Return the relations to one user by which a view takes its rows out of all, and which it does not fill."""
    symbol = view.symbol
    if not isinstance(symbol, ClassSymbol):
        return frozenset()
    method = project.site.classes.method(symbol, _CHOOSES)
    if method is None or "user" not in method.node.words:
        return frozenset()
    filled = {
        word
        for name in _FILLS
        for one in project.site.classes.methods(symbol, name)
        for word in one.node.words
    }
    to_one = {field.name for field in model.fields if field.kind in _TO_ONE}
    return frozenset(to_one).intersection(_relations(body(method.node))) - filled


def _relations(block: tuple[n.Stmt, ...]) -> Iterator[str]:
    for node in expressions(block):
        if isinstance(node, n.Call) and tail(node.func) == "filter":
            for keyword in node.keywords:
                if keyword.name and _is_user(keyword.value):
                    yield keyword.name.removesuffix("_id")


def _is_user(value: n.Expr) -> bool:
    if isinstance(value, n.Attr) and value.name in ("id", "pk"):
        value = value.value
    return isinstance(value, n.Attr) and value.name == "user"


def takes_away(project: Project, view: View, name: str) -> bool:
    """Whether a view takes a field out of its form for some: `del form.fields["owner"]`."""
    symbol = view.symbol
    methods = project.site.classes.own_methods(symbol) if isinstance(symbol, ClassSymbol) else ()
    return any(
        _is_field(node, name)
        for method in methods
        if method.name in _MAKING_FORMS
        for node in _taken_out(body(method))
    )


_MAKING_FORMS = frozenset({"get_form", "get_form_class"})


def _taken_out(block: tuple[n.Stmt, ...]) -> Iterator[n.Expr]:
    for statement in statements(block):
        if isinstance(statement, n.Delete):
            yield from statement.targets
    for node in expressions(block):
        if isinstance(node, n.Call) and tail(node.func) == "pop" and node.args:
            yield n.Index(node.span, receiver_of(node) or node, node.args[0])


def _is_field(node: n.Expr, name: str) -> bool:
    return isinstance(node, n.Index) and tail(node.value) == "fields" and text(node.index) == name


def writes_over(project: Project, view: View, name: str) -> bool:
    """Whether a view puts who asks into what was sent, before a form sees it: `data["owner"] = request.user.pk`."""
    return any(
        isinstance(statement, n.Assign)
        and _is_user(statement.value)
        and any(isinstance(t, n.Index) and text(t.index) == name for t in statement.targets)
        for _method, function in view.handlers
        for statement in project.code_of(function).statements
    )


_POWER = frozenset({"is_superuser", "is_staff", "has_perm", "has_perms", "PermissionDenied"})
_SAVING = ("perform_create", "perform_update")


def lets_power_choose(project: Project, view: View, name: str) -> bool:
    """Whether an API saves a relation itself, after a look at whether whoever asks may choose it."""
    symbol = view.symbol
    if not isinstance(symbol, ClassSymbol):
        return False
    found = [project.site.classes.method(symbol, one) for one in _SAVING]
    methods = [method for method in found if method is not None]
    return bool(methods) and all(
        not _POWER.isdisjoint(method.node.words) and name in method.node.words for method in methods
    )
