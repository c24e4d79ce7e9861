"""Rows that a decorator hands to what it decorates, once it has asked whether the caller may have them.

def project_members_only(function):
    def wrapper(request, *args, **kwargs):
        kwargs["project"] = get_object_or_404(Project, pk=kwargs.pop("project_pk"), users=request.user)
        return function(request, *args, **kwargs)
    return wrapper
"""

from collections.abc import Iterator, Mapping

from pickguard.flow.callees.arguments import given
from pickguard.flow.values.origin import Passed
from pickguard.kit import Code, Project
from pickguard.kit.around import decorators
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of, tail
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import inside, statements

_DEEPEST = 3
"""Calls that a row is followed through, from what is decorated to what it calls."""


def handed_rows(code: Code) -> Mapping[str, FunctionSymbol]:
    """Return the parameters of a function that hold rows which a decorator asked about, with that."""
    if code.function is None or not is_handed_anything(code):
        return {}
    return _handed(code.project, code.function, _DEEPEST)


def is_handed_anything(code: Code) -> bool:
    """Whether a function has a parameter of a name that decorators of the site hand on."""
    params = code.function.node.params if code.function is not None else ()
    known = code.project.once(_names)
    return bool(known) and any(param.name in known for param in params)


def is_of_address(project: Project, function: FunctionSymbol, name: str, depth: int = 2) -> bool:
    """Whether a parameter is a part of an address, also where a caller hands that on."""
    if name in project.url_origins(function):
        return True
    return depth > 0 and any(
        isinstance(value, n.Name) and is_of_address(project, caller, value.id, depth - 1)
        for caller, value in _given(project, function, name)
        if caller != function
    )


def _names(project: Project) -> frozenset[str]:
    """Return the names of all parameters that a decorator of the site hands on."""
    functions = project.flow.callers.functions
    return frozenset(name for function in functions for name in _of_decorators(project, function))


def _of_decorators(project: Project, function: FunctionSymbol) -> dict[str, FunctionSymbol]:
    found: dict[str, FunctionSymbol] = {}
    params = function.node.params
    for node in decorators(project, function) if len(params) > 1 else ():
        made_by = func_of(node)
        symbol = project.site.names.resolve(function.module, made_by)
        if not isinstance(symbol, FunctionSymbol) or "user" not in symbol.node.words:
            continue
        for param in params:
            if param.name in symbol.node.words and param.name not in _NO_ROWS:
                found[param.name] = symbol
    return found


_NO_ROWS = frozenset(
    {"self", "cls", "request", "user", "args", "kwargs", "func", "function", "view"}
)


def _handed(project: Project, function: FunctionSymbol, depth: int) -> dict[str, FunctionSymbol]:
    found = _of_decorators(project, function)
    for name in found.keys() & project.url_origins(function).keys():
        del found[name]  # the address says it itself
    if depth:
        for param in function.node.params:
            if param.name in project.once(_names) and param.name not in found:
                found |= _of_callers(project, function, param.name, depth)
    return found


def _of_callers(
    project: Project, function: FunctionSymbol, name: str, depth: int
) -> dict[str, FunctionSymbol]:
    """Return the decorator that asked about a row which some caller hands on under its name."""
    for caller, value in _given(project, function, name):
        if isinstance(value, n.Name) and value.id == name and caller != function:
            handed = _handed(project, caller, depth - 1)
            if name in handed:
                return {name: handed[name]}
    return {}


def _given(
    project: Project, function: FunctionSymbol, name: str
) -> Iterator[tuple[FunctionSymbol, n.Expr]]:
    for caller, call, is_bound in project.flow.callers.of(function):
        if caller.function is not None:
            for value in given(function, call, Passed(name), is_bound=is_bound):
                yield caller.function, value


def rows_on_request(code: Code) -> Iterator[tuple[str, Model, FunctionSymbol]]:
    """Yield what decorators of a function put on the request once they have looked at the user.

    Yields:
        The attribute of the request, the model of its row, and the decorator.
    """
    for node in decorators(code.project, code.function) if code.function is not None else ():
        symbol = code.project.site.names.resolve(code.module, func_of(node))
        if isinstance(symbol, FunctionSymbol) and "user" in symbol.node.words:
            for name, model in _put_on_request(code.project, symbol):
                yield name, model, symbol


def _put_on_request(project: Project, decorator: FunctionSymbol) -> Iterator[tuple[str, Model]]:
    """Yield the attributes of `request.org = org`, with the model that `org` is taken from."""
    assigned = [
        statement
        for statement in statements(body(decorator.node), into_functions=True)
        if isinstance(statement, n.Assign)
    ]
    taken = {tail(one.targets[0]): one.value for one in assigned if isinstance(one.value, n.Call)}
    for one in assigned:
        for target in one.targets:
            if isinstance(target, n.Attr) and tail(target.value) == "request":
                value = taken.get(one.value.id) if isinstance(one.value, n.Name) else one.value
                model = _taken_from(project, decorator, value)
                if model is not None and not model.is_user:
                    yield target.name, model


def _taken_from(project: Project, function: FunctionSymbol, value: n.Expr | None) -> Model | None:
    """Return the model that a call takes a row of: `Org.objects.filter(…).first()`."""
    for part in inside(value) if isinstance(value, n.Call) else ():
        if isinstance(part, n.Name):
            model = project.site.models.of(project.site.names.resolve(function.module, part))
            if model is not None:
                return model
    return None
