"""Trust rules about formsets: one that is told no rows shows, and changes, all that there are."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument, tail
from pickguard.lessons.trust.asking import asks_who_may
from pickguard.site.access.guards import LOGIN_PERMISSIONS
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ValueSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import is_none
from pickguard.source.python.walk import inside

_FACTORY = "modelformset_factory"
_OPTIONS = frozenset({"can_delete", "can_delete_extra", "can_order"})
_RELATIONS = ("ForeignKey", "OneToOneField", "ParentalKey")


@code_rule(
    "trust.formset-of-all-rows",
    words=(_FACTORY,),
    packages=("django",),
    title="a formset shows and changes every row of its model",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(639, 862),
    severity=Severity.HIGH,
    gain="whoever opens the page reads everybody's rows in its fields, and changes them with what is sent back",
    mend="always say which rows are meant: `queryset=parent.rows.all()`, or `Row.objects.none()` for new ones",
)
def formset_of_all_rows(code: Code) -> Iterator[Hit]:
    """Find formsets of `modelformset_factory(Row)` that are made without a queryset, or with None."""
    if code.function is None:
        yield from _of_module(code)
        return
    if asks_who_may(code.words - _OPTIONS):
        return
    for factory in code.calls(_FACTORY):
        model = _rows_of(code, factory)
        if model is None:
            continue
        for call in _made(code, factory):
            said = _missing(code, call)
            if said:
                yield Hit(
                    (code.spot(call), code.spot(factory, "makes the formset")),
                    f"{said}, and the formset takes every `{model.name}` then",
                    Confidence.MEDIUM,
                    code.symbol,
                )
                break


def _of_module(code: Code) -> Iterator[Hit]:
    """Yield what is made, in any function of the site, of a formset that a module makes for all of them."""
    made = [s for s in code.statements if isinstance(s, n.Assign)] if code.owner is None else []
    for statement in made:
        factory = statement.value
        if not isinstance(factory, n.Call) or tail(factory.func) != _FACTORY:
            continue
        model = _rows_of(code, factory)
        if model is None:
            continue
        for user, call in _used(code, tail(statement.targets[0]), factory):
            said = _missing(user, call)
            if said:
                yield Hit(
                    (user.spot(call), code.spot(factory, "makes the formset")),
                    f"{said}, and the formset takes every `{model.name}` then",
                    Confidence.MEDIUM,
                    user.symbol,
                )


def _used(code: Code, name: str, factory: n.Call) -> Iterator[tuple[Code, n.Call]]:
    """Yield the calls that make a module's formset, in views that ask for a login alone."""
    project = code.project
    for function in project.flow.callers.holding(name):
        user = project.code_of(function)
        if project.kind_of(function.module) or asks_who_may(user.words - _OPTIONS):
            continue
        if not _is_for_all(user):
            continue
        for call in user.calls(name):
            found = user.resolve(call.func)
            if isinstance(found, ValueSymbol) and found.value is factory:
                yield user, call
                break


def _is_for_all(code: Code) -> bool:
    """Whether a function, or the class that it belongs to, answers everybody who is logged in."""
    symbols = (code.function, code.owner)
    views = [view for _route, view in code.project.views() if view.symbol in symbols]
    return bool(views) and not any(set(view.permissions) - LOGIN_PERMISSIONS for view in views)


def _rows_of(code: Code, factory: n.Call) -> Model | None:
    """Return the model of a factory, where its rows are somebody's and no class of formsets is named."""
    model = code.project.site.models.of(code.resolve(argument(factory, 0, "model")))
    if model is None or not _belongs(model) or argument(factory, 3, "formset") is not None:
        return None
    return model


def _belongs(model: Model) -> bool:
    """Whether rows of a model hang on others, so that they are somebody's."""
    return any(field.kind.endswith(_RELATIONS) for field in model.fields)


def _made(code: Code, factory: n.Call) -> Iterator[n.Call]:
    """Yield the calls that make a formset of what a factory made."""
    names = {
        tail(target)
        for statement in code.statements
        if isinstance(statement, n.Assign) and statement.value is factory
        for target in statement.targets
    }
    for call in code.every(n.Call):
        is_named = isinstance(call.func, n.Name) and call.func.id in names
        if is_named or call.func is factory:
            yield call


def _missing(code: Code, call: n.Call) -> str:
    """Return what is to be said of the rows that a formset is told, where it may be told none."""
    if any(keyword.name is None for keyword in call.keywords) or len(call.args) > 4:
        return ""
    rows = argument(call, -1, "queryset")
    if rows is None or is_none(rows):
        return "no rows are named"
    return "the rows may be None" if _may_be_none(code, rows) else ""


def _may_be_none(code: Code, rows: n.Expr) -> bool:
    """Whether a parameter that is None by itself is set under a condition that asks for more than that."""
    params = code.function.node.params if code.function is not None else ()
    default = next((p.default for p in params if p.name == tail(rows)), None)
    if (
        not isinstance(rows, n.Name)
        or not isinstance(default, n.Const)
        or default.value is not None
    ):
        return False
    sets = [s for s in code.statements if isinstance(s, n.Assign) and tail(s.targets[0]) == rows.id]
    return not any(_is_sure(code, statement, rows.id) for statement in sets)


def _is_sure(code: Code, statement: n.Assign, name: str) -> bool:
    """Whether an assignment runs in every case in which the parameter is None."""
    for around in code.statements:
        if isinstance(around, n.If) and statement in around.body:
            return not isinstance(around.test, n.Logic) and _asks_for_none(around.test, name)
    return not code.is_conditional(statement.span)


def _asks_for_none(test: n.Expr, name: str) -> bool:
    return any(isinstance(part, n.Name) and part.id == name for part in inside(test))
