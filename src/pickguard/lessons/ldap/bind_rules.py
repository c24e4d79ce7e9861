"""LDAP rules about logins: a directory says yes to a name with an empty password."""

from collections.abc import Collection, Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.bodies.body import Body
from pickguard.flow.callees.arguments import given
from pickguard.flow.values.origin import Passed
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument, tail
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path, is_none
from pickguard.source.python.walk import heads, inside

_BINDS = ("simple_bind_s", "simple_bind", "bind_s", "bind")


@code_rule(
    "ldap.empty-password",
    words=_BINDS,
    packages=("ldap",),
    title="an empty password logs in at the directory",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(287, 521),
    severity=Severity.HIGH,
    gain="with a name and no password a stranger is let in as whoever has that name: many directories take an"
    " empty password for an anonymous login, and report success (RFC 4513, 5.1.2)",
    mend="refuse an empty password before the directory is asked: `if not password: return None`",
)
def empty_password(code: Code) -> Iterator[Hit]:
    """Find binds of python-ldap with a password that is sent, where nothing looks whether there is one."""
    for call in code.calls(*_BINDS):
        password = argument(call, 1, "cred")
        if password is None or not _is_of_ldap(code) or not _is_sent(code, password):
            continue
        if not _is_looked_at(code.body, password):
            yield Hit(
                (code.spot(call),),
                f"`{tail(call.func)}` answers yes to an empty password, and nothing refuses one",
                Confidence.MEDIUM,
                code.symbol,
            )


def _is_of_ldap(code: Code) -> bool:
    """Whether the connection is one of python-ldap; that of ldap3 refuses an empty password itself."""
    imported = code.project.imported_packages(code.module)
    return "ldap" in imported and "ldap3" not in imported


def _is_sent(code: Code, password: n.Expr) -> bool:
    """Whether a login form brings the password; a helper leaves to its callers which ones they pass."""
    names = {param.name for param in code.function.node.params} if code.function else set()
    if isinstance(password, n.Name) and password.id in names:
        return _is_login(code.body) or _is_handed_on(code, password.id)
    if _is_login(code.body) and _is_taken_out(code, password, names):
        return True
    if not code.origin(password).is_browser:
        return False
    return not any(tail(part) == "cleaned_data" for part in inside(password))


def _is_taken_out(code: Code, password: n.Expr, names: set[str]) -> bool:
    """Whether a name is one of the credentials that a login is handed: `credentials.pop("password")`."""
    values = code.assigned(password.id) if isinstance(password, n.Name) else []
    taken = [value.func if isinstance(value, n.Call) else value for value in values]
    return bool(taken) and all(
        isinstance(one, n.Attr | n.Index)
        and isinstance(one.value, n.Name)
        and one.value.id in names
        for one in taken
    )


def _is_login(body: Body) -> bool:
    return body.function is not None and body.function.node.name == "authenticate"


def _is_handed_on(code: Code, name: str) -> bool:
    """Whether a login hands the password to this function, and does not look whether there is one either."""
    function = code.function
    if function is None:
        return False
    for caller, call, is_bound in code.project.flow.callers.of(function)[:_MOST_CALLERS]:
        handed = set(map(id, inside(call)))
        for value in given(function, call, Passed(name), is_bound=is_bound):
            is_plain = _is_login(caller) and isinstance(value, n.Name)
            if is_plain and not _is_looked_at(caller, value, handed):
                return True
    return False


_MOST_CALLERS = 8


def _is_looked_at(body: Body, password: n.Expr, besides: Collection[int] = ()) -> bool:
    """Whether a condition asks for more of the password than not to be None.

    Args:
        body: where the condition may stand.
        password: a name.
        besides: expressions by their `id` that do not count: those of the call that it is handed to.
    """
    path = access_path(password)
    tests = (head for statement in body.statements for head in _conditions(statement))
    return any(
        path and access_path(part) == path and id(part) not in besides
        for test in tests
        for part in _asked(test)
    )


def _conditions(statement: n.Stmt) -> Iterator[n.Expr]:
    if isinstance(statement, n.If | n.While | n.Assert):
        yield statement.test
    for head in heads(statement):
        for part in inside(head):
            if isinstance(part, n.Choice):
                yield part.test
            elif isinstance(part, n.Logic):
                yield from part.values[:-1]


def _asked(test: n.Expr) -> Iterator[n.Expr]:
    """Yield the parts of a condition, those compared with None left out."""
    if isinstance(test, n.Compare) and any(is_none(right) for right in test.rights):
        return
    if isinstance(test, n.Logic):
        for value in test.values:
            yield from _asked(value)
        return
    yield from inside(test)
