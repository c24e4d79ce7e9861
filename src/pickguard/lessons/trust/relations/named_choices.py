"""Choices of a form that are whatever row the browser names, where the site leaves people those they may see.

form.fields["copy_of"].queryset = Note.objects.filter(pk=request.GET["copy_of"])
"""

from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Code, Hit, Project, Spot
from pickguard.kit.code import tail
from pickguard.lessons.trust.answering import functions_of_views
from pickguard.lessons.trust.row_keys import choosing
from pickguard.lessons.trust.siblings.relation_scopes import scopes_of
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of
from pickguard.source.python.bodies import body
from pickguard.source.python.queries import MANAGERS
from pickguard.source.python.walk import expressions, inside, statements

_KEYS = frozenset({"pk", "id", "uuid", "slug", "pk__in", "id__in"})
_SENT = frozenset({"GET", "POST", "data", "query_params", "kwargs"})


def of_named_choices(project: Project) -> Iterator[Hit]:
    """Yield the choices of forms that are narrowed to what the browser names alone."""
    scopes = project.once(scopes_of)
    narrowed = frozenset(_narrowed(project, scopes)) if scopes else frozenset()
    for _view, function in functions_of_views(project) if narrowed else ():
        if not {"fields", "queryset", "filter"} <= set(function.node.words):
            continue
        code = project.code_of(function)
        for rows in _choices(code):
            model = _named(project, code, function, rows)
            if model is not None and model.label in narrowed:
                yield _hit(function, rows, model)


def _hit(function: FunctionSymbol, rows: n.Call, model: Model) -> Hit:
    return Hit(
        (Spot(function.module.path, rows.span),),
        f"the form takes whatever `{model.name}` the browser names; other pages leave people those"
        " that they may see",
        Confidence.MEDIUM,
        function.name,
    )


def _narrowed(project: Project, scopes: frozenset[str]) -> Iterator[str]:
    """Yield the labels of the models whose rows pages narrow to their user: `Note.objects.visible_to(user)`."""
    for _view, function in functions_of_views(project):
        if scopes.isdisjoint(function.node.words):
            continue
        for node in expressions(body(function.node)):
            if isinstance(node, n.Call) and tail(node.func) in scopes:
                model = _table(project, function, receiver_of(node))
                if model is not None:
                    yield model.label


def _table(project: Project, function: FunctionSymbol, rows: n.Expr | None) -> Model | None:
    """Return the model of `Note.objects`."""
    if not isinstance(rows, n.Attr) or rows.name not in MANAGERS:
        return None
    return project.site.models.of(project.site.names.resolve(function.module, rows.value))


def _choices(code: Code) -> Iterator[n.Call]:
    """Yield what `form.fields["note"].queryset` is set to, also by the name of an attribute."""
    for statement in statements(code.block):
        if not isinstance(statement, n.Assign) or not any(map(_is_choice, statement.targets)):
            continue
        for made in code.made(statement.value):
            if isinstance(made, n.Call):
                yield made


def _is_choice(target: n.Expr) -> bool:
    """Whether something is the choices of a form's field."""
    if not isinstance(target, n.Attr) or target.name != "queryset":
        return False
    return isinstance(target.value, n.Index) and tail(target.value.value) == "fields"


def _named(project: Project, code: Code, function: FunctionSymbol, rows: n.Call) -> Model | None:
    """Return the model of `Note.objects.filter(pk=…)`, where the browser alone says which rows these are."""
    if tail(rows.func) != "filter":
        return None
    keys = choosing(rows)
    is_by_key = bool(keys) and all(keyword.name in _KEYS for keyword in keys)
    if not is_by_key or not any(_is_sent(code, keyword.value) for keyword in keys):
        return None
    return _table(project, function, receiver_of(rows))


def _is_sent(code: Code, value: n.Expr) -> bool:
    """Whether the browser says a number, here or where an attribute keeps it."""
    return any(tail(part) in _SENT for made in (value, *code.made(value)) for part in inside(made))
