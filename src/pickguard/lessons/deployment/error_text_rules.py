"""Answers to strangers that quote whatever went wrong on the machines behind the site."""

from collections.abc import Iterable, Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.catalog import SinkKind
from pickguard.kit import Code, Hit, Project, rule
from pickguard.kit.code import tail
from pickguard.kit.debugging import is_for_developers
from pickguard.kit.values.sinks import sunk
from pickguard.lessons.deployment.told_errors import quotes
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import items_of
from pickguard.source.python.walk import expressions, inside, statements

_ANSWERS = frozenset(
    {
        "HttpResponse",
        "JsonResponse",
        "Response",
        "HttpResponseServerError",
        "HttpResponseBadRequest",
    }
    | {"HttpResponseNotFound", "HttpResponseForbidden", "StreamingHttpResponse"}
)
# caught so, an error may be anybody's
_ANY = frozenset(
    {"Exception", "BaseException", "StandardError", "OSError", "IOError", "EnvironmentError"}
    | {"DatabaseError", "OperationalError", "ProgrammingError", "InternalError", "SubprocessError"}
    | {"CalledProcessError", "RequestException", "ConnectionError", "URLError", "HTTPError"}
    | {"SMTPException", "LDAPError", "ClientError"}
)
_REACHING = (SinkKind.ADDRESS, SinkKind.SHELL)
_BY_NAME = frozenset(
    {"execute", "executemany", "callproc", "open", "listdir", "connect", "send_mail"}
)
_PROCESSES = frozenset({"run", "call", "check_call", "check_output", "Popen"})
_ANYBODY = frozenset({"AllowAny"})
_CALLS_AWAY = 2


@rule(
    "deployment.error-in-response",
    title="strangers are told what an error of the machines behind the site says",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(209,),
    severity=Severity.LOW,
    gain="whoever provokes an error reads names of hosts, paths, commands and tables in it",
    mend="log it, and answer with a plain message; catch the errors that visitors may read by their classes",
    yields_to=("deployment.traceback-in-response",),
)
def error_in_response(project: Project) -> Iterator[Hit]:
    """Find `except Exception as e: return HttpResponse(str(e))` round a query, a file, a request or a process."""
    for _view, function in project.handlers(_is_open, _ANY):
        code = project.code_of(function)
        for attempt in () if code.words.isdisjoint(_ANSWERS) else code.tries:
            hit = next(_told(code, attempt), None)
            if hit is not None and _reaches_out(code, attempt.body, _CALLS_AWAY):
                yield hit


def _is_open(view: View) -> bool:
    return view.login is False and _ANYBODY.issuperset(view.permissions) and not view.stopped


def _told(code: Code, attempt: n.Try) -> Iterator[Hit]:
    """Yield the answers that quote an error which the handlers of a `try` catch, whatever it is."""
    for handler in attempt.handlers:
        if handler.name is None or _ANY.isdisjoint(map(tail, items_of(handler.type))):
            continue
        if not _is_asked_about(handler):
            for answer in _quoting(code, handler):
                yield Hit(
                    (code.spot(answer),),
                    "what an error says goes to whoever asks, whichever error it is",
                    Confidence.MEDIUM,
                    code.symbol,
                )


def _is_asked_about(handler: n.Handler) -> bool:
    """Whether a handler asks which error it is: `if isinstance(e, ShopError)`."""
    return any(
        tail(part) == handler.name
        for statement in statements(handler.body)
        if isinstance(statement, n.If)
        for part in inside(statement.test)
    )


def _quoting(code: Code, handler: n.Handler) -> Iterator[n.Call]:
    """Yield the answers that hold the text of the error, or a name that it has been given."""
    error = handler.name or ""
    kept = set(_kept(handler.body, error))
    here = {id(part) for part in expressions(handler.body)}
    for answer in code.calls(*_ANSWERS):
        if id(answer) not in here or is_for_developers(code, answer.span):
            continue
        for part in inside(answer):
            if quotes(part, error) or _is_error_alone(answer, part, error) or tail(part) in kept:
                yield answer
                break


def _is_error_alone(answer: n.Call, part: n.Expr, error: str) -> bool:
    """Whether it is `HttpResponse(e)`, or what `e.args` and `e.message` hold."""
    if isinstance(part, n.Attr):
        return part.name in ("args", "message", "strerror") and tail(part.value) == error
    return isinstance(part, n.Name) and part.id == error and part in answer.args[:1]


def _kept(block: Iterable[n.Stmt], error: str) -> Iterator[str]:
    """Yield the names that a handler gives the text of an error, or something that holds it."""
    for statement in statements(block):
        if isinstance(statement, n.Assign) and any(
            quotes(p, error) for p in inside(statement.value)
        ):
            for target in statement.targets:
                yield tail(target.value if isinstance(target, n.Index) else target)


def _reaches_out(code: Code, block: Iterable[n.Stmt], depth: int) -> bool:
    """Whether a block asks a database, a file, another host or a process, itself or in what it calls."""
    within = {id(part) for part in expressions(block)}
    calls = [call for call in code.every(n.Call) if id(call) in within]
    if any(id(found.call) in within for kind in _REACHING for found in sunk(code, kind)):
        return True
    if any(tail(call.func) in _BY_NAME for call in calls):
        return True
    if any(tail(c.func) in _PROCESSES and code.is_from(c.func, "subprocess") for c in calls):
        return True
    called = (code.called(call) for call in calls) if depth else ()
    return any(
        _reaches_out(there, there.block, depth - 1)
        for there in (code.project.code_of(one) for one in called if one is not None)
    )
