"""XSS rules about filters that escape only where a template tells them to, and that Python calls."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.kit.code import argument, tail
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import is_false, is_none

_SWITCH = "autoescape"
_MARKS = frozenset({"mark_safe", "SafeString", "SafeText"})
_ESCAPES = frozenset({"escape", "conditional_escape", "force_escape", "format_html", "urlize"})


@rule(
    "xss.filter-called-bare",
    title="a filter that Python calls is not told to escape",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(79, 116),
    severity=Severity.HIGH,
    gain="the filter marks its text safe as it is: markup that somebody wrote into it runs in the page",
    mend="say it: `nl2br(value, autoescape=True)`, or make that the filter's default",
)
def filter_called_bare(project: Project) -> Iterator[Hit]:
    """Find calls of filters whose `autoescape` is off unless a template switches it on."""
    for function in project.flow.callers.functions:
        position = _switch(function)
        if position is None or not _marks(project, function):
            continue
        for caller, call, _is_bound in project.flow.callers.of(function):
            if any(k.name in (_SWITCH, None) for k in call.keywords):
                continue
            value = argument(call, 0)
            if value is None or argument(call, position) is not None or _is_escaped(value):
                continue
            if not caller.origin(value).is_constant and caller.function != function:
                yield Hit(
                    (Spot(caller.module.path, call.span),),
                    f"`{function.node.name}` marks its text safe, and escapes nothing here",
                    Confidence.MEDIUM,
                    caller.symbol,
                )


def _is_escaped(value: n.Expr) -> bool:
    return isinstance(value, n.Call) and tail(value.func) in _ESCAPES


def _switch(function: FunctionSymbol) -> int | None:
    """Return where the parameter stands that switches escaping on, where it is off by default."""
    if _SWITCH not in function.node.words:
        return None
    for position, param in enumerate(function.node.params):
        if param.name == _SWITCH and param.default is not None:
            return position if is_none(param.default) or is_false(param.default) else None
    return None


def _marks(project: Project, function: FunctionSymbol) -> bool:
    """Whether a filter says that its text is safe markup."""
    there = project.code_of(function)
    return any(isinstance(value, n.Call) and tail(value.func) in _MARKS for value in there.returned)
