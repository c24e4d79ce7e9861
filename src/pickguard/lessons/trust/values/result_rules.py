"""Trust rules about results that are dropped: neither query sets nor texts change where they stand."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import tail
from pickguard.site.symbols.names import External
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of
from pickguard.source.python.walk import inside

_NARROWING = frozenset({"filter", "exclude", "select_for_update"})
_ROWS = re.compile(
    r"(^|_)(qs|queryset|query_set|objects|query|rows|results?)$|^(all|get_queryset|order_by)$"
)
_CLEANING = {
    "escape": ("django.utils.html.", "html.", "markupsafe."),
    "conditional_escape": ("django.utils.html.",),
    "strip_tags": ("django.utils.html.",),
    "escapejs": ("django.utils.html.",),
    "clean": ("bleach.", "nh3."),
    "quote": ("shlex.", "urllib."),
    "basename": ("os.", "posixpath."),
    "get_valid_filename": ("django.utils.text.",),
}


@code_rule(
    "trust.result-dropped",
    words=(*sorted(_NARROWING), *sorted(_CLEANING), "Q", "get_queryset"),
    title="what narrows or cleans is called, and its result is dropped",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(252, 862),
    severity=Severity.HIGH,
    gain="the rows are all there as before, also those that were to be kept back",
    mend="keep the result: `rows = rows.filter(…)`, `text = escape(text)`",
)
def result_dropped(code: Code) -> Iterator[Hit]:
    """Find `queryset.filter(owner=user)` and `escape(text)` as statements of their own, `Q(…) and Q(…)`."""
    yield from _one_condition(code)
    yield from _narrowed_by_base(code)
    yield from _locked_unread(code)
    for statement in code.statements:
        call = statement.value if isinstance(statement, n.Do) else None
        if not isinstance(call, n.Call):
            continue
        said = _says(code, call)
        if said and not _is_tried(code, statement):
            message = f"what `{tail(call.func)}(…)` returns is dropped: {said}"
            yield Hit(
                (code.spot(call),),
                message,
                Confidence.HIGH,
                code.symbol,
                None if code.sees_browser else Severity.MEDIUM,
                gain=_CLEANED if tail(call.func) in _CLEANING else "",
            )


_CLEANED = "the text goes on as the browser sent it"


def _one_condition(code: Code) -> Iterator[Hit]:
    """Yield conditions that `and` or `or` chooses one of: every `Q` that says something is true."""
    for node in code.every(n.Logic) if "Q" in code.words else ():
        made = [tail(value.func) if isinstance(value, n.Call) else "" for value in node.values]
        if set(made) == {"Q"}:
            kept = "the last" if node.op == "and" else "the first"
            yield Hit(
                (code.spot(node),),
                f"`{node.op}` between `Q(…)` keeps {kept} condition alone",
                Confidence.HIGH,
                code.symbol,
                mend="write `&` and `|` between them",
            )


def _narrowed_by_base(code: Code) -> Iterator[Hit]:
    """Yield `super().get_queryset()` whose rows are dropped by a `get_queryset` that takes others."""
    if code.function is None or code.function.node.name != "get_queryset" or code.owner is None:
        return
    narrows = code.project.site.classes.next_method(code.owner, code.owner, "get_queryset")
    for statement in code.statements:
        call = statement.value if isinstance(statement, n.Do) else None
        if isinstance(call, n.Call) and _asks_base(call) and not _is_tried(code, statement):
            yield Hit(
                (code.spot(call),),
                "the rows that the base class chose are dropped: what narrows there narrows nothing",
                # a library's may be called for what it asks
                Confidence.MEDIUM if narrows is not None else Confidence.LOW,
                code.symbol,
                mend="go on from them: `rows = super().get_queryset().filter(…)`",
            )


def _locked_unread(code: Code) -> Iterator[Hit]:
    """Yield rows that are locked and dropped, where what was read before the lock is asked after it."""
    for statement in code.statements if "select_for_update" in code.words else ():
        call = statement.value if isinstance(statement, n.Do) else None
        if not isinstance(call, n.Call) or tail(call.func) not in _TAKING or not _locks(call):
            continue
        for name in _held_before(call):
            asked = _asked_after(code, name, statement.span)
            if asked is not None:
                yield Hit(
                    (code.spot(call), code.spot(asked)),
                    f"the row is locked and dropped: `{name}.{asked.name}` was read before, and may be old",
                    Confidence.MEDIUM,
                    code.symbol,
                    gain="two requests at once both see what was there before either has written",
                    mend=f"go on with what the lock returns: `{name} = …select_for_update().get(…)`",
                )


_TAKING = frozenset({"get", "first"})


def _locks(call: n.Call) -> bool:
    return any(
        isinstance(p, n.Call) and tail(p.func) == "select_for_update" for p in inside(call.func)
    )


def _held_before(call: n.Call) -> Iterator[str]:
    """Yield the names whose number a query asks for: `get(pk=voucher.pk)`."""
    for keyword in call.keywords:
        value = keyword.value
        if isinstance(value, n.Attr) and value.name in _NUMBERS and isinstance(value.value, n.Name):
            yield value.value.id


_NUMBERS = frozenset({"pk", "id"})


def _asked_after(code: Code, name: str, span: int) -> n.Attr | None:
    """Return the first column of a row that a condition asks after a place, unless the row is read anew."""
    if next(code.calls("refresh_from_db"), None) is not None:
        return None
    tests = (s.test for s in code.statements if isinstance(s, n.If) and s.span > span)
    columns = (part for test in tests for part in inside(test) if isinstance(part, n.Attr))
    return next(
        (one for one in columns if tail(one.value) == name and one.name not in _NUMBERS), None
    )


def _asks_base(call: n.Call) -> bool:
    """Whether it is `super().get_queryset()`."""
    return (
        isinstance(call.func, n.Attr)
        and call.func.name == "get_queryset"
        and isinstance(call.func.value, n.Call)
        and tail(call.func.value.func) == "super"
    )


def _says(code: Code, call: n.Call) -> str:
    """Return what a dropped result means, nothing where the call may be for its effect."""
    name = tail(call.func)
    if name in _NARROWING and isinstance(call.func, n.Attr):
        of_rows = call.keywords or name == "select_for_update"
        if not of_rows or not _holds_rows(code, call.func.value):
            return ""
        return "nothing is locked" if name == "select_for_update" else "the rows are not narrowed"
    if name in _CLEANING:
        made = code.body.resolve(call.func)
        if isinstance(made, External) and made.name.startswith(_CLEANING[name]):
            return "the text stays as it was"
    return ""


def _holds_rows(code: Code, node: n.Expr) -> bool:
    """Whether a value is a query set, by its name or by what the name was given."""
    if _ROWS.search(tail(func_of(node))):
        return True
    held = code.body.assigned.get(node.id, ()) if isinstance(node, n.Name) else ()
    return bool(held) and all(_makes_rows(value) for value, _span in held)


def _makes_rows(node: n.Expr) -> bool:
    """Whether an expression is `Note.objects.filter(…)`, or the like."""
    return isinstance(node, n.Call) and any(
        isinstance(part, n.Attr) and part.name in ("objects", "get_queryset", "_default_manager")
        for part in inside(node.func)
    )


def _is_tried(code: Code, statement: n.Stmt) -> bool:
    """Whether a call is made to see whether it fails."""
    tries = (each for each in code.statements if isinstance(each, n.Try))
    return any(inner is statement for each in tries for inner in each.body)
