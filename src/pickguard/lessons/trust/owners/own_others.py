"""Rows of whoever asks that a function takes beside one of another model, and that say nothing about that one.

paper = get_object_or_404(Paper, pk=pk, owner=request.user)
paper.folder = Folder.objects.get(pk=request.POST["folder"])
"""

from pickguard.kit import Project
from pickguard.kit.code import tail
from pickguard.lessons.trust.named_calls import names_of_calls
from pickguard.lessons.trust.ownership import is_user, rows_of
from pickguard.lessons.trust.private_rows import private_owner
from pickguard.lessons.trust.row_keys import choosing, is_shortcut, taken_from
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, inside, statements

_LOOKS = frozenset({"filter", "exclude", "get", "aget", "get_object_or_404", "has_perm"})
_NUMBERS = frozenset({"pk", "id", "uuid"})


def own_of_others(
    project: Project, function: FunctionSymbol, model: Model, row: n.Call
) -> frozenset[int]:
    """Return where a function takes rows of whoever asks' own that say nothing about a row of another model.

    Args:
        project: what is looked at.
        function: what takes the rows.
        model: the model of the row that is asked about.
        row: the call that takes it.

    Returns:
        The spans of the calls; of rows that it hangs on, or that it is held against, there are none. Where
        rows of the model may be for others, it is what makes a new one instead: `… if pk else Note(owner=user)`.
    """
    named = names_of_calls(statements(body(function.node)))
    names = frozenset(named.get(row.span, ()))
    calls = [c for c in expressions(body(function.node)) if isinstance(c, n.Call)]
    made = [call for call in calls if _makes_for_asker(call)]
    if private_owner(project, model) is None:
        return frozenset(c.span for c in made if not names.isdisjoint(named.get(c.span, ())))
    own = [
        call
        for call in calls
        if _takes_one_of_own(call) and _is_apart(model, rows_of(project, function, _rows(call)))
        if not _is_held_against(function, names, frozenset(named.get(call.span, ())))
    ]
    return frozenset(call.span for call in (*made, *own))


def _is_held_against(function: FunctionSymbol, names: frozenset[str], own: frozenset[str]) -> bool:
    """Whether a function compares two rows, or looks for something that both belong to."""
    for node in expressions(body(function.node)):
        if isinstance(node, n.Compare) or (isinstance(node, n.Call) and tail(node.func) in _LOOKS):
            parts = {tail(part) for part in inside(node)}
            if parts & names and parts & own:
                return True
    return False


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
