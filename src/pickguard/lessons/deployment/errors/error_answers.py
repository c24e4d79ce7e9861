"""How the text of an error gets into an answer: at once, behind the handler, or by a function of the site's."""

from collections.abc import Iterable, Iterator

from pickguard.flow.callees.arguments import given
from pickguard.flow.values.origin import Passed
from pickguard.kit import Code
from pickguard.kit.code import tail
from pickguard.kit.debugging import is_for_developers
from pickguard.lessons.deployment.errors.told_errors import quotes
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import given_to, receiver_of
from pickguard.source.python.walk import expressions, inside, statements

ANSWERS = frozenset(
    {"HttpResponse", "JsonResponse", "Response", "StreamingHttpResponse", "HttpResponseNotFound"}
    | {"HttpResponseServerError", "HttpResponseBadRequest", "HttpResponseForbidden"}
)
"""What answers a request with a text."""

_MESSAGES = ("error", "warning", "info", "success", "debug", "add_message")


def quoting(code: Code, handler: n.Handler) -> Iterator[n.Expr]:
    """Yield what answers with the text of the error that a handler has caught, in it or behind it."""
    if not handler.body:
        return
    error = handler.name or ""
    kept = set(_kept(handler.body, error))
    here = {id(part) for part in expressions(handler.body)}
    behind = _behind(code, handler, kept)
    for answer in (*code.calls(*ANSWERS), *_messages(code)):
        if is_for_developers(code, answer.span):
            continue
        if id(answer) in here:
            is_told = _quotes(answer, error, kept)
        else:
            is_told = answer.span > handler.body[-1].span and _shows(answer, behind)
        if is_told:
            yield answer
    yield from _by_functions(code, handler, kept)


def _messages(code: Code) -> Iterator[n.Call]:
    """Yield what tells the visitor something on the next page: `messages.error(request, …)`."""
    for call in code.calls(*_MESSAGES):
        if (
            tail(receiver_of(call)) == "messages"
            and call.args
            and code.body.is_request(call.args[0])
        ):
            yield call


def _quotes(answer: n.Call, error: str, kept: set[str]) -> bool:
    """Whether an answer holds the text of an error, or a name that it has been given."""
    return any(
        quotes(part, error) or _is_error_alone(answer, part, error) or tail(part) in kept
        for part in inside(answer)
    )


def _is_error_alone(answer: n.Call, part: n.Expr, error: str) -> bool:
    """Whether it is `HttpResponse(e)`, or what `e.args` and `e.message` hold."""
    if isinstance(part, n.Attr):
        return part.name in ("args", "message", "strerror") and tail(part.value) == error
    if not isinstance(part, n.Name) or part.id != error:
        return False
    is_message = tail(receiver_of(answer)) == "messages"
    return part in (answer.args if is_message else answer.args[:1])


def _kept(block: Iterable[n.Stmt], error: str) -> Iterator[str]:
    """Yield the names that a handler gives the text of an error, or something that holds it."""
    for statement in statements(block):
        if isinstance(statement, n.Assign) and any(
            quotes(p, error) for p in inside(statement.value)
        ):
            for target in statement.targets:
                yield tail(target.value if isinstance(target, n.Index) else target)


def _behind(code: Code, handler: n.Handler, kept: set[str]) -> set[str]:
    """Return the names of a handler that goes on behind it, where nothing else is made of them."""
    if isinstance(handler.body[-1], n.Return | n.Raise | n.Jump):
        return set()
    last = handler.body[-1].span
    later = {
        tail(target)
        for statement in code.statements
        if isinstance(statement, n.Assign) and statement.span > last
        for target in statement.targets
    }
    return kept - later


def _shows(answer: n.Call, names: set[str]) -> bool:
    """Whether an answer holds a name whole: `JsonResponse(result)`, `JsonResponse({"error": message})`."""
    for value in given_to(answer) if names else ():
        parts = value.values if isinstance(value, n.Mapping) else (value,)
        if any(isinstance(part, n.Name) and part.id in names for part in parts):
            return True
    return False


def _by_functions(code: Code, handler: n.Handler, kept: set[str]) -> Iterator[n.Call]:
    """Yield the calls by which a handler has a function of the site answer: `return failed(e)`."""
    for statement in statements(handler.body):
        call = statement.value if isinstance(statement, n.Return) else None
        if not isinstance(call, n.Call) or tail(call.func) in ANSWERS:
            continue
        function = code.called(call)
        if function is None or is_for_developers(code, call.span):
            continue
        there = code.project.code_of(function)
        for param in function.node.params if there.words & ANSWERS else ():
            values = given(function, call, Passed(param.name), is_bound=function.owner is not None)
            if any(_tells(there, param.name, value, handler.name or "", kept) for value in values):
                yield call
                break


def _tells(there: Code, param: str, value: n.Expr, error: str, kept: set[str]) -> bool:
    """Whether a function answers with the text of what it is given for a parameter: an error, or its text."""
    is_error = isinstance(value, n.Name) and value.id == error
    is_text = any(quotes(part, error) for part in inside(value)) or (
        isinstance(value, n.Name) and value.id in kept
    )
    for answer in there.calls(*ANSWERS) if is_error or is_text else ():
        if is_for_developers(there, answer.span):
            continue
        if is_error and _quotes(answer, param, set(_kept(there.statements, param))):
            return True
        if is_text and _shows(answer, {param}):
            return True
    return False
