"""Accounts, and rows of any model, that a handler takes as the browser says and changes.

Also the account that whoever asks becomes: `login(request, get_object_or_404(User, pk=pk))`.
"""

from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import tail
from pickguard.lessons.trust.named_calls import names_of_calls
from pickguard.lessons.trust.owners.owner_functions import asks_for_more, is_named
from pickguard.lessons.trust.row_keys import choosing
from pickguard.site.access.guards import PERMISSION_WORDS
from pickguard.site.symbols.names import External, FunctionSymbol, ValueSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.bodies import body
from pickguard.source.python.queries import MANAGERS
from pickguard.source.python.walk import expressions, inside, statements

_GETTERS = frozenset({"get", "get_object_or_404", "aget", "aget_object_or_404"})
_IDS = frozenset({"pk", "id", "username", "email"})
_CHANGES = frozenset({"save", "delete", "set_password", "asave", "adelete"})
_LOGINS = frozenset({"login", "auth_login", "alogin"})
_PROVES = frozenset(
    {"check_password", "check_token", "authenticate", "token", "signing", "loads", "code"}
)


def of_accounts(project: Project, function: FunctionSymbol) -> Iterator[Hit]:
    """Yield the account that a page for everybody with a login takes by a number, and changes."""
    words = frozenset(function.node.words)
    if _GETTERS.isdisjoint(words) or (_CHANGES | _LOGINS).isdisjoint(words):
        return
    if words & (PERMISSION_WORDS | _PROVES) or asks_for_more(function) or _knows_who(function):
        return
    for name, call in _taken(project, function):
        use = _use(function, name)
        if use is not None:
            what = "lets whoever asks in as it" if tail(use.func) in _LOGINS else "changes it"
            yield Hit(
                (Spot(function.module.path, call.span), Spot(function.module.path, use.span, what)),
                f"any account is taken by its `{choosing(call)[0].name}`, and `{function.node.name}` {what}",
                Confidence.MEDIUM,
                function.name,
            )
            return


def of_any_model(project: Project, function: FunctionSymbol) -> Iterator[Hit]:
    """Yield the row that a page changes whose very model the browser names: `apps.get_model(…)`."""
    words = frozenset(function.node.words)
    if "get_model" not in words or _CHANGES.isdisjoint(words):
        return
    if words & (PERMISSION_WORDS | {"_meta"}) or asks_for_more(function) or _knows_who(function):
        return
    for statement in statements(body(function.node)):
        value = statement.value if isinstance(statement, n.Assign) else None
        if not isinstance(statement, n.Assign) or not isinstance(value, n.Call):
            continue
        named = frozenset(project.url_origins(function))
        if tail(value.func) != "get_model" or not any(
            is_named(function, a, named) for a in value.args
        ):
            continue
        use = _changed_of(function, tail(statement.targets[0]))
        if use is not None:
            yield Hit(
                (
                    Spot(function.module.path, value.span),
                    Spot(function.module.path, use.span, "changes it"),
                ),
                f"`{function.node.name}` changes a row of any model that the browser names, whoever's it is",
                Confidence.MEDIUM,
                function.name,
            )
            return


def _changed_of(function: FunctionSymbol, model: str) -> n.Call | None:
    """Return the call that changes a row which was taken of the model of a name."""
    rows = {
        tail(target)
        for statement in statements(body(function.node))
        if isinstance(statement, n.Assign) and _takes_of(statement.value, model)
        for target in statement.targets
    }
    for node in expressions(body(function.node)):
        if (
            isinstance(node, n.Call)
            and isinstance(node.func, n.Attr)
            and node.func.name in _CHANGES
        ):
            if tail(node.func.value) in rows or _takes_of(node.func.value, model):
                return node
    return None


def _takes_of(value: n.Expr, model: str) -> bool:
    return (
        isinstance(value, n.Call)
        and tail(value.func) in (*_GETTERS, "filter")
        and any(isinstance(part, n.Name) and part.id == model for part in inside(value))
    )


def _knows_who(function: FunctionSymbol) -> bool:
    """Whether a handler looks at who asks: `request.user`, `request.auth`."""
    return any(
        isinstance(node, n.Attr) and node.name in ("user", "auth", "session")
        for node in expressions(body(function.node))
    )


def _taken(project: Project, function: FunctionSymbol) -> Iterator[tuple[str, n.Call]]:
    """Yield the names that hold an account which the browser names, with the call that takes it."""
    named = frozenset(project.url_origins(function))
    for statement in statements(body(function.node)):
        call = statement.value if isinstance(statement, n.Assign) else None
        if not isinstance(statement, n.Assign) or not isinstance(call, n.Call):
            continue
        chosen = choosing(call)
        if tail(call.func) not in _GETTERS or len(chosen) != 1 or chosen[0].name not in _IDS:
            continue
        if is_named(function, chosen[0].value, named) and _is_of_accounts(project, function, call):
            yield tail(statement.targets[0]), call


def _is_of_accounts(project: Project, function: FunctionSymbol, call: n.Call) -> bool:
    """Whether a call takes a row of the user model: `User.objects.get(…)`, `get_object_or_404(User, …)`."""
    rows: n.Expr | None = call.args[0] if call.args else None
    if isinstance(call.func, n.Attr):
        rows = call.func.value
        rows = rows.value if isinstance(rows, n.Attr) and rows.name in MANAGERS else None
    if rows is None or _makes_model(rows):
        return rows is not None
    found = project.site.names.resolve(function.module, rows)
    if isinstance(found, ValueSymbol):
        return _makes_model(found.value)
    if isinstance(found, External):
        return found.name.startswith("django.contrib.auth.") and found.name.endswith(".User")
    model = project.site.models.of(found)
    return model is not None and model.is_user


def _makes_model(node: n.Expr) -> bool:
    return isinstance(node, n.Call) and tail(node.func) == "get_user_model"


def changed_row(function: FunctionSymbol, row: n.Call) -> n.Call | None:
    """Return the call that changes the row which a call takes, under the name that it is given."""
    names = names_of_calls(statements(body(function.node))).get(row.span, ())
    return next(filter(None, (_use(function, name) for name in names)), None)


def _use(function: FunctionSymbol, name: str) -> n.Call | None:
    """Return the call that changes the account of a name, or lets whoever asks be it."""
    for node in expressions(body(function.node)):
        if not isinstance(node, n.Call):
            continue
        if isinstance(node.func, n.Attr) and node.func.name in _CHANGES:
            if tail(node.func.value) == name:
                return node
            continue
        lets_in = tail(node.func) in _LOGINS and any(tail(v) == name for v in node.args[1:])
        if lets_in or ("is_valid" in function.node.words and _is_form_of(node, name)):
            return node
    return None


def _is_form_of(call: n.Call, name: str) -> bool:
    """Whether a call makes a form that changes the account of a name: `SetPasswordForm(user, …)`."""
    given = [keyword.value for keyword in call.keywords if keyword.name in ("instance", "user")]
    return tail(call.func).endswith("Form") and any(
        tail(value) == name for value in (*call.args[:1], *given)
    )
