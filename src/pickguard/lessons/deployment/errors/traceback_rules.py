"""Rule: a traceback in an answer."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.values.definitions import Value
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import tail
from pickguard.kit.debugging import is_for_developers
from pickguard.lessons.deployment.errors.told_errors import of_any_error
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import inside

_ANSWERS = ("HttpResponse", "JsonResponse", "Response", "HttpResponseServerError")
_PAGES = ("render", "render_to_response", "TemplateResponse")
_CALLER_LIMIT = 20


@code_rule(
    "deployment.traceback-in-response",
    words=(
        "format_exc",
        "format_exception",
        "exc_info",
        "print_exc",
        "process_exception",
        "process_template_response",
        "exception_handler",
    ),
    title="a traceback is sent to the browser",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(209,),
    severity=Severity.MEDIUM,
    gain="whoever provokes an error learns paths, code, queries and sometimes secrets",
    mend="log it, and answer with a plain message",
)
def traceback_in_response(code: Code) -> Iterator[Hit]:
    """Find `format_exc()` in a response, also by way of a function that returns it."""
    yield from _handed_back(code)
    yield from of_any_error(code)
    for call in code.calls(*_ANSWERS, *_PAGES):
        for part in inside(call):
            if _is_traceback(code, part) and not _is_for_developers(code, call, part):
                yield Hit(
                    (code.spot(part),),
                    f"a traceback goes into `{tail(call.func)}(…)`",
                    # a template may leave it out
                    Confidence.MEDIUM if tail(call.func) in _PAGES else Confidence.HIGH,
                    code.symbol,
                )
                break


def _is_for_developers(code: Code, answer: n.Call, part: n.Expr) -> bool:
    return any(is_for_developers(code, span) for span in (answer.span, part.span))


def _handed_back(code: Code) -> Iterator[Hit]:
    """Yield the answers of others that hold the traceback which a function returns."""
    if code.function is None or any(word.lower() == "debug" for word in code.words):
        return
    if not any(_is_traceback(code, part) for value in code.returned for part in inside(value)):
        return
    for caller, call, _is_bound in code.project.flow.callers.of(code.function)[:_CALLER_LIMIT]:
        there = code.project.code_of(caller.function) if caller.function is not None else None
        answer = _answer_with(there, call) if there is not None else None
        if there is not None and answer is not None and not is_for_developers(there, answer.span):
            yield Hit(
                (there.spot(answer), code.spot(code.block[0], "returns the traceback")),
                f"a traceback goes into `{tail(answer.func)}(…)`",
                Confidence.HIGH,
                there.symbol,
            )


def _answer_with(code: Code, call: n.Call) -> n.Call | None:
    """Return the answer that holds what a call gives, at once or by a name."""
    names = {
        target.id
        for statement in code.statements
        if isinstance(statement, n.Assign) and statement.value is call
        for target in statement.targets
        if isinstance(target, n.Name)
    }
    for answer in code.calls(*_ANSWERS):
        for part in inside(answer):
            if part is call or (isinstance(part, n.Name) and part.id in names):
                return answer
    return None


def _is_traceback(code: Code, node: n.Expr) -> bool:
    if isinstance(node, n.Call):
        return tail(node.func) in ("format_exc", "format_exception")
    if isinstance(node, n.Name):
        known = code.body.scope.at(node.span).get(node.id)
        values = [known.expr] if isinstance(known, Value) else code.assigned(node.id)
        return any(
            isinstance(part, n.Call) and tail(part.func) in ("format_exc", "format_exception")
            for value in values
            for part in inside(value)
        )
    return False
