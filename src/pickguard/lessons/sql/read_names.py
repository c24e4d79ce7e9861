"""Attributes of rows that the browser names, and that go out: `HttpResponse(getattr(row, request.GET["field"]))`."""

from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.flow.values.instance import Sort
from pickguard.flow.values.origin import Kind
from pickguard.kit import Code, Hit
from pickguard.kit.code import tail
from pickguard.kit.templates.contexts import RENDERING
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import inside

_ANSWERS = (*RENDERING, "HttpResponse", "JsonResponse", "StreamingHttpResponse")


def read_by_name(code: Code) -> Iterator[Hit]:
    """Yield the `getattr(row, name)` whose name the browser sends and whose value the answer holds."""
    if code.words.isdisjoint(_ANSWERS):
        return
    for call in code.calls("getattr"):
        if len(call.args) < 2 or isinstance(call.args[1], n.Const) or not _is_row(code, call):
            continue
        origin = code.origin(call.args[1])
        if origin.is_browser and _goes_out(code, call):
            yield Hit(
                (code.spot(call),),
                "the browser names the attribute of a row that goes out",
                Confidence.HIGH if Kind.UNKNOWN not in origin.kinds else Confidence.MEDIUM,
                code.symbol,
                flow=code.flow(origin, call, "names the attribute"),
            )


def _is_row(code: Code, call: n.Call) -> bool:
    env = code.body.scope.at(call.span)
    found = code.project.flow.types.of(code.body, call.args[0], env)
    return found is not None and found.sort is Sort.INSTANCE and found.model is not None


def _goes_out(code: Code, call: n.Call) -> bool:
    """Whether an answer holds what a call returns, itself or by the name that it has got."""
    names = {
        tail(target)
        for statement in code.statements
        if isinstance(statement, n.Assign) and call in inside(statement.value)
        for target in statement.targets
    } - {""}
    held = (part for answer in code.calls(*_ANSWERS) for part in inside(answer))
    return any(part == call or (isinstance(part, n.Name) and part.id in names) for part in held)
