"""A `state` that comes back from another site, is asked for, and is held against nothing."""

from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Code, Hit, Project, Spot
from pickguard.kit.code import tail, text
from pickguard.kit.values.query_keys import QUERIES, query_keys
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import is_false, is_none
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, inside


def ignored_states(project: Project) -> Iterator[Hit]:
    """Yield where a function reads `code` and `state` of the address, and only asks whether there is a state."""
    if any(map(_holds_state_against_session, project.flow.callers.holding("session"))):
        return  # what stands before may be all of it
    for query in sorted(QUERIES):
        for function in project.flow.callers.holding(query):
            code = project.code_of(function)
            if _is_asked_by_library(code):
                continue
            read = {key.name: key.node for key in query_keys(code) if tail(key.holder) == query}
            if "code" in read and "state" in read and _is_held_against_nothing(code, read["state"]):
                yield Hit(
                    (code.spot(read["state"]),),
                    "the `state` that comes back is compared with nothing",
                    Confidence.MEDIUM,
                    code.symbol,
                )


def switched_off(project: Project) -> Iterator[Hit]:
    """Yield the providers that are told to send no state: `supports_state = False`, of allauth; `STATE_PARAMETER`."""
    for symbol in project.site.classes.all:
        for name in _SWITCHES & set(project.site.names.class_scope(symbol)):
            value = project.site.classes.value(symbol, name)
            is_own = value is not None and value.qualname == f"{symbol.qualname}.{name}"
            if value is None or not is_own or not is_false(value.value):
                continue
            if project.kind_of(symbol.module) is None and _is_provider(project, symbol):
                yield Hit(
                    (Spot(value.module.path, value.value.span),),
                    f"`{symbol.node.name}` sends no `state`, so whatever comes back is believed",
                    Confidence.MEDIUM,
                    symbol.name,
                    mend="leave it on; where no state comes back, tie the login to the browser by other means",
                )


def _is_asked_by_library(code: Code) -> bool:
    """Whether a library's page calls it, which has compared the state itself."""
    owner = code.owner
    return owner is not None and code.project.site.classes.inherits(owner, _OIDC_BACKEND)


_OIDC_BACKEND = ".OIDCAuthenticationBackend"  # of mozilla-django-oidc


# of django-allauth, and of social-core
_SWITCHES = frozenset({"supports_state", "STATE_PARAMETER"})


def _is_provider(project: Project, symbol: ClassSymbol) -> bool:
    """Whether a class heirs from one that speaks OAuth2, and is not the one that all heir from."""
    line = project.site.classes.line(symbol)[1:]
    return any("OAuth2" in ancestor.name for ancestor in line)


def _holds_state_against_session(function: FunctionSymbol) -> bool:
    """Whether a function compares a state, and knows the session: `if state not in request.session["states"]`."""
    return any(
        isinstance(node, n.Compare)
        and any("state" in (text(part) or tail(part)) for part in inside(node))
        for node in expressions(body(function.node))
        if not isinstance(node, n.Compare) or not all(map(is_none, node.rights))
    )


def _is_held_against_nothing(code: Code, state: n.Expr) -> bool:
    """Whether what is read is given a name, and that name stands in nothing but questions whether it is there."""
    names = [
        statement.targets[0].id
        for statement in code.statements
        if isinstance(statement, n.Assign) and statement.value == state
        if len(statement.targets) == 1 and isinstance(statement.targets[0], n.Name)
    ]
    if len(names) != 1 or any(isinstance(one, n.Function) for one in code.statements):
        return False
    tests = [one.test for one in code.statements if isinstance(one, n.If | n.While | n.Assert)]
    tests += [one.test for one in code.every(n.Choice)]
    asked = sum(_asks(test, names[0]) for test in tests)
    return asked + 1 == sum(node.id == names[0] for node in code.every(n.Name))


def _asks(test: n.Expr, name: str) -> int:
    """Return how often a condition asks whether there is something under a name."""
    if isinstance(test, n.Name):
        return int(test.id == name)
    if isinstance(test, n.Unary) and test.op == "not":
        return _asks(test.operand, name)
    if isinstance(test, n.Logic):
        return sum(_asks(value, name) for value in test.values)
    if isinstance(test, n.Compare) and all(is_none(right) for right in test.rights):
        return _asks(test.left, name)
    return 0
