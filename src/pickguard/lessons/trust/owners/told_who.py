"""Functions that are told who asks, and only write to them: `mail_statement.delay(number, request.user.pk)`."""

from collections.abc import Iterator

from pickguard.kit.code import tail
from pickguard.lessons.trust.ownership import is_user
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import given_to
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, inside, statements

_LOADS = frozenset({"get", "aget", "get_object_or_404", "first"})
# What tells somebody something, or writes down who it was, and asks nothing of them
_TELLS = frozenset({"send_mail", "EmailMessage", "EmailMultiAlternatives", "email_user", "render_to_string", "create",
                    "info", "debug", "warning", "error", "exception", "format", "str", "get_full_name"})  # fmt: skip


def is_told_for_nothing(call: n.Call, callee: FunctionSymbol) -> bool:
    """Whether a function that is told who asks never holds that against a row."""
    told = frozenset(_told(call, callee))
    if not told:
        return False
    block = body(callee.node)
    assigned = [s for s in statements(block) if isinstance(s, n.Assign)]
    people = {tail(s.targets[0]) for s in assigned if told & _names(s.value)}
    return not any(_may_look(node, told | people) for node in expressions(block))


def _told(call: n.Call, callee: FunctionSymbol) -> Iterator[str]:
    """Yield the parameters of a function that are given who asks, or their number."""
    params = [param.name for param in callee.node.params]
    pairs = [*zip(params, call.args, strict=False), *((k.name, k.value) for k in call.keywords)]
    for name, value in pairs:
        if name in params and name is not None and is_user(value):
            yield name


def _names(node: n.Expr) -> frozenset[str]:
    return frozenset(part.id for part in inside(node) if isinstance(part, n.Name))


def _may_look(node: n.Expr, people: frozenset[str] | set[str]) -> bool:
    """Whether an expression compares a person, chooses by one, or hands one on to what may."""
    if isinstance(node, n.Compare):
        return bool(_names(node) & people)
    if not isinstance(node, n.Call) or tail(node.func) in _TELLS:
        return False
    given = given_to(node)
    if not any(_names(value) & people for value in given):
        return isinstance(node.func, n.Attr) and bool(_names(node.func) & people)
    return not (tail(node.func) in _LOADS and _is_of_accounts(node))


def _is_of_accounts(call: n.Call) -> bool:
    """Whether it is the person that is loaded: `User.objects.get(pk=user_id)`."""
    return any(
        isinstance(part, n.Name) and part.id.lower().endswith(("user", "user_model"))
        for value in (call.func, *call.args)
        for part in inside(value)
    )
