"""Clickjacking rules that look at code."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, Project, code_rule
from pickguard.kit.code import argument, is_true, tail, text
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol, Symbol
from pickguard.source.python import nodes as n

EVERY_SITE = frozenset({"*", "https:", "http:", "https://*", "http://*"})
"""What lets all sites in, among those that may frame a page."""

_ANCESTORS = re.compile(r"frame-ancestors([^;]*)")
_HEADER = "x-frame-options"
_PROTECTS = frozenset({"DENY", "SAMEORIGIN"})
_MEANT = re.compile(r"iframe|embed|widget|frame|preview", re.IGNORECASE)
_MARKED = "this response goes out without `X-Frame-Options`"
_RESPONSE = re.compile(r"resp|^r$|^res$", re.IGNORECASE)


@code_rule(
    "clickjacking.header-undone",
    words=("response", "resp", "res", "headers", "xframe_options_exempt"),
    title="a response lets itself be framed by any site",
    areas=(Area.INTEGRITY,),
    cwe=(1021,),
    severity=Severity.MEDIUM,
    gain="a foreign page lays this one, invisible, over its own buttons and steals the clicks",
    mend="leave the header to the middleware, or name the one framing site with `frame-ancestors`",
)
def header_undone(code: Code) -> Iterator[Hit]:
    """Find `X-Frame-Options` removed, or set to what browsers do not know, and marks that leave it out."""
    if code.function is None:
        return
    policies = list(_policies(code))
    is_named = bool(policies) or _names_ancestors(code)
    undone = _open_policies(policies) if is_named else _undone(code)
    is_meant = bool(_MEANT.search(code.symbol))
    for node, says in undone:
        # the mark is Django's own way, for a page that is meant to be framed
        is_sure = not is_meant and says is not _MARKED
        if _is_for_all(code) and not code.is_conditional(node.span):
            is_sure = True
        confidence = Confidence.MEDIUM if is_sure else Confidence.LOW
        yield Hit((code.spot(node),), says, confidence, code.symbol)


def _is_for_all(code: Code) -> bool:
    """Whether every answer of the site goes by this code, as it is a middleware's."""
    around = code.enclosing.function if code.enclosing is not None else code.owner
    return around in code.project.once(_middleware)


def _middleware(project: Project) -> frozenset[Symbol | None]:
    """Return the classes and functions of the site's own that production has for middleware."""
    found = (project.site.names.dotted(name) for name in project.middleware or ())
    return frozenset(one for one in found if isinstance(one, ClassSymbol | FunctionSymbol))


def _policies(code: Code) -> Iterator[tuple[n.Stmt, re.Match[str]]]:
    """Yield where code says in a policy who may frame the page, with what it says."""
    for statement in code.statements:
        if isinstance(statement, n.Assign) and any(map(_is_policy, statement.targets)):
            named = _ANCESTORS.search(code.body.said(statement.value) or "")
            if named is not None:
                yield statement, named


def _open_policies(
    policies: list[tuple[n.Stmt, re.Match[str]]],
) -> Iterator[tuple[n.Expr | n.Stmt, str]]:
    """Yield the policies that let every site frame the page: `frame-ancestors *`."""
    for statement, named in policies:
        if EVERY_SITE & set(named[1].split()):
            yield statement, f"`{named[0].strip()}` lets every site frame this"


def _is_policy(target: n.Expr) -> bool:
    return (
        isinstance(target, n.Index)
        and (text(target.index) or "").lower() == "content-security-policy"
        and _is_response(target.value)
    )


def _undone(code: Code) -> Iterator[tuple[n.Expr | n.Stmt, str]]:
    for statement in code.statements:
        if isinstance(statement, n.Assign):
            for target in statement.targets:
                if isinstance(target, n.Index) and _is_header(target):
                    value = text(statement.value)
                    if value is not None and value.upper() not in _PROTECTS:
                        yield statement, f"`{value}` is no `X-Frame-Options` that browsers know"
                elif isinstance(target, n.Attr) and target.name == "xframe_options_exempt":
                    if is_true(statement.value) and _is_response(target.value):
                        yield statement, _MARKED
        elif isinstance(statement, n.Delete):
            for gone in statement.targets:
                if isinstance(gone, n.Index) and _is_header(gone):
                    yield statement, "`X-Frame-Options` is taken off the response"
    for call in code.calls("pop"):
        if isinstance(call.func, n.Attr) and _is_response(call.func.value):
            if (text(argument(call, 0)) or "").lower() == _HEADER:
                yield call, "`X-Frame-Options` is taken off the response"


def _is_header(node: n.Index) -> bool:
    return (text(node.index) or "").lower() == _HEADER and _is_response(node.value)


def _is_response(holder: n.Expr) -> bool:
    """Whether something is by its name a response, or the headers of one."""
    if isinstance(holder, n.Attr) and holder.name == "headers":
        holder = holder.value
    return bool(_RESPONSE.search(tail(holder)))


def _names_ancestors(code: Code) -> bool:
    """Whether the code says itself, in a policy, who may frame the page."""
    return any("frame-ancestors" in (text(node) or "") for node in code.every(n.Const))
