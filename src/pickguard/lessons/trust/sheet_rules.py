"""Trust rules about sheets: a program that opens one calculates what begins like a formula."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.beginning import SCHEME
from pickguard.kit import Code, Hit, Project, code_rule
from pickguard.kit.code import argument
from pickguard.site.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of
from pickguard.source.python.walk import inside

_WRITES = ("writerow", "writerows")
# what is sent to whoever asks for it, or built up to be
_SENDING = frozenset(
    {"HttpResponse", "StreamingHttpResponse", "FileResponse", "StringIO", "BytesIO"}
)
_ESCAPING = re.compile(r"csv|formula|sheet|excel|cell|escap|saniti|safe|quote|inject|neutrali")
# they begin with a scheme, or a slash
_ADDRESSES = ("build_absolute_uri", "get_absolute_url", "reverse")
_BEGINNINGS = frozenset("=+@")
_CALLER_LIMIT = 20


@code_rule(
    "trust.formula-in-sheet",
    words=_WRITES,
    packages=("csv",),
    title="a text of the browser's goes into a sheet as it is",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(1236,),
    severity=Severity.MEDIUM,
    gain="a name such as `=HYPERLINK(…)` is a formula to whoever opens the sheet, and sends its other cells away",
    mend="put a `'` before texts that begin with `=`, `+`, `-`, `@`, a tab or a line break",
)
def formula_in_sheet(code: Code) -> Iterator[Hit]:
    """Find rows of CSV files that are sent, with stored texts in them that the browser wrote."""
    if code.words.isdisjoint(_SENDING) and not _is_asked_for(code):
        return
    for call in code.calls(*_WRITES):
        row = argument(call, 0, "row", "rowdict", "rows")
        if row is None or not _is_writer(code, call):
            continue
        origin = code.origin(row, SCHEME, *_ADDRESSES, *code.project.once(_escapes))
        if origin.is_stored and origin.writer and not origin.is_browser:
            yield Hit(
                (code.spot(call),),
                "a text that the browser wrote goes into the sheet as it is",
                Confidence.MEDIUM,
                code.symbol,
                flow=code.flow(origin, call, "becomes a cell"),
            )


def _is_asked_for(code: Code) -> bool:
    """Whether a function that sends what it has is the one that asks for the rows."""
    if code.function is None:
        return False
    callers = code.project.flow.callers.of(code.function)[:_CALLER_LIMIT]
    return any(not _SENDING.isdisjoint(body.words) for body, _call, _is_bound in callers)


def _is_writer(code: Code, call: n.Call) -> bool:
    receiver = receiver_of(call)
    return any(
        isinstance(value, n.Call) and code.is_from(value.func, "csv")
        for value in code.made(receiver)
    )


def _escapes(project: Project) -> tuple[str, ...]:
    """Return the names of the project's functions that look at how a cell begins."""
    found = [
        function.node.name
        for function in project.flow.callers.functions
        if _may_escape(function) and _looks_at_beginning(project.code_of(function))
    ]
    return tuple(dict.fromkeys(found))


def _may_escape(function: FunctionSymbol) -> bool:
    return "startswith" in function.node.words or bool(_ESCAPING.search(function.name.lower()))


def _looks_at_beginning(code: Code) -> bool:
    seen: set[str] = set()
    for node in _spelt_out(code):
        if isinstance(node, n.Const) and isinstance(node.value, str) and len(node.value) < 12:
            seen.update(node.value)
    return seen >= _BEGINNINGS


def _spelt_out(code: Code) -> Iterator[n.Expr]:
    """Yield all expressions of a body, and those of the constants that its names stand for."""
    for node in code.expressions:
        yield node
        named = code.body.named(node) if isinstance(node, n.Name | n.Attr) else None
        if named is not None and named.value is not None:
            yield from inside(named.value)
