"""Rows of whoever asks that a function takes beside one of another model, and that say nothing about that one.

paper = get_object_or_404(Paper, pk=pk, owner=request.user)
paper.folder = Folder.objects.get(pk=request.POST["folder"])
"""

from pickguard.kit import Project
from pickguard.kit.code import tail
from pickguard.lessons.trust.named_calls import names_of_calls
from pickguard.lessons.trust.openness import SHOWN
from pickguard.lessons.trust.ownership import (
    is_chosen_by_owner,
    is_user,
    owner_field,
    rows_of,
    rows_of_class,
)
from pickguard.lessons.trust.row_keys import choosing, is_shortcut, taken_from
from pickguard.lessons.trust.whole_rows import all_rows
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol, methods_of
from pickguard.source.python import nodes as n
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, inside, statements

_LOOKS = frozenset({"filter", "exclude", "get", "aget", "get_object_or_404", "has_perm"})
_LISTS = (".ListView", ".ListModelMixin", ".ListAPIView")
_NUMBERS = frozenset({"pk", "id", "uuid"})


def own_of_others(
    project: Project, function: FunctionSymbol, model: Model, row: n.Call
) -> frozenset[int]:
    """Return where a function takes rows of whoever asks' own that say nothing about a row of another model.

    The site takes rows of that model out of those of whoever asks as well, and lists all of them nowhere.

    Args:
        project: what is looked at.
        function: what takes the rows.
        model: the model of the row that is asked about.
        row: the call that takes it.

    Returns:
        The spans of the calls; of rows that it hangs on, or that it is held against, there are none.
    """
    owner = owner_field(project, model, 0)
    if owner is None or not is_chosen_by_owner(project, model, owner):
        return frozenset()
    if any(SHOWN.search(field.name) for field in model.fields):
        return frozenset()
    if model.label in project.once(_listed):
        return frozenset()
    named = names_of_calls(statements(body(function.node)))
    names = frozenset(named.get(row.span, ()))
    return frozenset(
        call.span
        for call in expressions(body(function.node))
        if isinstance(call, n.Call)
        if _makes_for_asker(call)
        or (
            _takes_one_of_own(call)
            and _is_apart(model, rows_of(project, function, _rows(call)))
            and not _is_held_against(function, names, frozenset(named.get(call.span, ())))
        )
    )


def _is_held_against(function: FunctionSymbol, names: frozenset[str], own: frozenset[str]) -> bool:
    """Whether a function compares two rows, or looks for something that both belong to."""
    for node in expressions(body(function.node)):
        if isinstance(node, n.Compare) or (isinstance(node, n.Call) and tail(node.func) in _LOOKS):
            parts = {tail(part) for part in inside(node)}
            if parts & names and parts & own:
                return True
    return False


def _listed(project: Project) -> frozenset[str]:
    """Return the labels of the models of which some view takes all the rows."""
    found: set[str] = set()
    for _route, view in project.views():
        symbol = view.symbol
        functions = [function for _method, function in view.handlers]
        if isinstance(symbol, ClassSymbol):
            functions += methods_of(symbol)
            is_narrowed = project.site.classes.method(symbol, "get_queryset") is not None
            own = None if is_narrowed else rows_of_class(project, symbol)
            if own is not None and project.site.classes.inherits(symbol, *_LISTS):
                found.add(own[0].label)
        for function in functions:
            found.update(model.label for _call, model in all_rows(project, function, None))
    return frozenset(found)


def _takes_one_of_own(call: n.Call) -> bool:
    """Whether a call takes a row by its number among those of whoever asks."""
    if not is_shortcut(call) and tail(call.func) not in ("get", "aget"):
        return False
    keywords = choosing(call)
    return any(is_user(one.value) for one in keywords) and any(k.name in _NUMBERS for k in keywords)


def _makes_for_asker(call: n.Call) -> bool:
    """Whether a call makes a row that belongs to whoever asks: `Note.objects.create(owner=request.user, …)`."""
    name = tail(call.func)
    if name not in ("create", "acreate") and not name[:1].isupper():
        return False
    return any(is_user(one.value) for one in call.keywords)


def _rows(call: n.Call) -> n.Expr | None:
    return call.args[0] if is_shortcut(call) else taken_from(call)


def _is_apart(model: Model, other: Model | None) -> bool:
    if other is None or other == model:
        return False
    return all((field.target or "").lower() != other.label.lower() for field in model.fields)
