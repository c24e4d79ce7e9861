"""Rows that a function asks about where it shows them, and changes for whoever posts.

def edit(request, pk):
    row = get_object_or_404(Note, pk=pk)
    if request.method == "GET":
        if row.owner != request.user:
            raise PermissionDenied
        return render(request, "edit.html", {"row": row})
    row.text = request.POST["text"]
    row.save()
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from pickguard.kit import Code
from pickguard.kit.code import tail, text
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import expressions, inside, statements

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_SAFE_NAMES = frozenset({"SAFE_METHODS"})
Asking = Callable[[Iterable[n.Expr]], bool]
Refusing = Callable[[n.Stmt], bool]


def changed_unasked(
    code: Code, rows: dict[str, n.Call], refuses: Refusing, asks: Asking
) -> tuple[n.Call, n.Stmt] | None:
    """Return what changes a row for whoever posts, and the question that only a look is asked.

    Args:
        code: a function that answers requests.
        rows: the names of rows that it takes by a number, with what takes them.
        refuses: tells a condition on the user that ends the code.
        asks: tells whether expressions ask for anything.
    """
    for shown, posted in parts_by_method(code.block):
        question = next((s for s in statements(shown) if refuses(s) and _is_about(s, rows)), None)
        if question is None:
            continue
        within = set(expressions(shown))
        if asks(node for node in code.expressions if node not in within):
            continue
        change = next(_changes(code, posted), None)
        if change is not None:
            return change, question
    return None


def parts_by_method(
    block: tuple[n.Stmt, ...],
) -> Iterator[tuple[tuple[n.Stmt, ...], tuple[n.Stmt, ...]]]:
    """Yield what a block does for a GET alone, and what it does for a POST."""
    for position, statement in enumerate(block):
        if not isinstance(statement, n.If):
            continue
        is_look = _is_look(statement.test)
        after = block[position + 1 :]
        if is_look is True:
            yield statement.body, (*statement.other, *after)
        elif is_look is False and statement.other:
            yield statement.other, (*statement.body, *after)


def _is_look(test: n.Expr) -> bool | None:
    """Tell `request.method == "GET"` (True) from `== "POST"` (False); None for any other condition."""
    if not isinstance(test, n.Compare) or tail(test.left) != "method" or len(test.rights) != 1:
        return None
    right, op = test.rights[0], test.ops[0]
    if op == "in" and tail(right) in _SAFE_NAMES:
        return True
    if op == "==" and text(right) in _SAFE:
        return True
    return False if op == "==" and text(right) == "POST" else None


def _is_about(statement: n.Stmt, rows: dict[str, n.Call]) -> bool:
    test = statement.test if isinstance(statement, n.If) else None
    return test is not None and any(tail(part) in rows for part in inside(test))


def _changes(code: Code, block: tuple[n.Stmt, ...]) -> Iterator[n.Call]:
    function = code.function
    for node in expressions(block):
        if isinstance(node, n.Call) and function is not None:
            if code.project.effects.effect(function, node).endswith((" row", " rows")):
                yield node
