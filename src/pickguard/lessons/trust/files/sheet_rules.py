"""Trust rules about sheets: a program that opens one calculates what begins like a formula."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.values.beginning import SCHEME
from pickguard.kit import Code, Hit, Project, code_rule
from pickguard.kit.code import argument, tail, text
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of
from pickguard.source.python.walk import inside

_WRITES = ("writerow", "writerows")
# openpyxl and xlsxwriter make a formula of a text that begins like one; xlwt does not
_CELLS = ("append", "cell", "WriteOnlyCell", "write", "write_row", "write_column")
_BOOKS = frozenset({"openpyxl", "xlsxwriter"})
_SHEET = re.compile(r"^(ws|wsh|sheet|worksheet|work_sheet)\d*$|_(ws|sheet|worksheet)$")
_MAKES_SHEET = frozenset({"active", "create_sheet", "add_worksheet", "get_sheet_by_name"})
# what has a text stay one
_AS_TEXT = frozenset({"data_type", "quotePrefix", "write_string", "set_explicit_value"})
# what is sent to whoever asks for it, or built up to be
_SENDING = frozenset(
    {"HttpResponse", "StreamingHttpResponse", "FileResponse", "StringIO", "BytesIO"}
    | {"save_virtual_workbook"}
)
_ESCAPING = re.compile(r"csv|formula|sheet|excel|cell|escap|saniti|safe|quote|inject|neutrali")
# they begin with a scheme, or a slash
_ADDRESSES = ("build_absolute_uri", "get_absolute_url", "reverse")
_BEGINNINGS = frozenset("=+@")
_CALLER_LIMIT = 20


@code_rule(
    "trust.formula-in-sheet",
    words=(*_WRITES, *_CELLS),
    packages=("csv", *_BOOKS),
    title="a text of the browser's goes into a sheet as it is",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(1236,),
    severity=Severity.MEDIUM,
    gain="a name such as `=HYPERLINK(…)` is a formula to whoever opens the sheet, and sends its other cells away",
    mend="put a `'` before texts that begin with `=`, `+`, `-`, `@`, a tab or a line break",
)
def formula_in_sheet(code: Code) -> Iterator[Hit]:
    """Find rows of sheets that are sent, with stored texts in them that the browser wrote."""
    if code.words.isdisjoint(_SENDING) and not _is_asked_for(code):
        return
    for call, row in (*_rows(code), *_cells(code)):
        origin = code.origin(row, SCHEME, *_ADDRESSES, *code.project.once(_escapes))
        if origin.is_stored and origin.writer and not origin.is_browser:
            yield Hit(
                (code.spot(call),),
                "a text that the browser wrote goes into the sheet as it is",
                Confidence.MEDIUM,
                code.symbol,
                flow=code.flow(origin, call, "becomes a cell"),
            )


def _rows(code: Code) -> Iterator[tuple[n.Call, n.Expr]]:
    """Yield the rows that a writer of `csv` writes."""
    for call in code.calls(*_WRITES):
        row = argument(call, 0, "row", "rowdict", "rows")
        if row is not None and _is_writer(code, call):
            yield call, row


def _cells(code: Code) -> Iterator[tuple[n.Call, n.Expr]]:
    """Yield the values of cells in books of openpyxl and xlsxwriter."""
    if _BOOKS.isdisjoint(code.packages) or not _AS_TEXT.isdisjoint(code.words):
        return
    if any(isinstance(e, n.Const) and e.value == "strings_to_formulas" for e in code.expressions):
        return
    for call in code.calls(*_CELLS):
        value = _cell(call)
        if value is not None and _is_sheet(code, call):
            yield call, value


def _cell(call: n.Call) -> n.Expr | None:
    """Return what a call puts into cells: the last argument of those that take a place before it."""
    match tail(call.func):
        case "append":
            return argument(call, 0, "iterable")
        case "cell":
            return argument(call, 2, "value")
        case "WriteOnlyCell":
            return argument(call, 1, "value")
    places = 1 if call.args and isinstance(call.args[0], n.Const) and text(call.args[0]) else 2
    return argument(call, places, "data", "string")


def _is_sheet(code: Code, call: n.Call) -> bool:
    if tail(call.func) == "WriteOnlyCell":
        return code.is_from(call.func, "openpyxl")
    receiver = receiver_of(call)
    if receiver is None or isinstance(receiver, n.Call):
        return False
    return bool(_SHEET.search(tail(receiver))) or any(
        tail(value.func if isinstance(value, n.Call) else value) in _MAKES_SHEET
        for value in code.made(receiver)
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
