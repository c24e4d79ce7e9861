"""What a `get_queryset` hands out where it leaves nobody's rows out: `return Note.objects.order_by("day")`.

Nobody's are left out either where the browser says whether any are:

rows = Note.objects.all()
status = self.request.query_params.get("status")
if status:
    rows = rows.filter(status=status)
return rows
"""

from collections.abc import Iterator, Mapping

from pickguard.kit import Project
from pickguard.kit.code import tail
from pickguard.lessons.trust.ownership import WHOLE
from pickguard.lessons.trust.whole_rows import all_rows
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import start_of
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import inside, statements

_DEEPEST = 4
_SENT = frozenset({"query_params", "GET"})


def whole_queryset(
    project: Project, method: FunctionSymbol, own: Model | None
) -> tuple[n.Expr, Model] | None:
    """Return the rows that a method returns in every case, where they are everybody's, with their model.

    Args:
        project: all there is.
        method: the `get_queryset` of a class.
        own: the model of the class's `queryset`.
    """
    chains = {rows.span: model for rows, model in all_rows(project, method, own)}
    block = body(method.node)
    returned = [s.value for s in statements(block) if isinstance(s, n.Return)]
    if not chains or not returned:
        return None
    assigned = _assigned(block)
    at_will = frozenset(_at_will(block, assigned))
    assigned = {
        name: [value for value in values if value.span not in at_will or not _goes_on(value, name)]
        for name, values in assigned.items()
    }
    returned = [r for r in returned if r is None or r.span not in at_will] or returned
    found = [_everybodys(value, chains, assigned, _DEEPEST) for value in returned]
    return next((one for one in found if one is not None), None) if all(found) else None


def _at_will(block: tuple[n.Stmt, ...], assigned: Mapping[str, list[n.Expr]]) -> Iterator[int]:
    """Yield where values stand that are given or returned only where the browser asks for it."""
    for branch in statements(block):
        if isinstance(branch, n.If) and _is_sent(branch.test, assigned):
            for statement in statements(branch.body):
                if isinstance(statement, n.Assign | n.Return) and statement.value is not None:
                    yield statement.value.span


def _is_sent(test: n.Expr, assigned: Mapping[str, list[n.Expr]]) -> bool:
    """Whether a condition is about what the address says behind its `?`, and about nothing else."""
    names = [part for part in inside(test) if isinstance(part, n.Name) and part.id != "self"]
    if any(name.id not in assigned for name in names):
        return False
    made = [value for name in names for value in assigned[name.id]] or [test]
    return all(
        any(isinstance(part, n.Attr) and part.name in _SENT for part in inside(one)) for one in made
    )


def _assigned(block: tuple[n.Stmt, ...]) -> dict[str, list[n.Expr]]:
    found: dict[str, list[n.Expr]] = {}
    for statement in statements(block):
        for target in statement.targets if isinstance(statement, n.Assign) else ():
            if isinstance(target, n.Name) and isinstance(statement, n.Assign):
                found.setdefault(target.id, []).append(statement.value)
    return found


def _everybodys(
    value: n.Expr | None,
    chains: Mapping[int, Model],
    assigned: Mapping[str, list[n.Expr]],
    depth: int,
) -> tuple[n.Expr, Model] | None:
    """Return where everybody's rows are taken that a value holds, through the names that it goes by."""
    if value is None or depth == 0:
        return None
    if value.span in chains:
        return value, chains[value.span]
    root = _root(value)
    if not isinstance(root, n.Name):
        return None
    begun = [each for each in assigned.get(root.id, ()) if not _goes_on(each, root.id)]
    found = [_everybodys(each, chains, assigned, depth - 1) for each in begun]
    is_narrowed = any(
        _goes_on(each, root.id) and _root(each) is None for each in assigned.get(root.id, ())
    )
    if not found or is_narrowed or not all(found):
        return None
    return found[0]


def _goes_on(value: n.Expr, name: str) -> bool:
    """Whether a value is made of what its name held before: `rows = rows.order_by("day")`."""
    node = start_of(value)
    return isinstance(node, n.Name) and node.id == name


def _root(value: n.Expr) -> n.Expr | None:
    """Return what a chain begins at whose links leave no row out, or None."""
    node = value
    while isinstance(node, n.Call):
        if not isinstance(node.func, n.Attr) or tail(node.func) not in WHOLE:
            return None
        node = node.func.value
    return node
