"""Functions that ask for a right where they show a form, and change rows for whoever sends it.

def promote(request):
    if request.method == "POST":
        person.groups.add(group)
    elif request.user.has_perm("auth.change_group"):
        return render(request, "promote.html")
"""

from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import tail
from pickguard.lessons.trust.asking import REFUSALS, asks_who_may
from pickguard.lessons.trust.openness import proves_itself
from pickguard.lessons.trust.ownership import is_user
from pickguard.lessons.trust.ways.method_branches import parts_by_method
from pickguard.site.access.guards import PERMISSION_WORDS
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, inside, statements

_RIGHTS = PERMISSION_WORDS - REFUSALS
Block = tuple[n.Stmt, ...]


def of_functions(project: Project) -> Iterator[Hit]:
    """Yield the functions that change rows for whoever posts, and ask for a right for a look alone."""
    seen: set[FunctionSymbol] = set()
    for _route, view in project.views():
        function = view.symbol
        if not isinstance(function, FunctionSymbol) or function in seen:
            continue
        seen.add(function)
        if _may_ask(view, function):
            yield from _hits(project, function)


def _may_ask(view: View, function: FunctionSymbol) -> bool:
    words = set(function.node.words)
    return (
        "method" in words
        and bool(words & _RIGHTS)
        and not view.permissions
        and not proves_itself(view)
    )


def _hits(project: Project, function: FunctionSymbol) -> Iterator[Hit]:
    block = body(function.node)
    for shown, posted in _parts(block):
        question = next(filter(_asks_for_right, statements(shown)), None)
        if question is None:
            continue
        within = set(expressions(shown))
        if any(node not in within and _asks(node) for node in expressions(block)):
            continue
        change = next(_changes(project, function, posted), None)
        if change is not None:
            yield Hit(
                (
                    Spot(function.module.path, change.span),
                    Spot(function.module.path, question.span, "asks whoever looks"),
                ),
                f"`{function.node.name}` changes rows for whoever posts; it asks for a right where it shows the form",
                Confidence.MEDIUM,
                function.name,
            )
            return


def _parts(block: Block) -> Iterator[tuple[Block, Block]]:
    """Yield what is done for a look and for a POST, also inside of what is done on a condition."""
    yield from parts_by_method(block)
    for statement in block:
        if isinstance(statement, n.If):
            yield from _parts(statement.body)
            yield from _parts(statement.other)


def _asks_for_right(statement: n.Stmt) -> bool:
    test = statement.test if isinstance(statement, n.If) else None
    return test is not None and any(tail(part) in _RIGHTS for part in inside(test))


def _asks(node: n.Expr) -> bool:
    """Whether an expression asks who may, or takes the rows of whoever asks."""
    if isinstance(node, n.Name | n.Attr) and (tail(node) in REFUSALS or asks_who_may({tail(node)})):
        return True
    if isinstance(node, n.Compare):
        return any(map(is_user, (node.left, *node.rights)))
    return isinstance(node, n.Call) and any(is_user(keyword.value) for keyword in node.keywords)


def _changes(project: Project, function: FunctionSymbol, block: Block) -> Iterator[n.Call]:
    for node in expressions(block):
        if isinstance(node, n.Call):
            if project.effects.effect(function, node).endswith((" row", " rows")):
                yield node
