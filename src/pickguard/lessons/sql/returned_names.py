"""Methods that a framework asks for the columns to order by, or to search in, and the browser's names in them.

def get_search_fields(self, view, request):
    return request.query_params.getlist("in")
"""

from collections.abc import Iterator

from pickguard.base.scales import Confidence, Severity
from pickguard.kit import Code, Hit
from pickguard.site.symbols.names import ClassSymbol
from pickguard.source.python import nodes as n

GAIN_OF_ORDER = "in the order by `user__password` or `user__api_key` a stranger reads, row by row, what stands there"
"""What an attacker gains who chooses the order alone."""

_ORDERS = "the browser names the column that rows are ordered by"
_SEARCHED = "the browser names the columns that are searched"
RETURNING = {
    "get_ordering": _ORDERS,
    "get_valid_fields": _ORDERS,
    "get_default_valid_fields": _ORDERS,
    "get_search_fields": _SEARCHED,
}
"""What is said of each method whose answer names columns."""
_ASKING = {
    _ORDERS: ("rest_framework.filters.OrderingFilter",),
    _SEARCHED: ("rest_framework.filters.SearchFilter",),
}


def returned_names(code: Code) -> Iterator[Hit]:
    """Yield the browser's names that a view or a filter of an API returns for columns."""
    function, owner = code.function, code.owner
    told = RETURNING.get(function.node.name) if function is not None else None
    if function is None or owner is None or told is None:
        return
    if not _is_asked(code, owner, function.node.name, told):
        return
    for statement in code.statements:
        value = statement.value if isinstance(statement, n.Return) else None
        origin = code.origin(value)
        if value is not None and origin.is_browser:
            is_order = told == _ORDERS
            yield Hit(
                (code.spot(value),),
                told,
                Confidence.MEDIUM,
                code.symbol,
                Severity.MEDIUM if is_order else None,
                code.flow(origin, value, "names the column"),
                gain=GAIN_OF_ORDER if is_order else "",
            )


def _is_asked(code: Code, owner: ClassSymbol, method: str, told: str) -> bool:
    """Whether Django, or the framework of the API, asks the method of a class."""
    classes = code.project.site.classes
    if method == "get_ordering" and "view" in classes.kinds(owner):
        return True
    return classes.inherits(owner, *_ASKING[told])
