"""Shell and code rules about names: of modules that are imported, functions and commands that are run."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.stored.stored import NAME
from pickguard.flow.values.origin import Origin
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import tail, text
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path, receiver_of
from pickguard.source.python.walk import expressions, forks

# Functions that are told by a name what to load, with what they do to it
_MODULE = ("module", "imported")
_BY_NAME = {
    "import_string": _MODULE,
    "import_module": _MODULE,
    "__import__": _MODULE,
    "call_command": ("command", "run"),
}
_LOADING = frozenset(_BY_NAME)
# What holds functions by their names
_NAMESPACES = frozenset({"globals", "locals", "vars"})
_CHOOSE = _NAMESPACES | {"getattr"}


@code_rule(
    "shell.imported-by-name",
    words=(*_BY_NAME, *_CHOOSE),
    title="the browser names what is imported or called",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY, Area.AVAILABILITY),
    cwe=(470,),
    severity=Severity.HIGH,
    gain="a stranger chooses any function of any module, and often its arguments",
    mend="look the name up in a dictionary of what is allowed",
)
def imported_by_name(code: Code) -> Iterator[Hit]:
    """Find `import_string(request.GET[…])` and calls of `getattr(module, name)`."""
    for call in code.calls(*_BY_NAME):
        name = call.args[0] if call.args else None
        if code.called_with(call, _LOADING) is not None:
            continue  # it is told where that function loads it
        origin = code.origin(name)
        if (origin.is_browser or _is_kept(code, name, origin)) and not _has_package(name):
            named, is_done = _BY_NAME.get(tail(call.func), _MODULE)
            yield Hit(
                (code.spot(call),),
                f"{_who(origin)} names the {named} that is {is_done}",
                Confidence.HIGH if origin.is_browser else Confidence.MEDIUM,
                code.symbol,
                flow=code.flow(origin, call, f"is {is_done}"),
            )
    for node in () if _CHOOSE.isdisjoint(code.words) else code.every(n.Call):
        for name in _naming(code, node.func):
            if not code.sees_browser and not _is_given(code, name) and not _is_column(code, name):
                continue
            origin = code.origin(name, NAME)
            is_named = origin.is_browser or _is_kept(code, name, origin)
            if is_named and not _is_asked_about(code, node, name):
                is_sure = origin.is_browser and "startswith" not in code.words
                yield Hit(
                    (code.spot(node), code.spot(name, "the name")),
                    f"{_who(origin)} names the function that is called",
                    Confidence.HIGH if is_sure else Confidence.MEDIUM,
                    code.symbol,
                    flow=code.flow(origin, node, "is called"),
                )


def _is_kept(code: Code, name: n.Expr | None, origin: Origin) -> bool:
    """Whether it is a column of a row that a form, or its like, lets the browser write.

    An entry of what a row keeps as JSON, or of a session, was mostly put there by the site.
    """
    return origin.is_stored and bool(origin.writer) and _is_column(code, name)


def _who(origin: Origin) -> str:
    return "the browser" if origin.is_browser else "what was stored"


def _is_column(code: Code, name: n.Expr | None) -> bool:
    """Whether a name may be one that a row holds: `job.name`."""
    made = code.made(name)
    return bool(made) and all(isinstance(one, n.Attr) for one in made)


def _naming(code: Code, func: n.Expr) -> Iterator[n.Expr]:
    """Yield what names the function that a call runs: in `getattr(…)`, `globals()[…]`, `globals().get(…)`."""
    if isinstance(func, n.Name) and _is_marked(code, func.id):
        return
    values = code.assigned(func.id) if isinstance(func, n.Name) else [func]
    for value in values:
        if isinstance(value, n.Index) and _is_namespace(value.value):
            yield value.index
        elif isinstance(value, n.Call) and _is_free_name(code, value):
            yield value.args[1]
        elif isinstance(value, n.Call) and tail(value.func) == "get" and value.args:
            if _is_namespace(receiver_of(value)):
                yield value.args[0]


def _is_asked_about(code: Code, call: n.Call, name: n.Expr) -> bool:
    """Whether the call is made only where a function of the site's knows the name: `if may and is_known(name)`."""
    return any(
        access_path(name)
        in code.project.flow.predicates.proved(code.body, question, truth=True, env=None)
        for fork, then, _otherwise in forks(code.block)
        if any(part is call for part in expressions(then))
        for question in _questions(code, fork.test)
    )


def _questions(code: Code, test: n.Expr) -> Iterator[n.Call]:
    """Yield the calls that must have said yes where a condition holds, also where a name has kept their answers."""
    if isinstance(test, n.Logic) and test.op == "and":
        for part in test.values:
            yield from _questions(code, part)
    for value in code.assigned(test.id) if isinstance(test, n.Name) else (test,):
        if isinstance(value, n.Call):
            yield value


def _is_marked(code: Code, name: str) -> bool:
    """Whether a function is asked for a mark of those that may be run: `getattr(run, "is_action", False)`."""
    return any(
        len(call.args) > 1
        and tail(call.args[0]) == name
        and isinstance(call.args[0], n.Name)
        and _is_mark(text(call.args[1]) or "")
        for call in code.calls("getattr", "hasattr")
    )


def _is_mark(name: str) -> bool:
    """Whether it is no attribute that every function has."""
    return bool(name) and not name.startswith("__")


def _is_namespace(value: n.Expr | None) -> bool:
    """Whether it is all the names of a module or a function: `globals()`."""
    return isinstance(value, n.Call) and tail(value.func) in _NAMESPACES


def _is_given(code: Code, name: n.Expr) -> bool:
    """Whether a caller says the name: it may well have it from the browser."""
    return isinstance(name, n.Name) and name.id in code.body.params


def _has_package(name: n.Expr | None) -> bool:
    """Whether a module's name begins with that of a package: `f"shop.backends.{name}"`."""
    parts = name.parts if isinstance(name, n.Joined) else ()
    first = name.left if isinstance(name, n.Binary) else next(iter(parts), None)
    return "." in (text(first) or "")


def _is_free_name(code: Code, call: n.Call) -> bool:
    """Whether `getattr` takes a name as it comes: no prefix, and nothing that checks one."""
    if tail(call.func) != "getattr" or len(call.args) < 2 or _asks_for_beginning(code):
        return False
    name = call.args[1]
    values = code.assigned(tail(name)) or [name]
    return not any(isinstance(v, n.Joined | n.Binary) or _is_formatted(v) for v in values)


def _asks_for_beginning(code: Code) -> bool:
    """Whether names are asked how they begin; one that begins with no underscore may be any method's."""
    said = (text(call.args[0]) for call in code.calls("startswith") if call.args)
    return any(beginning is None or beginning.strip("_") for beginning in said)


def _is_formatted(value: n.Expr) -> bool:
    return isinstance(value, n.Call) and tail(value.func) == "format"
