"""Logins that look the account up once the password was refused, and answer by whether it is there.

user = authenticate(request, username=name, password=password)
if user is None:
    if User.objects.filter(username=name).exists():
        messages.error(request, "Wrong password")
"""

import re
from collections.abc import Iterable, Iterator
from typing import TypeAlias, TypeVar

from pickguard.kit import Code
from pickguard.kit.code import tail, text
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path
from pickguard.source.python.walk import expressions, forks, inside, statements

KNOWN = frozenset(
    {"login_required", "permission_required", "staff_member_required", "LoginRequiredMixin"}
    | {"PermissionRequiredMixin", "IsAuthenticated", "IsAdminUser", "has_perm", "is_staff"}
)
"""What asks for a login, or a right: whoever is answered behind it is no stranger."""

_Part = TypeVar("_Part", n.Stmt, n.Expr)
_Told: TypeAlias = Iterator[tuple[n.Expr, tuple[str, ...]]]
_AUTHENTICATES = frozenset({"authenticate", "aauthenticate"})
_LOOKS_UP = frozenset({"get", "aget", "filter", "get_object_or_404", "get_by_natural_key"})
_FIRST = frozenset({"first", "afirst", "last", "alast"})
_ACCOUNTS = re.compile(r"user|account|member|customer", re.IGNORECASE)
_WHO = re.compile(r"^(email|username|mail|login|phone|user_name|email_address)(__i?exact)?$")
_SAYS = frozenset(
    {"add_error", "confirm_login_allowed", "JsonResponse", "Response", "HttpResponse"}
)


def told_after_failure(code: Code) -> Iterator[n.Expr]:
    """Yield the lookup of an account, after a refused password, that the answer depends on."""
    if _AUTHENTICATES.isdisjoint(code.words):
        return
    refused = frozenset(_refused(code))
    for statement, then, other in forks(code.block) if refused else ():
        block = _where_refused(statement.test, then, other, refused)
        found = _lookup(block)
        if found is not None and len(set(_answers(block))) > 1:
            yield found
            return


def told_by_difference(code: Code) -> Iterator[n.Expr]:
    """Yield the first answer that a login, or a reset, gives where there is no such account, and nowhere else.

    if not User.objects.filter(username=name).exists():
        return render(request, "login.html", {"unknown": True})
    """
    if code.function is None or (not KNOWN.isdisjoint(code.words) and not _takes_password(code)):
        return
    looked_up = frozenset(_looked_up(code))
    shown = frozenset(tail(part) for value in code.returned for part in inside(value))
    whole = list(_told(code.block, shown))
    chosen = next(_chosen(whole, looked_up), None)
    if chosen is not None:
        yield chosen
        return
    for block in _where_unknown(code, looked_up):
        answers = list(_told(block, shown))
        if not answers:
            continue
        inside_ = {id(node) for node, _words_of in answers}
        others = {words for node, words in whole if id(node) not in inside_}
        found = next((node for node, words in answers if words not in others), None)
        if found is not None and others:
            yield found
            return


def _takes_password(code: Code) -> bool:
    """Whether a function is given a password: what it asks of the account says nothing of who asks."""
    params = code.function.node.params if code.function is not None else ()
    return any(param.name == "password" for param in params)


def _where_unknown(code: Code, looked_up: frozenset[str]) -> Iterator[tuple[n.Stmt, ...]]:
    """Yield the branches that are run where a lookup finds no account.

    `looked_up` are the names that hold an account or None.
    """
    for statement in code.statements:
        if isinstance(statement, n.Try) and _lookup(statement.body) is not None:
            for handler in statement.handlers:
                caught = inside(handler.type) if handler.type is not None else ()
                if "DoesNotExist" in map(tail, caught):
                    yield handler.body
                    break
    for asked, then, other in forks(code.block):
        yield _where_nobody(asked.test, then, other, looked_up)


def _chosen(
    told: Iterable[tuple[n.Expr, tuple[str, ...]]], looked_up: frozenset[str]
) -> Iterator[n.Expr]:
    """Yield the part of an answer for no account: of `"Wrong password" if user else "No such name"`."""
    for answer, _words_of in told:
        for part in inside(answer):
            if isinstance(part, n.Choice) and _words(part.then) != _words(part.other):
                yield from _where_nobody(part.test, (part.then,), (part.other,), looked_up)


def _where_nobody(
    test: n.Expr, then: tuple[_Part, ...], other: tuple[_Part, ...], looked_up: frozenset[str]
) -> tuple[_Part, ...]:
    return _where_refused(test, then, other, looked_up) or _where_none_is(test, then, other)


def _where_none_is(
    test: n.Expr, then: tuple[_Part, ...], other: tuple[_Part, ...]
) -> tuple[_Part, ...]:
    """Return the branch of `if User.objects.filter(…).exists()` where there is no account."""
    is_turned = False
    if isinstance(test, n.Unary) and test.op == "not":
        test, is_turned = test.operand, True
    if not isinstance(test, n.Call) or tail(test.func) not in ("exists", "aexists"):
        return ()
    if _lookup_in(test) is None:
        return ()
    return then if is_turned else other


def _told(block: tuple[n.Stmt, ...], shown: frozenset[str]) -> _Told:
    """Yield what a block answers, messages and texts under names that are shown included, each with its words."""
    for statement in statements(block):
        value = statement.value if isinstance(statement, n.Return | n.Raise) else None
        if isinstance(value, n.Call):
            yield value, _words(value)
        if isinstance(statement, n.Assign) and any(_is_shown(t, shown) for t in statement.targets):
            yield statement.value, _words(statement.value)
    for node in expressions(block):
        if isinstance(node, n.Call) and is_message(node):
            yield node, _words(node)


def _is_shown(target: n.Expr, shown: frozenset[str]) -> bool:
    """Whether a name, or an entry of a page, is what somebody is told: `error`, `context["message"]`."""
    if isinstance(target, n.Index):
        return tail(target.value) in shown and bool(_SAID.search(text(target.index) or ""))
    return tail(target) in shown and bool(_SAID.search(tail(target)))


_SAID = re.compile(r"(^|_)(errors?|message|msg|detail|reason)$")


def _refused(code: Code) -> Iterator[str]:
    """Yield the names that get what `authenticate` returns."""
    for statement in code.statements:
        if isinstance(statement, n.Assign):
            called = {tail(p.func) for p in inside(statement.value) if isinstance(p, n.Call)}
            if called & _AUTHENTICATES:
                yield from (access_path(target) for target in statement.targets)


def _looked_up(code: Code) -> Iterator[str]:
    """Yield the names that get `User.objects.filter(email=…).first()`: the account, or None."""
    for statement in code.statements:
        if not isinstance(statement, n.Assign):
            continue
        value = statement.value
        if isinstance(value, n.Wrapped) and value.value is not None:  # awaited
            value = value.value
        if isinstance(value, n.Call) and tail(value.func) in _FIRST and _lookup_in(value):
            yield from (access_path(target) for target in statement.targets)


def _where_refused(
    test: n.Expr, then: tuple[_Part, ...], other: tuple[_Part, ...], names: frozenset[str]
) -> tuple[_Part, ...]:
    """Return the branch of `if user is None` and of `if user: … else: …` where there is nobody."""
    if isinstance(test, n.Unary) and test.op == "not":
        return then if access_path(test.operand) in names else ()
    if isinstance(test, n.Compare) and len(test.ops) == 1:
        if access_path(test.left) not in names:
            return ()
        return {"is": then, "is not": other}.get(test.ops[0], ())
    return other if access_path(test) in names else ()


def _lookup(block: tuple[n.Stmt, ...]) -> n.Call | None:
    """Return the query of a block that takes an account by the name that was typed."""
    found = (_lookup_in(node) for node in expressions(block))
    return next((one for one in found if one is not None), None)


def _lookup_in(value: n.Expr) -> n.Call | None:
    """Return the query in an expression that takes an account by the name that was typed."""
    for node in inside(value):
        if isinstance(node, n.Call) and tail(node.func) in _LOOKS_UP:
            is_named = tail(node.func) == "get_by_natural_key" or any(
                _WHO.match(keyword.name or "") or _is_by_field_of_names(keyword)
                for keyword in node.keywords
            )
            if is_named and any(_ACCOUNTS.search(tail(part)) for part in inside(node)):
                return node
    return None


def _is_by_field_of_names(keyword: n.Keyword) -> bool:
    """Whether it is `**{User.USERNAME_FIELD: name}`."""
    return keyword.name is None and any(
        tail(part) == "USERNAME_FIELD" for part in inside(keyword.value)
    )


def _answers(block: tuple[n.Stmt, ...]) -> Iterator[tuple[str, ...]]:
    """Yield the words of each answer that a block may give."""
    for statement in statements(block):
        if isinstance(statement, n.Raise) and statement.value is not None:
            yield _words(statement.value)
    for node in expressions(block):
        if isinstance(node, n.Call) and (tail(node.func) in _SAYS or is_message(node)):
            yield _words(node)


def is_message(call: n.Call) -> bool:
    """Whether a call shows somebody a message: `messages.error(request, …)`."""
    return isinstance(call.func, n.Attr) and tail(call.func.value) == "messages"


def _words(value: n.Expr) -> tuple[str, ...]:
    return tuple(
        str(part.value) if isinstance(part, n.Const) else tail(part) for part in inside(value)
    )
