"""LDAP rules: filters and names put together from parts."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.catalog import SinkKind
from pickguard.flow.values.origin import Kind, Origin
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument, tail
from pickguard.kit.values.sinks import sunk
from pickguard.kit.values.sure import sure
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import inside

_ESCAPES = ("escape_filter_chars", "filter_format", "escape_dn_chars", "escape_rdn", "dn2str")
_SEARCHES = ("search", "search_s", "search_st", "search_ext", "search_ext_s", "paged_search")
_BINDS = (
    "simple_bind_s",
    "simple_bind",
    "bind_s",
    "compare_s",
    "compare",
    "modify_s",
    "delete_s",
    "add_s",
)
_FILTER = re.compile(r"\([\w;.-]+[~<>]?=|\([&|!]")
_NAME = re.compile(r"\b(uid|cn|ou|dc|o|sAMAccountName)=", re.IGNORECASE)


@code_rule(
    "ldap.formatted-filter",
    words=_SEARCHES,
    sinks=(SinkKind.LDAP_FILTER,),
    title="a value goes into an LDAP filter unescaped",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(90,),
    severity=Severity.HIGH,
    gain="with `*` or `)(uid=*` a stranger matches every entry, passes a check, or reads attributes",
    mend="escape it: `ldap.filter.escape_filter_chars(value)`",
)
def formatted_filter(code: Code) -> Iterator[Hit]:
    """Find filters with a formatted part that nothing escapes."""
    seen: set[int] = set()
    for one in sunk(code, SinkKind.LDAP_FILTER):
        seen.add(id(one.call))
        yield from _hits(code, one.call, one.value, "filter", is_sink=True)
        if not code.origin(one.value).is_browser:
            yield from _of_callers(code, one.value)
    for call in code.calls(*_SEARCHES):
        if id(call) in seen:
            continue
        found = argument(call, -1, "filterstr", "search_filter", "filter")
        candidates = (
            [found] if found is not None else [a for a in call.args if _is_text(code, a, _FILTER)]
        )
        for candidate in candidates:
            if candidate is not None and _is_text(code, candidate, _FILTER):
                yield from _hits(code, call, candidate, "filter")
    for call in code.every(n.Call):
        for candidate in _behind_search(call):
            if _is_text(code, candidate, _FILTER):
                yield from _hits(code, call, candidate, "filter")


def _of_callers(code: Code, value: n.Expr) -> Iterator[Hit]:
    """Yield the filters that callers put together for a function that only searches by what it is given."""
    handed = code.handed_by(value.id, _CALLER_LIMIT) if isinstance(value, n.Name) else ()
    for there, call, candidate in handed:
        if _is_text(there, candidate, _FILTER):
            yield from _hits(there, call, candidate, "filter")


_CALLER_LIMIT = 12


def _behind_search(call: n.Call) -> tuple[n.Expr, ...]:
    """Return what is handed over with a search to be run: `read(Connection.search, base, text)`."""
    for position, handed in enumerate(call.args):
        if isinstance(handed, n.Attr) and handed.name in _SEARCHES:
            return call.args[position + 1 :]
    return ()


@code_rule(
    "ldap.formatted-name",
    words=(*_BINDS, *_SEARCHES),
    sinks=(SinkKind.LDAP_NAME,),
    title="a value goes into a distinguished name unescaped",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(90,),
    severity=Severity.MEDIUM,
    gain="with a comma in the value a stranger names another entry than the one that was meant",
    mend="escape it: `ldap.dn.escape_dn_chars(value)`",
)
def formatted_name(code: Code) -> Iterator[Hit]:
    """Find distinguished names with a formatted part that nothing escapes."""
    seen: set[int] = set()
    for one in sunk(code, SinkKind.LDAP_NAME):
        seen.add(id(one.call))
        yield from _hits(code, one.call, one.value, "name", is_sink=True)
    for call in code.calls(*_BINDS, *_SEARCHES):
        if id(call) in seen:
            continue
        for candidate in call.args[:1]:
            if _is_text(code, candidate, _NAME) and not _is_text(code, candidate, _FILTER):
                yield from _hits(code, call, candidate, "name")


def _hits(
    code: Code, call: n.Call, node: n.Expr, what: str, *, is_sink: bool = False
) -> Iterator[Hit]:
    origin = _worst(code, node)
    if origin is None:
        return
    form = _FILTER if what == "filter" else _NAME
    if is_sink and not origin.is_browser and not _is_text(code, node, form):
        return  # a value that is handed on: where it is put together is the place to look at
    yield Hit(
        (code.spot(node),),
        f"a value is formatted into the {what} of `{tail(call.func)}(…)`",
        sure(origin, Confidence.MEDIUM if _is_near(origin) else Confidence.LOW),
        code.symbol,
        flow=code.flow(origin, node, f"becomes part of the {what}"),
    )


def _is_near(origin: Origin) -> bool:
    return Kind.PARAMETER in origin.kinds


def _worst(code: Code, node: n.Expr) -> Origin | None:
    """Return the origin of a text's formatted parts, or None where all are harmless."""
    clears = code.clears(SinkKind.LDAP_FILTER, SinkKind.LDAP_NAME)
    origin = code.origin(node, *_ESCAPES, *clears)
    return None if origin.is_constant else origin


def _is_text(code: Code, node: n.Expr, form: re.Pattern[str], depth: int = 0) -> bool:
    """Whether a text is formatted and looks like a filter or a name."""
    if isinstance(node, n.Name) and depth < 4:
        values = code.assigned(node.id)
        return any(_is_text(code, value, form, depth + 1) for value in values)
    if not isinstance(node, n.Joined | n.Binary | n.Call):
        return False
    if isinstance(node, n.Call) and tail(node.func) != "format":
        return False
    return any(form.search(code.body.said(part) or "") for part in inside(node))
