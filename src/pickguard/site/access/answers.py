"""What a function that answers yes or no, or that stands before others, says to strangers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from pickguard.site.settings.environment import Settings
from pickguard.site.symbols.libraries import checks
from pickguard.site.symbols.unknown import UNKNOWN, default_of
from pickguard.site.symbols.values import evaluate
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import is_false, is_true, tail
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import blocks, heads, inside, statements, within

LOGIN_WORDS = checks("login")


def lets_strangers_in(
    block: Iterable[n.Stmt], asking: frozenset[str], settings: Settings | None = None
) -> bool:
    """Whether a function may say yes without having looked at who asks.

    Args:
        block: the body of a function such as a permission's `has_permission`.
        asking: the names that a look at the person mentions, such as `is_authenticated`.
        settings: those of production, which decide conditions that ask for them alone.
    """
    for statement in block:
        if isinstance(statement, n.Return):
            return _says_yes(statement.value, asking)
        if isinstance(statement, n.If):
            if _refuses(statement, asking):
                return False
            if any(
                lets_strangers_in(way, asking, settings)
                for way in _ways(statement, asking, settings)
            ):
                return True
            continue
        if any(lets_strangers_in(inner, asking, settings) for inner in blocks(statement)):
            return True
    return False


def _ways(
    statement: n.If, asking: frozenset[str], settings: Settings | None
) -> Iterator[tuple[n.Stmt, ...]]:
    """Yield the ways after a condition on which nobody has looked at the person."""
    found = decided(statement.test, settings)
    if found is not False and not _asks(statement.test, asking, "and"):
        yield statement.body
    if found is not True and not _asks(statement.test, asking, "or"):
        yield statement.other


def only_chooses_by(function: n.Function, words: Collection[str]) -> bool:
    """Whether code mentions some words only as columns of rows: `User.objects.filter(is_staff=True)`.

    What is given to a column is no question either: `user.is_staff = True`.
    """
    block = list(statements(body(function)))
    given = [t for s in block if isinstance(s, n.Assign) for t in s.targets if type(t) is n.Attr]
    nodes = [node for statement in block for node in within(heads(statement))]
    targets = {id(target) for target in given}
    said = {tail(v) for v in nodes if isinstance(v, n.Name | n.Attr) and id(v) not in targets}
    decorated = {tail(part) for one in function.decorators for part in inside(one)}
    columns = {k.name for node in nodes if isinstance(node, n.Call) for k in node.keywords}
    columns |= {target.name for target in given}
    return columns.issuperset(words) and (said | decorated).isdisjoint(words)


def is_conditional(function: n.Function, settings: Settings | None) -> bool:
    """Whether a gate looks at more than the login: `if not user.is_authenticated and …`.

    What the settings of production say is so does not count: `settings.LOGIN_REQUIRED and …`.
    """
    for statement in statements(body(function)):
        if isinstance(statement, n.If) and isinstance(statement.test, n.Logic):
            open_parts = [p for p in statement.test.values if decided(p, settings) is not True]
            mentioned = {tail(node) for part in open_parts for node in inside(part)}
            if statement.test.op == "and" and len(open_parts) > 1 and mentioned & LOGIN_WORDS:
                return True
    return False


def decided(test: n.Expr, settings: Settings | None) -> bool | None:
    """Return what a condition comes to that asks for settings alone; None for any other."""
    if settings is None:
        return None

    def lookup(node: n.Expr) -> object:
        if isinstance(node, n.Attr) and tail(node.value) == "settings":
            return settings.get(node.name, UNKNOWN)
        return UNKNOWN

    found = default_of(evaluate(test, lookup))
    return None if found is UNKNOWN else bool(found)


def _refuses(statement: n.If, asking: frozenset[str]) -> bool:
    """Whether all that comes after it was looked at: `if request.user.is_anonymous: return False`."""
    return _asks(statement.test, asking, "or") and _ends(statement.body)


def _says_yes(value: n.Expr | None, asking: frozenset[str]) -> bool:
    match value:
        case n.Choice():
            then = not _asks(value.test, asking, "and") and _says_yes(value.then, asking)
            other = not _asks(value.test, asking, "or") and _says_yes(value.other, asking)
            return then or other
        case n.Logic(op="or"):
            return any(_says_yes(part, asking) for part in value.values)
    return is_true(value)


def _asks(test: n.Expr, asking: frozenset[str], enough: str) -> bool:
    """Whether a condition looks at the person, whichever way it went.

    Args:
        test: the condition.
        asking: the names that a look at the person mentions.
        enough: the operator of which one part is enough: `and` where the condition held, `or` where
            it did not.
    """
    if isinstance(test, n.Unary) and test.op == "not":
        return _asks(test.operand, asking, "or" if enough == "and" else "and")
    if isinstance(test, n.Logic):
        parts = [_asks(value, asking, enough) for value in test.values]
        return any(parts) if test.op == enough else all(parts)
    return any(tail(part) in asking for part in inside(test))


def _ends(block: tuple[n.Stmt, ...]) -> bool:
    """Whether a block says no, or looks at the person and ends."""
    last = block[-1] if block else None
    if isinstance(last, n.Raise):
        return True
    return isinstance(last, n.Return) and (last.value is None or is_false(last.value))
