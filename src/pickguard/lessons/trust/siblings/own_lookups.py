"""Rows that an action looks up among all by an address or a name, where its class leaves those of whoever asks.

class Accounts(ModelViewSet):
    def get_queryset(self):                        @action(methods=["post"])
        return accounts_of(self.request.user)      def reset(self, request):
                                                       user = User.objects.filter(email=…).first()
"""

from collections.abc import Iterator

from msgspec import Struct

from pickguard.kit import Project
from pickguard.kit.code import tail
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of
from pickguard.source.python.bodies import body
from pickguard.source.python.queries import MANAGERS
from pickguard.source.python.walk import expressions, inside

_TAKES = frozenset({"first", "last", "get", "update", "delete"})
_SAYS_WHICH = frozenset({"pk", "id", "uuid", "email", "username", "slug", "code", "number"})
_SENT = frozenset({"data", "validated_data", "query_params", "GET", "POST", "kwargs"})


class Lookup(Struct, frozen=True):
    """A row that is looked up among all rows of a model by what was sent."""

    model: Model
    call: n.Call


def lookups(project: Project, function: FunctionSymbol) -> Iterator[Lookup]:
    """Yield the rows that a function takes with `Model.objects.filter(email=…).first()`."""
    if "filter" not in function.node.words or MANAGERS.isdisjoint(function.node.words):
        return
    params = {param.name for param in function.node.params} - {"self", "request"}
    for node in expressions(body(function.node)):
        chosen = _chosen(node)
        if chosen is None or not _is_sent(chosen, params):
            continue
        manager = receiver_of(chosen)
        table = manager.value if isinstance(manager, n.Attr) and manager.name in MANAGERS else None
        model = project.site.models.of(project.site.names.resolve(function.module, table))
        if model is not None:
            yield Lookup(model, chosen)


def _chosen(node: n.Expr) -> n.Call | None:
    """Return the `filter` of `….filter(email=email).first()`, where it says which one row is meant."""
    if not isinstance(node, n.Call) or not isinstance(node.func, n.Attr):
        return None
    chosen = node.func.value
    if node.func.name not in _TAKES or not isinstance(chosen, n.Call) or chosen.args:
        return None
    names = {(keyword.name or "").removesuffix("__iexact") for keyword in chosen.keywords}
    is_one = tail(chosen.func) == "filter" and len(names) == 1 and names <= _SAYS_WHICH
    return chosen if is_one else None


def _is_sent(call: n.Call, params: set[str]) -> bool:
    names = {tail(part) for keyword in call.keywords for part in inside(keyword.value)}
    return bool(names & (_SENT | params))


def looks_at_asker(function: FunctionSymbol) -> bool:
    """Whether a function mentions `request.user`, and not just a variable of that name."""
    return any(
        isinstance(node, n.Attr) and node.name == "user" and tail(node.value) == "request"
        for node in expressions(body(function.node))
    )
