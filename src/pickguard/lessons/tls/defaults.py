"""Checks of certificates that are off wherever a caller does not ask for them: `def fetch(url, verify=False)`."""

from collections.abc import Iterator

from msgspec import Struct

from pickguard.base.scales import Confidence
from pickguard.flow.callees.arguments import given
from pickguard.flow.values.definitions import Value
from pickguard.flow.values.origin import Passed
from pickguard.kit import Code, reading
from pickguard.kit.code import is_false, tail
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument

_DEEPEST = 3


class OffByDefault(Struct, frozen=True):
    """A parameter that switches the check off where nobody gives it.

    Attributes:
        function: whose parameter it is.
        name: of the parameter.
        sure: how sure it is that somebody leaves it out.
    """

    function: FunctionSymbol
    name: str
    sure: Confidence

    @property
    def called(self) -> str:
        """The name by which callers know the function: that of the class, where it makes an object."""
        owner = self.function.owner
        is_maker = owner is not None and self.function.node.name == "__init__"
        return owner.node.name if owner is not None and is_maker else self.function.node.name


def off_by_default(code: Code, node: n.Expr | None, depth: int = 0) -> OffByDefault | None:
    """Return the parameter that a value comes from, where it is False for those who do not give it."""
    if node is None or depth == _DEEPEST:
        return None
    for there, name in _parameters(code, node):
        function, param = there.function, there.body.params.get(name)
        if function is None or param is None or param.kind in ("*", "**"):
            continue
        if is_false(param.default):
            sure = _left_out(there, function, name)
            if sure is not None:
                return OffByDefault(function, name, sure)
        for caller, _call, value in there.handed_by(name):
            found = off_by_default(caller, value, depth + 1)
            if found is not None:
                return found
    return None


def off_in_class(code: Code, node: n.Expr | None) -> bool:
    """Whether a value is one of the object's own that is False in its class, and that nobody sets."""
    if not isinstance(node, n.Attr) or tail(node.value) != "self" or code.owner is None:
        return False
    classes = code.project.site.classes
    found = classes.value(code.owner, node.name)
    if found is None or not is_false(found.value):
        return False
    if code.project.flow.attributes.assigned(code.owner, node.name):
        return False
    fields = classes.fields(code.owner)
    return node.name not in fields or any(
        argument(call, fields.index(node.name), node.name) is None
        for _body, call in code.project.flow.callers.constructing(code.owner)
        if all(word.name for word in call.keywords)
    )


def off_where_missing(code: Code, node: n.Expr | None) -> bool:
    """Whether a value is False where nobody says otherwise: `settings.VERIFY`, `kwargs.get("verify", False)`."""
    if isinstance(node, n.Attr) and tail(node.value) == "settings":
        found = reading(code.project, node.name)
        return found is not None and found.value is False
    if not isinstance(node, n.Call):
        return False
    if tail(node.func) == "getattr":
        return is_false(argument(node, 2, "default"))
    return tail(node.func) in ("get", "pop") and is_false(argument(node, 1, "default"))


def _parameters(code: Code, node: n.Expr) -> Iterator[tuple[Code, str]]:
    """Yield the parameters that a value may be, with the code that has them: also what `self` keeps."""
    if isinstance(node, n.Name) and not code.assigned(node.id):
        yield code, node.id
    elif isinstance(node, n.Attr) and tail(node.value) == "self" and code.owner is not None:
        kept = code.project.flow.attributes.assigned(code.owner, node.name)
        if len(kept) == 1:
            body, known = kept[0]
            if isinstance(known, Value) and isinstance(known.expr, n.Name) and body.function:
                yield code.project.code_of(body.function), known.expr.id


def _left_out(code: Code, function: FunctionSymbol, name: str) -> Confidence | None:
    """Return how sure it is that a caller does not give a parameter; None where all do."""
    calls = code.project.flow.callers.of(function)
    for _body, call, is_bound in calls:
        is_spread = any(k.name is None for k in call.keywords)
        if not is_spread and not any(given(function, call, Passed(name), is_bound=is_bound)):
            return Confidence.MEDIUM
    return None if calls else Confidence.LOW
