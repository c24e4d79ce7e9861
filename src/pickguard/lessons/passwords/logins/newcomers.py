"""Sign-ups: they make the account that is sent, and where it is there already, some take it all the same.

The password that is sent proves nothing there: it is what the new account gets.
"""

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from pickguard.flow.values.definitions import Checked, Definition, Extended, Merged, Value
from pickguard.kit import Code
from pickguard.kit.code import tail
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import expressions, inside

_Block: TypeAlias = tuple[n.Stmt, ...]

_MAKES = frozenset({"create_user", "create_superuser", "create"})
_EITHER = frozenset({"get_or_create", "update_or_create"})
_GIVES = (*_MAKES, *_EITHER, "set_password", "make_password")


def takes_or_makes(code: Code, call: n.Call, account: n.Expr) -> bool:
    """Whether a call is given an account that was made here, or else one that was there already."""
    called = [_called(value.expr) for value in standing(code, account)]
    if any(names & _EITHER for names in called):
        return not is_made_alone(code, call, account)
    makes = [bool(names & _MAKES) for names in called]
    return any(makes) and not all(makes)


def is_made_alone(code: Code, call: n.Call, account: n.Expr) -> bool:
    """Whether a call is come to for a new account alone: `user, made = …get_or_create(…)`, `if made:`."""
    return any(
        any(node.span == call.span for node in expressions(made)) or _leaves(known)
        for made, known in _branches(code, account)
    )


def standing(code: Code, account: n.Expr) -> list[Value]:
    """Return the values that a name may stand for at its place; none of anything but a name."""
    if not isinstance(account, n.Name):
        return []
    return list(_values(code.body.at(account.span).get(account.id)))


def given_words(code: Code) -> set[str]:
    """Return the words of code that are about nothing but what a new account gets, and is sent for it."""
    regions = [code.calls(*_GIVES), _repeated(code), _received(code)]
    about = [part for region in regions for one in region for part in inside(one)]
    known = {id(part) for part in about}
    others = (part for part in expressions(code.body.block) if id(part) not in known)
    inner = {w for s in code.statements if isinstance(s, n.Function) for w in s.words}
    return set(_words(about)) - set(_words(others)) - inner


def _called(node: n.Expr) -> set[str]:
    return {tail(part.func) for part in inside(node) if isinstance(part, n.Call)}


def _values(definition: Definition | None) -> Iterator[Value]:
    waiting, seen = [definition], set[int]()
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, Value):
            yield one
        elif isinstance(one, Merged):
            waiting += one.options
        elif isinstance(one, Checked | Extended):
            waiting.append(one.base)


def _branches(code: Code, account: n.Expr) -> Iterator[tuple[_Block, _Block]]:
    """Yield what is done with a new account, and with one that was there: `if made: … else: …`."""
    told = {
        tail(target.items[1])
        for statement in code.statements
        if isinstance(statement, n.Assign) and _called(statement.value) & _EITHER
        for target in statement.targets
        if isinstance(target, n.Sequence) and len(target.items) == 2
        if tail(target.items[0]) == tail(account)
    }
    for branch in code.statements:
        if isinstance(branch, n.If) and told & set(_words(inside(branch.test))):
            is_turned = isinstance(branch.test, n.Unary)
            yield (branch.other, branch.body) if is_turned else (branch.body, branch.other)


def _leaves(block: _Block) -> bool:
    return any(isinstance(last, n.Return | n.Raise) for last in block[-1:])


def _repeated(code: Code) -> Iterator[n.Expr]:
    """Yield the conditions that hold what was sent against what was sent: `password != again`."""
    for compared in code.every(n.Compare):
        if all(map(code.is_said_by_browser, (compared.left, *compared.rights))):
            yield compared


def _received(code: Code) -> Iterator[n.Expr]:
    """Yield the names that what was sent is put under, and how it was read."""
    for statement in code.statements:
        if isinstance(statement, n.Assign) and _reads(code, statement.value):
            yield from (*statement.targets, statement.value)


def _reads(code: Code, value: n.Expr) -> bool:
    values = value.items if isinstance(value, n.Sequence) else (value,)
    return all(map(code.is_said_by_browser, values)) and not _called(value) & set(_GIVES)


def _words(parts: Iterable[n.Expr]) -> Iterator[str]:
    for part in parts:
        match part:
            case n.Name(id=word) | n.Attr(name=word) | n.Const(value=str(word)):
                yield word
            case n.Call(keywords=keywords):
                yield from (keyword.name for keyword in keywords if keyword.name)
