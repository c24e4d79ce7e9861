"""SQL rules about functions of the database that a query calls: their names are written as they are."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import tail
from pickguard.site.symbols.names import ClassSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of

_OPTIONS = ("function", "template", "arg_joiner")
_WRITTEN = frozenset({*_OPTIONS, "kind", "lookup_name", "_connector"})
_SECOND = {"Trunc": "kind", "Extract": "lookup_name"}
_FUNCTIONS = (".Func", ".Aggregate", ".Transform", ".Function")


@code_rule(
    "sql.function-from-browser",
    words=("Func", "Trunc", "Extract", "Aggregate", "_connector", *_OPTIONS),
    title="the browser names an SQL function or its template",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(89,),
    severity=Severity.HIGH,
    gain="`function`, `template` and `kind` go into the statement as they are",
    mend="choose the function from names that you list",
)
def function_from_browser(code: Code) -> Iterator[Hit]:
    """Find `Func(function=…)`, `Trunc(…, kind)` and `Q(_connector=…)` from the request."""
    for call in code.every(n.Call):
        written = list(_of_function(call))
        for name, value in written if written and _is_of_query(code, call) else ():
            origin = code.origin(value)
            if origin.is_browser:
                yield Hit(
                    (code.spot(value),),
                    f"`{name}` of `{_shown(code, call)}` comes from the browser",
                    Confidence.HIGH,
                    code.symbol,
                    flow=code.flow(origin, value, "goes into the statement"),
                )


def _is_of_query(code: Code, call: n.Call) -> bool:
    """Whether a call makes an expression of Django's queries, or one of the site's own kind."""
    if _is_base(call):
        made = code.owner
    else:
        found = code.resolve(call.func)
        made = found if isinstance(found, ClassSymbol) else None
    if made is not None:
        return code.project.site.classes.inherits(made, *_FUNCTIONS)
    return tail(call.func) in _NAMES and code.is_from(call.func, "django.db")


_NAMES = frozenset({"Func", "Trunc", "Extract", "Aggregate", "Q"})


def _is_base(call: n.Call) -> bool:
    """Whether a call is `super().__init__(…)`."""
    holder = receiver_of(call)
    return isinstance(holder, n.Call) and tail(holder.func) == "super"


def _shown(code: Code, call: n.Call) -> str:
    return code.owner.node.name if _is_base(call) and code.owner else tail(call.func)


def _of_function(call: n.Call) -> Iterator[tuple[str, n.Expr]]:
    """Yield the arguments that Django writes into a statement as they are."""
    for keyword in call.keywords:
        if keyword.name in _WRITTEN:
            yield keyword.name, keyword.value
    second = _SECOND.get(tail(call.func))
    if second is not None and len(call.args) > 1:
        yield second, call.args[1]
