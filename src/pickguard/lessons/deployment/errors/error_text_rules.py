"""Answers to strangers that quote whatever went wrong on the machines behind the site."""

from collections.abc import Iterable, Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.catalog import SinkKind
from pickguard.kit import Code, Hit, Project, rule
from pickguard.kit.code import tail
from pickguard.kit.debugging import is_for_developers
from pickguard.kit.values.sinks import sunk
from pickguard.lessons.deployment.errors.error_answers import ANSWERS, quoting
from pickguard.lessons.deployment.errors.told_errors import quotes
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import items_of
from pickguard.source.python.walk import expressions, inside, statements

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
    for _view, function in project.handlers(_is_open, _ANY | ANSWERS):
        code = project.code_of(function)
        for attempt in code.tries:
            hit = next(_told(code, attempt), None)
            if hit is not None and _reaches_out(code, attempt.body, _CALLS_AWAY):
                yield hit
        yield from _of_results(code)


def _of_results(code: Code) -> Iterator[Hit]:
    """Yield the answers with what a function of the site returns, which may be the text of any error."""
    for answer in code.calls(*ANSWERS):
        for made in code.made(answer.args[0] if answer.args else None):
            function = code.called_with(made, _ANY) if isinstance(made, n.Call) else None
            if function is not None and _returns_error(code.project.code_of(function)):
                yield Hit(
                    (code.spot(answer),),
                    f"what `{function.node.name}` returns may be the text of any error, and goes to whoever asks",
                    Confidence.MEDIUM,
                    code.symbol,
                )
                break


def _returns_error(code: Code) -> bool:
    """Whether a function returns the text of an error that it has caught: `return {"error": str(e)}`."""
    return any(
        handler.name
        and isinstance(statement, n.Return)
        and statement.value is not None
        and any(quotes(part, handler.name) for part in inside(statement.value))
        and not is_for_developers(code, statement.span)
        for attempt in code.tries
        for handler in _catching_all(attempt)
        for statement in statements(handler.body)
        if _reaches_out(code, attempt.body, _CALLS_AWAY)
    )


def _catching_all(attempt: n.Try) -> Iterator[n.Handler]:
    """Yield the handlers of a `try` that catch whatever it is, and do not ask which error they have."""
    for handler in attempt.handlers:
        if handler.name is None or _ANY.isdisjoint(map(tail, items_of(handler.type))):
            continue
        if not _is_asked_about(handler):
            yield handler


def _is_open(view: View) -> bool:
    return view.login is False and _ANYBODY.issuperset(view.permissions) and not view.stopped


def _told(code: Code, attempt: n.Try) -> Iterator[Hit]:
    """Yield the answers that quote an error which the handlers of a `try` catch, whatever it is."""
    for handler in _catching_all(attempt):
        for answer in quoting(code, handler):
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
