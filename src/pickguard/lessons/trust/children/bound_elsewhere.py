"""Rows taken by their number alone, where another function of the module takes them by their parent as well.

def preview(request, ticket, number):                def remove(request, ticket, number):
    file = get_object_or_404(                            file = get_object_or_404(File, pk=number)
        File, pk=number, answer__ticket=ticket)          file.delete()
"""

from collections import defaultdict
from collections.abc import Iterator

from msgspec import Struct

from pickguard.kit import Code, Project
from pickguard.kit.code import tail
from pickguard.kit.templates.pages import PAGES
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.queries import MANAGERS
from pickguard.source.python.walk import inside

_SHORTCUTS = ("get_object_or_404", "aget_object_or_404")
_KEYS = frozenset({"pk", "id", "uuid"})
_NO_PARENTS = frozenset({"user", "request", "self"})
_SHOWS = PAGES | {"Response", "JsonResponse", "info", "debug"}


class Bound(Struct, frozen=True):
    """How a function takes rows among those of a parent.

    Attributes:
        function: what takes them.
        expr: what does so in it.
        relation: the way from the rows to the parent: `answer__ticket`.
        parent: what the parent is called there: `ticket`, or `team` of `self.team`.
    """

    function: FunctionSymbol
    expr: n.Expr
    relation: str
    parent: str


def bound_elsewhere(
    code: Code, call: n.Call, model: Model, names: frozenset[str]
) -> Iterator[Bound]:
    """Yield how the module binds a row to a parent that is at hand here, and ties to it in no way.

    Args:
        code: takes the row.
        call: by its number alone.
        model: what it is a row of.
        names: what the row is called there.
    """
    if code.function is None or tail(call.func) not in _SHORTCUTS or _is_asked(code, call):
        return
    known = code.project.once(_bindings).get((code.function.module.path, model.label), ())
    for one in known:
        is_other = one.function != code.function
        if is_other and _is_at_hand(code, one.parent) and not _is_tied(code, call, names, one):
            yield one


def _bindings(project: Project) -> dict[tuple[str, str], list[Bound]]:
    found: dict[tuple[str, str], list[Bound]] = defaultdict(list)
    for shortcut in _SHORTCUTS:
        for function in project.flow.callers.holding(shortcut):
            for call in project.code_of(function).calls(shortcut):
                for model, one in _bound(project, function, call):
                    found[function.module.path, model.label].append(one)
    return found


def _bound(
    project: Project, function: FunctionSymbol, call: n.Call
) -> Iterator[tuple[Model, Bound]]:
    if not call.args or _KEYS.isdisjoint(keyword.name for keyword in call.keywords):
        return
    model = project.site.models.of(project.site.names.resolve(function.module, _rows(call.args[0])))
    for keyword in call.keywords if model is not None else ():
        value = keyword.value
        if keyword.name and keyword.name not in _KEYS and isinstance(value, n.Name):
            if value.id not in _NO_PARENTS and model is not None:
                yield model, Bound(function, call, keyword.name, value.id)


def _rows(value: n.Expr) -> n.Expr:
    """Return `Note` of `Note` and of `Note.objects.active()`."""
    node = value
    while isinstance(node, n.Call | n.Attr):
        if isinstance(node, n.Attr) and node.name in MANAGERS:
            return node.value
        node = node.func if isinstance(node, n.Call) else node.value
    return value


def _is_at_hand(code: Code, parent: str) -> bool:
    """Whether the code has the parent: it is given it, or took it."""
    return parent in code.body.params or bool(code.assigned(parent))


def _is_asked(code: Code, call: n.Call) -> bool:
    """Whether the row is taken among those of a person, or nobody passes but who may see all."""
    if "is_superuser" in code.words:
        return True
    return any(tail(part) == "user" for part in inside(call))


def _is_tied(code: Code, call: n.Call, names: frozenset[str], one: Bound) -> bool:
    """Whether the row is chosen by the parent, asked what it hangs on, or held against the parent."""
    if any(tail(part) == one.parent for k in call.keywords for part in inside(k.value)):
        return True
    relation = one.relation.partition("__")[0]
    for node in code.expressions:
        if isinstance(node, n.Attr) and node.name in (relation, f"{relation}_id"):
            if tail(node.value) in names:
                return True
        if isinstance(node, n.Call | n.Compare) and node != call:
            parts = {tail(part) for part in inside(node)}
            is_shown = isinstance(node, n.Call) and tail(node.func) in _SHOWS
            if one.parent in parts and parts & names and not is_shown:
                return True
    return False
