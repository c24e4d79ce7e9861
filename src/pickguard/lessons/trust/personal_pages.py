"""Pages that print what a site knows of people to strangers, row after row.

def people(request):                                                    {% for person in people %}
    return render(request, "people.html", {"people": User.objects.all()})   {{ person.email }}
"""

from collections.abc import Iterator

from pickguard.kit import Project
from pickguard.kit.code import tail
from pickguard.lessons.trust.named_calls import assigned_in
from pickguard.lessons.trust.ownership import rows_of
from pickguard.site.models import Model
from pickguard.site.names import FunctionSymbol
from pickguard.site.templates.walk import every_node, variables
from pickguard.source.python import nodes as n
from pickguard.source.templates import record as r


def printed_columns(project: Project) -> Iterator[tuple[str, r.Output, Model, str, FunctionSymbol]]:
    """Yield the columns that templates print of all rows of a model, with the function that hands them over."""
    for path, record in project.templates.items():
        loops = [node for node in every_node(record.nodes) if isinstance(node, r.For)]
        for loop in loops:
            handed = list(_handed(project, path, loop))
            for node, column in _printed(loop) if handed else ():
                for model, function in handed:
                    if model.field(column) is not None:
                        yield path, node, model, column, function


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
    model = rows_of(project, function, value)
    if model is None and isinstance(value, n.Name):
        named = assigned_in(function).get(tail(value), ())
        return rows_of(project, function, named[0]) if len(named) == 1 else None
    return model


def _printed(loop: r.For) -> Iterator[tuple[r.Output, str]]:
    """Yield the columns of the row that the body of a loop prints: `{{ person.email }}`."""
    for node in every_node(loop.body):
        if not isinstance(node, r.Output):
            continue
        for variable in variables(node.expression):
            if len(variable.path) == 2 and variable.path[0] in loop.targets[:1]:
                yield node, variable.path[1]
