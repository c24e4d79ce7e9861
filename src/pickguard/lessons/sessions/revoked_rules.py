"""Session rules about tokens that were taken back: whoever reads one has to ask for it."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.kit.code import tail, text
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, inside

_REVOKED = re.compile(
    r"(black|deny|block|revoke|invalidate|withdr)\w*(token|jwt|jti)|(token|jwt|jti)\w*(black|deny|block|revo)",
    re.IGNORECASE,
)
_ASKS = frozenset({"exists", "aexists", "first", "afirst", "get", "aget", "count"})
_READS = re.compile(r"decode|verif|payload|parse|loads")
_PEEKS = re.compile(r"expir|peek|header|unverified|debug|revoke|black|deny|block|logout|log_out")


@rule(
    "sessions.revoked-token-accepted",
    title="a token that was taken back is accepted in one place, and refused in another",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(613, 287),
    severity=Severity.HIGH,
    gain="who holds a token that its owner took back changes it for a fresh one here",
    mend="ask for it in the one function that reads tokens, so that nobody reads one unasked",
)
def revoked_token_accepted(project: Project) -> Iterator[Hit]:
    """Find tokens that are read with no look at the table of those taken back, where others look."""
    tables = frozenset(
        model.name for model in project.site.models.by_label.values() if _REVOKED.search(model.name)
    )
    askers = {f: readers for f, readers in _askers(project, tables) if readers}
    for reader in sorted({name for readers in askers.values() for name in readers}):
        asker = next(f for f, readers in askers.items() if reader in readers)
        for function in project.flow.callers.holding(reader):
            call = _call(function, reader)
            if call is None or _looks(project, function, tables, 1):
                continue
            yield Hit(
                (
                    Spot(function.module.path, call.span),
                    Spot(asker.module.path, asker.node.span, "asks whether it was taken back"),
                ),
                "the token is read, and nobody asks whether it was taken back",
                Confidence.MEDIUM,
                function.name,
            )


def _askers(
    project: Project, tables: frozenset[str]
) -> Iterator[tuple[FunctionSymbol, frozenset[str]]]:
    """Yield what looks a token up among those taken back, and the names of what reads it there."""
    for table in sorted(tables):
        for function in project.flow.callers.holding(table):
            if _is_left_out(project, function) or _ASKS.isdisjoint(function.node.words):
                continue
            calls = [c for c in expressions(body(function.node)) if isinstance(c, n.Call)]
            asked = {
                tail(part)
                for call in calls
                if any(tail(part) == table for part in inside(call.func))
                for keyword in call.keywords
                for part in inside(keyword.value)
                if isinstance(part, n.Name)
            }
            yield (
                function,
                frozenset(
                    tail(call.func)
                    for call in calls
                    if _READS.search(tail(call.func)) and asked & {tail(a) for a in call.args}
                ),
            )


def _is_left_out(project: Project, function: FunctionSymbol) -> bool:
    return function.module.holds_tests or project.kind_of(function.module) is not None


def _call(function: FunctionSymbol, reader: str) -> n.Call | None:
    """Return where a function reads a token that it is given."""
    if function.node.name == reader or _PEEKS.search(function.node.name):
        return None
    params = {param.name for param in function.node.params}
    for node in expressions(body(function.node)):
        if isinstance(node, n.Call) and tail(node.func) == reader:
            if any(tail(arg) in params or _names_token(arg) for arg in node.args):
                return node
    return None


def _names_token(value: n.Expr) -> bool:
    return any("token" in (text(part) or tail(part)) for part in inside(value))


def _looks(project: Project, function: FunctionSymbol, tables: frozenset[str], depth: int) -> bool:
    """Whether a function, its class or who calls it looks at the tokens that were taken back."""
    words = set(function.node.words)
    owner = function.owner
    if _is_left_out(project, function) or words & tables or any(map(_REVOKED.search, words)):
        return True
    if isinstance(owner, ClassSymbol) and (
        set(owner.node.words) & tables or _REVOKED.search(owner.name)
    ):
        return True
    callers = [f for f in project.flow.callers.holding(function.node.name) if f != function]
    return depth > 0 and any(
        _looks(project, f, tables, 0) for f in callers if not f.module.holds_tests
    )
