"""Rows taken by their number alone, where the function is given the row that they should hang on.

def download(self, file_id, project):
    limit(f"download:{project.id}")
    return contents(ProjectFile.objects.filter(id=file_id).first())
"""

from collections.abc import Iterator

from msgspec import Struct

from pickguard.flow.callees.arguments import given
from pickguard.flow.values.origin import Passed
from pickguard.kit import Code
from pickguard.kit.code import tail
from pickguard.kit.templates.pages import PAGES
from pickguard.lessons.trust.named_calls import names_of_calls
from pickguard.lessons.trust.row_keys import choosing
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of
from pickguard.source.python.queries import MANAGERS
from pickguard.source.python.walk import inside

_SHORTCUTS = ("get_object_or_404", "aget_object_or_404")
_KEYS = frozenset({"pk", "id", "uuid"})
_NO_PARENTS = frozenset({"self", "cls", "request", "user", "args", "kwargs"})
_SHOWS = PAGES | {"Response", "JsonResponse", "info", "debug", "warning", "error"}


class Stray(Struct, frozen=True):
    """A row that is taken whatever it hangs on: by which call, of what, and by what it should have been chosen."""

    call: n.Call
    model: Model
    parent: str


def strays(code: Code) -> Iterator[Stray]:
    """Yield the rows that a function takes by a number of the browser's, past the parent that it is given."""
    if code.function is None or code.words.isdisjoint({"objects", *_SHORTCUTS}):
        return
    parents = frozenset(_parents(code))
    for call in code.calls("get", "aget", "filter", *_SHORTCUTS) if parents else ():
        key = _key(call)
        model = _model(code, call) if key is not None else None
        if key is None or model is None:
            continue
        for parent in sorted(parents - {tail(key)}):
            is_child = model.field(parent) is not None or model.field(f"{parent}_id") is not None
            if not is_child or _is_tied(code, call, parent) or not _is_of_browser(code, key):
                continue
            if not _is_validated(code, parent):
                yield Stray(call, model, parent)
                break


def _is_validated(code: Code, parent: str) -> bool:
    """Whether a caller has a form or serializer look the rows up among those of the parent before."""
    project = code.project
    callers = project.flow.callers.of(code.function)[:_MOST_CALLERS] if code.function else ()
    for caller, _call, _is_bound in callers:
        for word in sorted(caller.words):
            found = project.site.names.resolve(caller.module, n.Name(0, word))
            if not isinstance(found, ClassSymbol) or not _FORMS & project.site.classes.kinds(found):
                continue
            methods = project.site.classes.own_functions(found)
            calls = (c for m in methods for c in project.code_of(m).calls("filter", "get"))
            if any(_ties(one, parent) for one in calls):
                return True
    return False


def _ties(call: n.Call, parent: str) -> bool:
    """Whether a query asks for rows by their numbers and by what they hang on."""
    names = {(keyword.name or "").partition("__")[0] for keyword in call.keywords}
    return bool(names & {parent, f"{parent}_id"}) and bool(names & _KEYS)


_MOST_CALLERS = 8
_FORMS = frozenset({"form", "serializer", "schema"})


def _parents(code: Code) -> Iterator[str]:
    """Yield the parameters that hold a row: something of it is looked at, and no address names it."""
    params = {param.name for param in code.function.node.params} if code.function else set()
    named = code.project.url_origins(code.function) if code.function else {}
    for node in code.every(n.Attr):
        if isinstance(node.value, n.Name) and node.value.id in params:
            if node.value.id not in _NO_PARENTS and node.value.id not in named:
                yield node.value.id


def _key(call: n.Call) -> n.Expr | None:
    """Return what alone says which row is taken."""
    chosen = tuple(choosing(call))
    return chosen[0].value if len(chosen) == 1 and chosen[0].name in _KEYS else None


def _model(code: Code, call: n.Call) -> Model | None:
    models = code.project.site.models
    if tail(call.func) in _SHORTCUTS:
        return models.of(code.resolve(call.args[0])) if call.args else None
    manager = receiver_of(call)
    if isinstance(manager, n.Attr) and manager.name in MANAGERS:
        return models.of(code.resolve(manager.value))
    return None


def _is_tied(code: Code, call: n.Call, parent: str) -> bool:
    """Whether anything compares the row with its parent, or hands the two on together."""
    rows = set(names_of_calls(code.statements).get(call.span, ()))
    for node in code.expressions:
        if isinstance(node, n.Attr) and node.name in (parent, f"{parent}_id"):
            return True
        if isinstance(node, n.Call | n.Compare) and node != call:
            parts = {tail(part) for part in inside(node)}
            is_shown = isinstance(node, n.Call) and tail(node.func) in _SHOWS
            if parent in parts and parts & rows and not is_shown:
                return True
    return False


def _is_of_browser(code: Code, key: n.Expr) -> bool:
    """Whether the browser says a value, here or where the function is called."""
    params = code.function.node.params if code.function is not None else ()
    if isinstance(key, n.Name) and any(param.name == key.id for param in params):
        return _is_sent(code, key.id)
    return code.origin(key).is_browser


def _is_sent(code: Code, name: str) -> bool:
    """Whether the browser says a parameter: in the address, or through who calls."""
    function = code.function
    if function is None:
        return False
    if name in code.project.url_origins(function):
        return True
    return any(
        code.project.code_of(body.function).origin(value).is_browser
        for body, call, is_bound in code.project.flow.callers.of(function)
        if body.function is not None
        for value in given(function, call, Passed(name), is_bound=is_bound)
    )
