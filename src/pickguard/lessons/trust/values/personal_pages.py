"""Pages that print what a site knows of people to strangers: of all, or of the one whom the address names.

def people(request):                                                    {% for person in people %}
    return render(request, "people.html", {"people": User.objects.all()})   {{ person.email }}

def profile(request, name):                                             {{ person.email }}
    return render(request, "profile.html", {"person": get_object_or_404(User, username=name)})

def export(request):
    return JsonResponse({"people": [{"email": person.email} for person in User.objects.all()]})
"""

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from pickguard.kit import Project, Spot
from pickguard.kit.code import tail, text
from pickguard.lessons.trust.named_calls import assigned_in
from pickguard.lessons.trust.owners.owner_functions import is_named
from pickguard.lessons.trust.ownership import rows_of
from pickguard.lessons.trust.row_keys import choosing, is_shortcut
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.site.templates.walk import variables
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, inside, statements
from pickguard.source.templates import record as r

_NUMBERS = frozenset({"pk", "id"})
_DATA = frozenset({"JsonResponse", "Response", "HttpResponse", "dumps"})


class Shown(Struct, frozen=True):
    """A column that an answer shows: where, and by which function's rows."""

    spot: Spot
    model: Model
    column: str
    function: FunctionSymbol
    is_counted: bool = True
    """Whether whoever counts numbers up sees everybody's."""


def printed_columns(project: Project, called: re.Pattern[str]) -> Iterator[Shown]:
    """Yield the columns that templates print of all rows of a model, with the function that hands them over."""
    for path, record in project.templates.items():
        loops = [node for node in record.every if isinstance(node, r.For)]
        for loop in loops:
            printed = [one for one in _printed(loop) if called.match(one[1])]
            handed = list(_handed(project, path, loop)) if printed else []
            for node, column in printed:
                for model, function in handed:
                    if model.field(column) is not None:
                        spot = Spot(path, node.span, "prints it")
                        yield Shown(spot, model, column, function)


def _handed(project: Project, path: str, loop: r.For) -> Iterator[tuple[Model, FunctionSymbol]]:
    """Yield the models all of whose rows a loop goes through, with the function that hands them over."""
    if not isinstance(loop.iterable, r.Variable) or len(loop.iterable.path) != 1:
        return
    for given in project.template_values.of(path, loop.iterable):
        function = given.code.function
        model = None if function is None else _whole(project, function, given.value)
        if function is not None and model is not None:
            yield model, function


def _whole(project: Project, function: FunctionSymbol, value: n.Expr) -> Model | None:
    model = rows_of(project, function, _nearly_all(value))
    if model is None and isinstance(value, n.Name):
        named = assigned_in(function).get(tail(value), ())
        return rows_of(project, function, _nearly_all(named[0])) if len(named) == 1 else None
    return model


def _nearly_all(rows: n.Expr) -> n.Expr:
    """Return what rows are taken from of which a few are left out, or as dictionaries: `….exclude(pk=1).values()`."""
    while isinstance(rows, n.Call) and tail(rows.func) in ("exclude", "values"):
        receiver = receiver_of(rows)
        if receiver is None:
            return rows
        rows = receiver
    return rows


def _printed(loop: r.For) -> Iterator[tuple[r.Output, str]]:
    """Yield the columns of the row that the body of a loop prints: `{{ person.email }}`."""
    for node in r.every_node(loop.body):
        if not isinstance(node, r.Output):
            continue
        for variable in variables(node.expression):
            if len(variable.path) == 2 and variable.path[0] in loop.targets[:1]:
                yield node, variable.path[1]


def answered_columns(
    project: Project, function: FunctionSymbol, called: re.Pattern[str]
) -> Iterator[Shown]:
    """Yield the columns of all rows of a model that a function puts into data which it answers with."""
    if _DATA.isdisjoint(function.node.words):
        return
    for target, source, parts in _loops(function):
        model = _whole(project, function, source)
        for node in parts if model is not None else ():
            is_column = isinstance(node, n.Attr) and tail(node.value) == target
            if model is not None and is_column and called.match(tail(node)):
                if model.field(tail(node)) is not None:
                    spot = Spot(function.module.path, node.span, "goes into the answer")
                    yield Shown(spot, model, tail(node), function)
    for call in expressions(body(function.node)):
        if isinstance(call, n.Call) and tail(call.func) in ("values", "values_list"):
            model = rows_of(project, function, receiver_of(call))
            for column in (text(arg) or "" for arg in call.args) if model is not None else ():
                if model is not None and called.match(column) and model.field(column) is not None:
                    spot = Spot(function.module.path, call.span, "goes into the answer")
                    yield Shown(spot, model, column, function)


def _loops(function: FunctionSymbol) -> Iterator[tuple[str, n.Expr, list[n.Expr]]]:
    """Yield the name of each loop's item, what the loop goes through, and the expressions in it."""
    block = body(function.node)
    for statement in statements(block):
        if isinstance(statement, n.For) and isinstance(statement.target, n.Name):
            yield statement.target.id, statement.source, list(expressions(statement.body))
    for node in expressions(block):
        loop = node.loops[0] if isinstance(node, n.Comprehension) else None
        if isinstance(node, n.Comprehension) and loop and isinstance(loop.target, n.Name):
            yield loop.target.id, loop.source, list(inside(node.value))


def printed_of_one(project: Project, called: re.Pattern[str]) -> Iterator[Shown]:
    """Yield the columns that templates print of the one row that the address names, whoever looks."""
    for path, record in project.templates.items():
        guarded = _guarded(record.nodes)
        for node in record.every:
            if not isinstance(node, r.Output) or node.span in guarded:
                continue
            for variable in variables(node.expression):
                is_column = len(variable.path) == 2 and called.match(variable.path[1])
                if is_column and not project.template_map.loops(path, variable.path[0]):
                    spot = Spot(path, node.span, "prints it")
                    for model, function, key in _chosen(project, path, variable):
                        is_counted = key in _NUMBERS
                        yield Shown(spot, model, variable.path[1], function, is_counted)


def _guarded(nodes: Sequence[r.Node]) -> set[int]:
    """Return the places that are printed on a condition which looks at somebody: `{% if user == person %}`."""
    return {
        inner.span
        for node in r.every_node(nodes)
        if isinstance(node, r.If)
        and any(
            {"user", "request", "perms"} & set(variable.path)
            for branch in node.branches
            if branch.condition is not None
            for variable in variables(branch.condition)
        )
        for branch in node.branches
        for inner in r.every_node(branch.body)
    }


def _chosen(
    project: Project, path: str, variable: r.Variable
) -> Iterator[tuple[Model, FunctionSymbol, str]]:
    """Yield the model of a row that a view takes by what the address or the form says, with the view and the key."""
    name = r.Variable(variable.span, variable.path[:1])
    for given in project.template_values.of(path, name):
        function = given.code.function
        value = given.value
        made = assigned_in(function).get(value.id, []) if function and type(value) is n.Name else []
        call = made[0] if len(made) == 1 else value
        if function is None or not isinstance(call, n.Call):
            continue
        if tail(call.func) not in ("get", "first") and not is_shortcut(call):
            continue
        named = frozenset(project.url_origins(function))
        model = rows_of(project, function, call.args[0] if is_shortcut(call) else receiver_of(call))
        keys = choosing(call)
        has_column = model is not None and model.field(variable.path[1]) is not None
        # the address that somebody typed is no news to them
        is_news = len(keys) == 1 and keys[0].name != variable.path[1]
        if model is not None and has_column and is_news:
            if is_named(function, keys[0].value, named):
                yield model, function, keys[0].name or ""
